//! An echo server on plain tokio: `cargo run -p mandovi-websocket --example echo_server -- 127.0.0.1:9001`.
use mandovi_websocket::{Connection, Limits, Message, handshake};
use tokio::{io::AsyncReadExt, io::AsyncWriteExt, net::TcpListener, net::TcpStream};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind(std::env::args().nth(1).unwrap_or("127.0.0.1:9001".into())).await?;
    loop {
        tokio::spawn(serve(listener.accept().await?.0));
    }
}

/// Echoes until the client closes.
pub async fn serve(mut socket: TcpStream) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (mut input, mut out) = (Vec::new(), Vec::new());
    let (request, head_len) = loop {
        match handshake::parse_request(&input, 8192)? {
            Some(head) => break head,
            None if socket.read_buf(&mut input).await? == 0 => return Ok(()),
            None => {}
        }
    };
    let accepted = handshake::check(request.method(), request.version(), request.headers())?;
    handshake::write_response(&mut out, &accepted, None, &http::HeaderMap::new());
    let mut connection = Connection::server(Limits::default());
    connection.receive(&input[head_len..]);
    loop {
        while let Ok(Some(message)) = connection.next_message(&mut out) {
            let message = Message::from(message);
            connection.send(message.as_ref(), &mut out)?;
        }
        socket.write_all(&out).await?;
        out.clear();
        input.clear();
        if connection.is_finished() || socket.read_buf(&mut input).await? == 0 {
            return Ok(());
        }
        connection.receive(&input);
    }
}

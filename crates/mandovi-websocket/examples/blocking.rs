//! No runtime at all: the standard library and a thread for each connection. Tells everyone the time, once a second and
//! after each message: `cargo run -p mandovi-websocket --example blocking -- 127.0.0.1:9001`.

use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mandovi_websocket::{Connection, Limits, MessageRef, handshake};

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

fn main() -> Outcome {
    let listener = TcpListener::bind(std::env::args().nth(1).unwrap_or("127.0.0.1:9001".into()))?;
    println!("listening on ws://{}", listener.local_addr()?);
    for socket in listener.incoming() {
        let socket = socket?;
        std::thread::spawn(move || {
            if let Err(error) = serve(socket) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

/// Tells one client the time.
pub fn serve(mut socket: TcpStream) -> Outcome {
    // Nobody may take for ever to say hello, or to read.
    socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    socket.set_write_timeout(Some(Duration::from_secs(5)))?;
    let mut buffer = [0; 4096];
    let (mut input, mut out) = (Vec::new(), Vec::new());
    let (request, head_len) = loop {
        match handshake::parse_request(&input, 8192) {
            Ok(Some(head)) => break head,
            Ok(None) => {}
            Err(error) => {
                handshake::write_refusal(&mut out, &error);
                return Ok(socket.write_all(&out)?);
            }
        }
        let n = socket.read(&mut buffer)?;
        if n == 0 {
            return Ok(());
        }
        input.extend_from_slice(&buffer[..n]);
    };
    match handshake::check(request.method(), request.version(), request.headers()) {
        Ok(accepted) => handshake::write_response(&mut out, &accepted, None, &http::HeaderMap::new()),
        Err(error) => {
            handshake::write_refusal(&mut out, &error);
            return Ok(socket.write_all(&out)?);
        }
    }
    socket.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut connection = Connection::server(Limits::default());
    connection.receive(&input[head_len..]);
    loop {
        while let Ok(Some(message)) = connection.next_message(&mut out) {
            println!("{} bytes from {}", message.len(), socket.peer_addr()?);
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        // Fails once the connection is closing, and then there is nothing more to tell.
        let _ = connection.send(MessageRef::Text(&format!("{now} seconds since 1970")), &mut out);
        socket.write_all(&out)?;
        out.clear();
        if connection.is_finished() {
            // A socket that is dropped with bytes unread is reset, and the client might never see our close frame.
            socket.shutdown(Shutdown::Write)?;
            let _ = std::io::copy(&mut socket.take(1024 * 1024), &mut std::io::sink());
            return Ok(());
        }
        match socket.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => connection.receive(&buffer[..n]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

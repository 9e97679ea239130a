//! A server for the tests of the load generator: it echoes rightly, but for one mistake.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use super::connection::SAMPLE_ACCEPT;
use super::script::PAYLOAD_BYTES;

/// What the server does wrong on each of its connections, and at which message, from 0.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mistake {
    None,
    Alters { message: usize },
    Loses { message: usize },
    Doubles { message: usize },
    Closes { message: usize },
}

/// Threads that end with their connections.
pub(super) struct TestServer {
    address: SocketAddr,
}

impl TestServer {
    pub(super) fn start(mistake: Mistake) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || echo(stream, mistake));
            }
        });
        Ok(Self { address })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

fn echo(stream: TcpStream, mistake: Mistake) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut output = stream.try_clone()?;
    let mut input = BufReader::new(stream);
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        input.read_line(&mut line)?;
    }
    write!(output, "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: {SAMPLE_ACCEPT}\r\n\r\n")?;

    // The load generator sends one form of frame: two bytes, four of mask, and a short payload.
    let mut frame = [0; 6 + PAYLOAD_BYTES];
    for number in 0.. {
        input.read_exact(&mut frame)?;
        let (header, payload) = frame.split_at(6);
        let unmasked = payload.iter().zip(header[2..].iter().cycle()).map(|(byte, mask)| byte ^ mask);
        let mut answer = vec![header[0], header[1] & 0x7f];
        answer.extend(unmasked);
        match mistake {
            Mistake::Alters { message } if message == number => answer[40] ^= 1,
            Mistake::Loses { message } if message == number => continue,
            Mistake::Doubles { message } if message == number => answer.extend_from_within(..),
            Mistake::Closes { message } if message == number => return Ok(()),
            _ => {}
        }
        output.write_all(&answer)?;
    }
    Ok(())
}

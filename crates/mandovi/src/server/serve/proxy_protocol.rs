//! The PROXY protocol, versions 1 and 2: before the first byte of its client a proxy writes from where that one came.
//! <https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>
//!
//! Nothing is read beyond the header, so that whatever follows (HTTP, or TLS) finds its own beginning.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::{fmt, io};

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

/// Whether connections begin with the header of the PROXY protocol, version 1 or 2; for [`Serve::proxy_protocol`](super::Serve::proxy_protocol).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyProtocol {
    /// They do not. A header would be a malformed request.
    #[default]
    Off,
    /// They all do, and come from [trusted proxies](crate::manager::TrustedProxies); any other is dropped. The address it names is the client's;
    /// where it names none (`LOCAL`, `UNKNOWN`, a Unix socket) it is the proxy's own.
    Required,
}

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The longest line of version 1, with its end.
const LINE_MAX: usize = 107;
/// What is read to tell the versions apart: less than the shortest header (`PROXY UNKNOWN` and its end).
const FIRST: usize = 13;
/// The fixed part of version 2.
const FIXED: usize = 16;
/// The most that may follow it: addresses and what else a proxy knows, certificates' names among it.
const MORE_MAX: usize = 4 * 1024;

/// A header that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a header of the PROXY protocol")
    }
}

impl std::error::Error for Malformed {}

impl From<Malformed> for io::Error {
    fn from(malformed: Malformed) -> Self {
        Self::new(io::ErrorKind::InvalidData, malformed)
    }
}

/// Reads the header, and nothing behind it. `None`: the connection is the proxy's own.
pub(super) async fn read(stream: &mut TcpStream) -> io::Result<Option<SocketAddr>> {
    let mut first = [0; FIXED];
    stream.read_exact(&mut first[..FIRST]).await?;
    if first.starts_with(SIGNATURE) {
        stream.read_exact(&mut first[FIRST..]).await?;
        let fixed = Fixed::parse(&first)?;
        let mut more = vec![0; fixed.more];
        stream.read_exact(&mut more).await?;
        return Ok(fixed.address(&more)?);
    }
    if !first.starts_with(b"PROXY ") {
        return Err(Malformed.into());
    }
    let mut line = [0; LINE_MAX];
    line[..FIRST].copy_from_slice(&first[..FIRST]);
    let mut length = FIRST;
    loop {
        // Looks before it takes: what stands behind the line stays where it is.
        let there = stream.peek(&mut line[length..]).await?;
        let end = line[length..length + there].iter().position(|&byte| byte == b'\n');
        let taken = end.map_or(there, |end| end + 1);
        stream.read_exact(&mut line[length..length + taken]).await?;
        length += taken;
        if end.is_some() {
            return Ok(of_line(&line[..length])?);
        }
        if there == 0 || length == LINE_MAX {
            return Err(Malformed.into());
        }
    }
}

/// A line of version 1, with its end.
fn of_line(line: &[u8]) -> Result<Option<SocketAddr>, Malformed> {
    let line = line.strip_suffix(b"\r\n").and_then(|line| std::str::from_utf8(line).ok()).ok_or(Malformed)?;
    let line = line.strip_prefix("PROXY ").ok_or(Malformed)?;
    // Whatever follows it.
    if line == "UNKNOWN" || line.starts_with("UNKNOWN ") {
        return Ok(None);
    }
    let mut words = line.split(' ');
    let mut word = || words.next().ok_or(Malformed);
    let (family, source, target) = (word()?, word()?, word()?);
    let (source_port, target_port) = (port(word()?)?, port(word()?)?);
    let parse = |text: &str| -> Result<IpAddr, Malformed> {
        match family {
            "TCP4" => text.parse::<Ipv4Addr>().map(IpAddr::V4).map_err(|_| Malformed),
            "TCP6" => text.parse::<Ipv6Addr>().map(IpAddr::V6).map_err(|_| Malformed),
            _ => Err(Malformed),
        }
    };
    let (source, _, _) = (parse(source)?, parse(target)?, target_port);
    if words.next().is_some() { Err(Malformed) } else { Ok(Some(SocketAddr::new(source, source_port))) }
}

fn port(text: &str) -> Result<u16, Malformed> {
    let canonical = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    text.parse().ok().filter(|_| canonical).ok_or(Malformed)
}

/// The fixed part of version 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fixed {
    /// It is the proxy's own: it asks how we are.
    local: bool,
    family: u8,
    /// How many bytes follow.
    more: usize,
}

impl Fixed {
    fn parse(bytes: &[u8; FIXED]) -> Result<Self, Malformed> {
        let [command, family, high, low] = [bytes[12], bytes[13], bytes[14], bytes[15]];
        let local = match command {
            0x20 => true,
            0x21 => false,
            _ => return Err(Malformed),
        };
        let more = usize::from(u16::from_be_bytes([high, low]));
        if !bytes.starts_with(SIGNATURE) || more > MORE_MAX {
            return Err(Malformed);
        }
        Ok(Self { local, family, more })
    }

    fn address(self, more: &[u8]) -> Result<Option<SocketAddr>, Malformed> {
        if self.local {
            return Ok(None);
        }
        let port = |at: usize| u16::from_be_bytes([more[at], more[at + 1]]);
        match self.family {
            // AF_UNSPEC, and Unix sockets: there is no address in them.
            0x00 | 0x31 | 0x32 => Ok(None),
            // Over TCP. What came over UDP did not come here.
            0x11 if more.len() >= 12 => {
                let address: [u8; 4] = more[..4].try_into().map_err(|_| Malformed)?;
                Ok(Some(SocketAddr::new(address.into(), port(8))))
            }
            0x21 if more.len() >= 36 => {
                let address: [u8; 16] = more[..16].try_into().map_err(|_| Malformed)?;
                Ok(Some(SocketAddr::new(address.into(), port(32))))
            }
            _ => Err(Malformed),
        }
    }
}

#[cfg(all(test, not(mandovi_loom)))]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    fn line(text: &str) -> Result<Option<String>, Malformed> {
        of_line(text.as_bytes()).map(|address| address.map(|address| address.to_string()))
    }

    #[test]
    fn lines_of_version_1() {
        assert_eq!(line("PROXY TCP4 192.0.2.1 10.0.0.1 4711 443\r\n"), Ok(Some("192.0.2.1:4711".into())));
        assert_eq!(line("PROXY TCP6 2001:db8::1 ::1 4711 443\r\n"), Ok(Some("[2001:db8::1]:4711".into())));
        assert_eq!(line("PROXY UNKNOWN\r\n"), Ok(None));
        assert_eq!(line("PROXY UNKNOWN ffff::1 whatever\r\n"), Ok(None));
        for bad in [
            "",
            "\r\n",
            "PROXY\r\n",
            "PROXY \r\n",
            "PROXY TCP4 192.0.2.1 10.0.0.1 4711 443\n",
            "PROXY TCP4 192.0.2.1 10.0.0.1 4711\r\n",
            "PROXY TCP4 192.0.2.1 10.0.0.1 4711 443 \r\n",
            "PROXY TCP4 192.0.2.1 10.0.0.1 4711 443 x\r\n",
            "PROXY TCP4  192.0.2.1 10.0.0.1 4711 443\r\n",
            "PROXY TCP4 192.0.2.1 10.0.0.1 65536 443\r\n",
            "PROXY TCP4 192.0.2.1 10.0.0.1 04711 443\r\n",
            "PROXY TCP4 192.0.2.1 10.0.0.1 +4711 443\r\n",
            "PROXY TCP4 192.0.2.1 10.0.0.1 4711 x\r\n",
            "PROXY TCP4 2001:db8::1 ::1 4711 443\r\n",
            "PROXY TCP6 192.0.2.1 10.0.0.1 4711 443\r\n",
            "PROXY TCP5 192.0.2.1 10.0.0.1 4711 443\r\n",
            "PROXY UNKNOWNS\r\n",
            "proxy TCP4 192.0.2.1 10.0.0.1 4711 443\r\n",
        ] {
            assert_eq!(line(bad), Err(Malformed), "{bad:?}");
        }
    }

    fn binary(command: u8, family: u8, more: &[u8]) -> Vec<u8> {
        let length = u16::try_from(more.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, more].concat()
    }

    const V4: &[u8] = &[192, 0, 2, 1, 10, 0, 0, 1, 0x12, 0x67, 1, 0xbb];

    /// What a header says, and what is left behind it; its bytes come one by one.
    async fn through(bytes: &[u8], piece: usize) -> Option<(Option<String>, String)> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        client.set_nodelay(true).unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        let writes = async {
            for piece in [bytes, b"GET /"].concat().chunks(piece) {
                if client.write_all(piece).await.is_err() {
                    return;
                }
                tokio::task::yield_now().await;
            }
            let _ = client.shutdown().await;
        };
        let reads = async {
            let address = read(&mut server).await.ok()?;
            let mut rest = String::new();
            server.read_to_string(&mut rest).await.ok()?;
            Some((address.map(|address| address.to_string()), rest))
        };
        let (read, ()) = tokio::join!(reads, writes);
        read
    }

    #[tokio::test]
    async fn nothing_is_read_behind_the_header() {
        let v6 = [&[0x20; 16][..], &[0; 16], &[0x12, 0x67, 1, 0xbb]].concat();
        let with_more = [V4, &[4, 0, 1, 7]].concat();
        let longest = format!("PROXY UNKNOWN {}\r\n", "x".repeat(LINE_MAX - 16));
        assert_eq!(longest.len(), LINE_MAX);
        let cases: [(Vec<u8>, Option<&str>); 9] = [
            (b"PROXY TCP4 192.0.2.1 10.0.0.1 4711 443\r\n".to_vec(), Some("192.0.2.1:4711")),
            (b"PROXY UNKNOWN\r\n".to_vec(), None),
            (longest.into_bytes(), None),
            (binary(0x21, 0x11, V4), Some("192.0.2.1:4711")),
            (binary(0x21, 0x11, &with_more), Some("192.0.2.1:4711")),
            (binary(0x21, 0x21, &v6), Some("[2020:2020:2020:2020:2020:2020:2020:2020]:4711")),
            (binary(0x20, 0x11, V4), None),
            (binary(0x20, 0, &[]), None),
            (binary(0x21, 0, &[0; MORE_MAX]), None),
        ];
        for (bytes, address) in cases {
            for piece in [1, 5, 1000] {
                let expected = (address.map(str::to_owned), "GET /".to_owned());
                assert_eq!(through(&bytes, piece).await, Some(expected), "{address:?} {piece}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_no_header_is_refused() {
        let too_long = format!("PROXY UNKNOWN {}\r\n", "x".repeat(LINE_MAX - 15));
        let mut damaged = binary(0x21, 0x11, V4);
        damaged[11] = b'x';
        for bytes in [
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
            b"PROXY ".to_vec(),
            too_long.into_bytes(),
            binary(0x21, 0x11, &V4[..11]),
            binary(0x21, 0x21, V4),
            binary(0x21, 0x12, V4),
            binary(0x11, 0x11, V4),
            binary(0x22, 0x11, V4),
            binary(0x21, 0, &[0; MORE_MAX + 1]),
            damaged,
            Vec::new(),
        ] {
            for piece in [1, 1000] {
                assert_eq!(through(&bytes, piece).await, None, "{bytes:?}");
            }
        }
    }

    #[test]
    fn any_bytes_are_read() {
        let mut seed = 7u64;
        let mut next = move || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) as u8
        };
        for _ in 0..50_000 {
            let mut fixed: [u8; FIXED] = std::array::from_fn(|_| next());
            fixed[..12].copy_from_slice(SIGNATURE);
            fixed[12] = 0x20 | next() & 3;
            fixed[13] = (next() & 0x33) | (next() & 1);
            if let Ok(fixed) = Fixed::parse(&fixed) {
                assert!(fixed.more <= MORE_MAX);
                let more: Vec<u8> = (0..fixed.more % 64).map(|_| next()).collect();
                let _ = fixed.address(&more);
            }
            let words = ["PROXY ", "TCP4 ", "TCP6 ", "1.1.1.1 ", "::1 ", "80 ", "80", "UNKNOWN", "\r\n", "\u{e9}"];
            let line: String = (0..next() % 8).map(|_| words[next() as usize % words.len()]).collect();
            let _ = of_line(line.as_bytes());
        }
    }
}

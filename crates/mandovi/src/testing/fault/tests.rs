//! The proxy alone: bytes over TCP, and over pipes with the clock paused.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::*;

/// A client and the server's end of its connection through the proxy.
async fn joined() -> (FaultProxy, TcpListener, TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = FaultProxy::start(listener.local_addr().unwrap()).await.unwrap();
    let client = TcpStream::connect(proxy.address()).await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    (proxy, listener, client, server)
}

/// The same over pipes, with whatever seed.
fn piped(seed: u64) -> (Arc<Core>, FaultProxy, DuplexStream, DuplexStream) {
    let core = Core::new(seed);
    let proxy = FaultProxy { core: Arc::clone(&core), address: None };
    let (ours, theirs) = duplex(1 << 20);
    (Arc::clone(&core), proxy, core.connect(|| theirs), ours)
}

async fn read(from: &mut (impl tokio::io::AsyncRead + Unpin), len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    from.read_exact(&mut bytes).await.unwrap();
    bytes
}

#[tokio::test]
async fn without_faults_it_is_transparent() {
    let (proxy, _listener, mut client, mut server) = joined().await;
    client.write_all(b"hello").await.unwrap();
    assert_eq!(read(&mut server, 5).await, b"hello");
    server.write_all(b"good day").await.unwrap();
    assert_eq!(read(&mut client, 8).await, b"good day");
    assert_eq!((proxy.bytes(Direction::ToServer), proxy.bytes(Direction::ToClient)), (5, 8));
    assert_eq!(proxy.connections()[0].bytes(Direction::Both), 13);
    // An end is an end of one direction.
    client.shutdown().await.unwrap();
    assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
    server.write_all(b"late").await.unwrap();
    assert_eq!(read(&mut client, 4).await, b"late");
    drop(server);
    assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
    proxy.reaches(0).await;
    assert_eq!((proxy.accepted(), proxy.len()), (1, 0));
}

#[tokio::test]
async fn a_reset_of_one_side_is_one_for_the_other() {
    let (proxy, _listener, mut client, server) = joined().await;
    server.set_zero_linger().unwrap();
    drop(server);
    assert_eq!(client.read(&mut [0; 8]).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    proxy.reaches(0).await;
}

#[tokio::test]
async fn a_cut_is_an_end_and_a_reset_is_a_reset_for_both_sides() {
    let (proxy, _listener, mut client, mut server) = joined().await;
    proxy.cut();
    assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
    assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
    drop((client, server));
    proxy.reaches(0).await;

    let (proxy, _listener, mut client, mut server) = joined().await;
    let connection = proxy.connections().remove(0);
    connection.reset();
    for side in [&mut client, &mut server] {
        assert_eq!(side.read(&mut [0; 8]).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }
    connection.closed().await;
    assert!(proxy.is_empty());
}

#[tokio::test]
async fn a_proxy_that_is_dropped_takes_its_connections_and_its_port_along() {
    let (proxy, _listener, mut client, mut server) = joined().await;
    let address = proxy.address();
    drop(proxy);
    assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
    assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
    drop((client, server));
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_is_refused_sees_no_server_and_comes_back_later() {
    let (proxy, listener, mut client, mut server) = joined().await;
    proxy.admit(Admit::Refuse);
    loop {
        match TcpStream::connect(proxy.address()).await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => break,
            // It takes a moment.
            _ => tokio::task::yield_now().await,
        }
    }
    // Who is in stays.
    client.write_all(b"still").await.unwrap();
    assert_eq!(read(&mut server, 5).await, b"still");
    proxy.heal();
    let mut again = loop {
        if let Ok(stream) = TcpStream::connect(proxy.address()).await {
            break stream;
        }
        tokio::task::yield_now().await;
    };
    let (mut server, _) = listener.accept().await.unwrap();
    again.write_all(b"again").await.unwrap();
    assert_eq!(read(&mut server, 5).await, b"again");
}

#[tokio::test]
async fn who_is_ignored_is_let_in_and_never_answered() {
    let (proxy, listener, _client, _server) = joined().await;
    proxy.admit(Admit::Ignore);
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    client.write_all(b"hello?").await.unwrap();
    proxy.reaches(2).await;
    proxy.connections()[1].reset();
    assert_eq!(client.read(&mut [0; 8]).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    let accepted = futures_util::FutureExt::now_or_never(listener.accept());
    assert!(accepted.is_none(), "the server learned of it");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_reset() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = FaultProxy::start(listener.local_addr().unwrap()).await.unwrap();
    drop(listener);
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(client.read(&mut [0; 8]).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test(start_paused = true)]
async fn latency_is_of_every_byte_and_jitter_keeps_the_order() {
    let (_core, proxy, mut client, mut server) = piped(0);
    proxy.set(Direction::ToServer, Faults::none().latency(Duration::from_secs(2)));
    let began = Instant::now();
    client.write_all(b"a").await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    client.write_all(b"b").await.unwrap();
    assert_eq!(read(&mut server, 1).await, b"a");
    let first = began.elapsed();
    assert_eq!(read(&mut server, 1).await, b"b");
    let second = began.elapsed();
    // The other direction is not slow.
    server.write_all(b"c").await.unwrap();
    read(&mut client, 1).await;
    assert_eq!(began.elapsed(), second);
    // The clock has a tick of a millisecond.
    let about = |time: Duration, seconds: f64| (time.as_secs_f64() - seconds).abs() < 0.005;
    assert!(about(first, 2.0) && about(second, 3.0), "{first:?} {second:?}");

    proxy.set(Direction::ToServer, Faults::none().jitter(Duration::from_secs(1)));
    let mut arrived = Vec::new();
    for byte in 0..20 {
        let began = Instant::now();
        client.write_all(&[byte]).await.unwrap();
        assert_eq!(read(&mut server, 1).await, [byte]);
        arrived.push(began.elapsed());
    }
    assert!(arrived.iter().all(|time| *time <= Duration::from_millis(1001)), "{arrived:?}");
    assert!(arrived.iter().max() > arrived.iter().min(), "{arrived:?}");
}

#[tokio::test(start_paused = true)]
async fn the_end_is_as_late_as_the_bytes() {
    let (_core, proxy, mut client, mut server) = piped(0);
    proxy.set(Direction::ToServer, Faults::none().latency(Duration::from_secs(2)));
    let began = Instant::now();
    client.write_all(b"a").await.unwrap();
    client.shutdown().await.unwrap();
    let mut all = Vec::new();
    server.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, b"a");
    assert!(began.elapsed() >= Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn bandwidth_is_bytes_per_second() {
    let (_core, proxy, mut client, mut server) = piped(0);
    proxy.set(Direction::ToServer, Faults::none().bandwidth(10_000));
    let began = Instant::now();
    client.write_all(&[7; 50_000]).await.unwrap();
    read(&mut server, 50_000).await;
    let took = began.elapsed().as_secs_f64();
    assert!((4.9..5.6).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn what_is_stalled_waits_and_goes_on() {
    let (_core, proxy, mut client, mut server) = piped(0);
    proxy.set(Direction::ToServer, Faults::none().stalled());
    client.write_all(b"hello").await.unwrap();
    let waited = tokio::time::timeout(Duration::from_secs(3600), server.read(&mut [0; 8])).await;
    assert!(waited.is_err(), "{waited:?}");
    // The other direction goes on.
    server.write_all(b"there?").await.unwrap();
    read(&mut client, 6).await;
    proxy.heal();
    assert_eq!(read(&mut server, 5).await, b"hello");
}

#[tokio::test(start_paused = true)]
async fn offsets_count_from_where_the_fault_was_set() {
    let (_core, proxy, mut client, mut server) = piped(0);
    client.write_all(b"before").await.unwrap();
    read(&mut server, 6).await;
    proxy.set(Direction::ToServer, Faults::none().corrupt_at(2, 0).truncate_at(4));
    client.write_all(b"aaaaaaa").await.unwrap();
    let mut all = Vec::new();
    server.read_to_end(&mut all).await.unwrap();
    assert_eq!(all, b"aa`a");
    assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_truncation_at_zero_lets_nothing_through() {
    let (_core, proxy, mut client, mut server) = piped(0);
    proxy.set(Direction::ToServer, Faults::none().truncate_at(0));
    client.write_all(b"a").await.unwrap();
    assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
    assert_eq!(proxy.bytes(Direction::ToServer), 0);
}

/// Which bytes are hit depends on the seed alone, not on how they come.
#[tokio::test(start_paused = true)]
async fn what_is_random_is_the_same_for_the_same_seed() {
    let mut seen = Vec::new();
    for (seed, piece) in [(7, 10_000), (7, 37), (8, 10_000)] {
        let (_core, proxy, mut client, mut server) = piped(seed);
        proxy.set(Direction::ToServer, Faults::none().corrupt_one_in(100));
        for part in [0; 10_000].chunks(piece) {
            client.write_all(part).await.unwrap();
            tokio::task::yield_now().await;
        }
        seen.push(read(&mut server, 10_000).await);
    }
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[0], seen[2]);
    let flipped = seen[0].iter().filter(|byte| **byte != 0).count();
    assert!((60..160).contains(&flipped), "{flipped}");
    assert!(seen[0].iter().all(|byte| byte.count_ones() <= 1));
}

/// One connection has its own faults; those that come have the proxy's.
#[tokio::test]
async fn faults_are_of_one_connection_or_of_all() {
    let (proxy, listener, mut one, mut its_server) = joined().await;
    let mut other = TcpStream::connect(proxy.address()).await.unwrap();
    let (mut other_server, _) = listener.accept().await.unwrap();
    proxy.connections()[0].set(Direction::ToServer, Faults::none().corrupt_at(0, 0));
    one.write_all(b"aa").await.unwrap();
    other.write_all(b"aa").await.unwrap();
    assert_eq!(read(&mut its_server, 2).await, b"`a");
    assert_eq!(read(&mut other_server, 2).await, b"aa");
    proxy.set(Direction::Both, Faults::none().corrupt_at(1, 0));
    let mut third = TcpStream::connect(proxy.address()).await.unwrap();
    let (mut third_server, _) = listener.accept().await.unwrap();
    for (client, server) in
        [(&mut one, &mut its_server), (&mut other, &mut other_server), (&mut third, &mut third_server)]
    {
        client.write_all(b"aa").await.unwrap();
        assert_eq!(read(server, 2).await, b"a`");
    }
}

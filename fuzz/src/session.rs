//! A whole session between two [`Connection`](mandovi_websocket::Connection)s over a wire that cuts and delays: what one
//! sends the other receives in order, pings are answered, close codes agree, and both finish. With compression and without.

mod peer;

use mandovi_websocket::deflate::Agreement;
use mandovi_websocket::{CloseCode, Limits, ProtocolError, Role};

use crate::agreed::{agree, settings};
use crate::model::{self, Inflate, Seen};
use crate::source::Source;
use peer::Peer;

/// One end, with what it did and what it was told.
struct End {
    peer: Peer,
    role: Role,
    limits: Limits,
    agreement: Option<Agreement>,
    /// All that it ever wrote, of which `delivered` bytes have arrived.
    wire: Vec<u8>,
    delivered: usize,
    sent: Vec<Seen>,
    pings: Vec<Vec<u8>>,
    got: Vec<Seen>,
    error: Option<ProtocolError>,
}

impl End {
    fn new(role: Role, limits: Limits, agreement: Option<Agreement>) -> Self {
        Self {
            peer: Peer::new(role, limits, agreement.as_ref()),
            role,
            limits,
            agreement,
            wire: Vec::new(),
            delivered: 0,
            sent: Vec::new(),
            pings: Vec::new(),
            got: Vec::new(),
            error: None,
        }
    }

    fn send(&mut self, text: bool, payload: Vec<u8>) {
        let message =
            if text { Seen::Text(String::from_utf8_lossy(&payload).into_owned()) } else { Seen::Binary(payload) };
        let may = !self.peer.is_close_sent();
        let before = self.wire.len();
        assert_eq!(self.peer.send(&message, &mut self.wire), may);
        assert_eq!(self.wire.len() > before, may);
        if may {
            self.sent.push(message);
        }
    }

    fn ping(&mut self, payload: &[u8]) {
        if self.peer.ping(payload, &mut self.wire) {
            self.pings.push(payload.to_vec());
        }
    }

    /// Reads `n` bytes of what the other end wrote, and then takes at most `most` messages.
    fn receive(&mut self, from: &mut Self, n: usize, most: usize) {
        let end = from.wire.len().min(from.delivered.saturating_add(n));
        let piece = &from.wire[from.delivered..end];
        from.delivered = end;
        self.peer.receive(piece);
        self.take(most);
    }

    fn take(&mut self, most: usize) {
        for _ in 0..most {
            match self.peer.next(&mut self.wire) {
                Ok(Some(message)) => self.got.push(message),
                Ok(None) => {
                    assert_eq!(self.error, None, "a failed connection goes on");
                    return;
                }
                Err(error) => {
                    assert!(self.peer.is_finished());
                    assert!(self.error.is_none_or(|before| before == error), "it failed twice");
                    self.error = Some(error);
                    return;
                }
            }
        }
    }

    /// What the other end makes of all that we wrote, by the model.
    fn read_by(&self, other: &Self) -> Vec<Seen> {
        let inflate = other.agreement.as_ref().map(|agreement| Inflate::new(agreement, self.role));
        let (seen, rest) = model::read_with(self.role.peer(), other.limits, inflate, &self.wire);
        if matches!(seen.last(), Some(Seen::Close(_))) {
            assert!(rest.is_empty(), "{:?} wrote something behind its close frame", self.role);
        }
        seen
    }
}

/// The input: the limits of both ends, whether they compress and how, then operations as they come.
pub fn run(data: &[u8]) {
    let mut source = Source::new(data);
    let (client, server) = (source.limits(), source.limits());
    let (at_client, at_server) = if source.byte() & 1 == 0 {
        (None, None)
    } else {
        let (at_client, at_server) = agree(&settings(&mut source), &settings(&mut source));
        (Some(at_client), Some(at_server))
    };
    let mut ends = [End::new(Role::Client, client, at_client), End::new(Role::Server, server, at_server)];
    while !source.is_empty() {
        let op = source.byte();
        let [client, server] = &mut ends;
        let (end, other) = if op & 0x80 == 0 { (client, server) } else { (server, client) };
        match op & 0x0f {
            0 | 1 => end.send(true, source.run().to_vec()),
            2 => end.send(false, source.run().to_vec()),
            3 => {
                let length = source.length();
                end.send(op & 0x10 == 0, vec![op; length]);
            }
            4 => end.ping(source.take(usize::from(op >> 4 & 7) * 17)),
            5 => {
                let code = CloseCode::new(source.short()).unwrap_or(CloseCode::NO_STATUS);
                let reason = String::from_utf8_lossy(source.run()).into_owned();
                end.peer.close(code, &reason, &mut end.wire);
            }
            // A call that is dropped half way: bytes are read, and not every message is taken.
            6..=8 => end.receive(other, source.length(), usize::from(op >> 4 & 7)),
            9..=11 => end.receive(other, source.length(), usize::MAX),
            12 => end.receive(other, usize::MAX, usize::MAX),
            13 => end.receive(other, 0, 0),
            _ => end.take(usize::from(op >> 4 & 7)),
        }
    }
    // At last both say goodbye (if they have not), and everything is delivered.
    let [client, server] = &mut ends;
    client.peer.close(CloseCode::NORMAL, "", &mut client.wire);
    for _ in 0..3 {
        server.receive(client, usize::MAX, usize::MAX);
        client.receive(server, usize::MAX, usize::MAX);
    }
    assert_ends_agree(client, server);
    assert_ends_agree(server, client);
}

/// What `sender` did is what `receiver` knows.
fn assert_ends_agree(sender: &End, receiver: &End) {
    assert!(sender.peer.is_finished(), "{:?} is not finished", sender.role);
    let read = sender.read_by(receiver);
    let messages: Vec<_> = read.iter().filter(|seen| seen.is_message()).cloned().collect();
    assert_eq!(receiver.got, messages, "what arrived is not what was written");
    assert!(sender.sent.starts_with(&messages), "what was written is not what was sent");

    match read.last() {
        Some(Seen::Error(error)) => {
            assert_eq!(receiver.error, Some(*error));
            assert_eq!(error.close_code(), CloseCode::MESSAGE_TOO_BIG, "valid frames can only be too big");
            let length = match &sender.sent[messages.len()] {
                Seen::Text(text) => text.len(),
                Seen::Binary(bytes) => bytes.len(),
                other => panic!("{other:?} is not a message"),
            };
            let limits = receiver.limits;
            assert!(
                length > limits.max_frame_size.min(limits.max_message_size),
                "{length} bytes are within the limits"
            );
        }
        Some(Seen::Close(close)) => {
            assert_eq!(receiver.error, None);
            assert_eq!(messages.len(), sender.sent.len(), "a message was lost");
            assert_eq!(receiver.peer.close_frame().as_ref(), Some(close));
            assert_eq!(receiver.peer.received_code(), sender.peer.sent_code());
        }
        other => panic!("{:?} wrote no close frame: {other:?}", sender.role),
    }

    // Every ping that arrived before the receiver's own close frame is answered, in order.
    let answers = receiver.read_by(sender);
    let pongs: Vec<_> = answers
        .iter()
        .filter_map(|seen| if let Seen::Pong(payload) = seen { Some(payload.clone()) } else { None })
        .collect();
    assert!(sender.pings.starts_with(&pongs), "a pong without its ping");
    if receiver.peer.received_first() && !matches!(answers.last(), Some(Seen::Error(_))) {
        assert_eq!(pongs.len(), sender.pings.len(), "a ping without its pong");
    }
}

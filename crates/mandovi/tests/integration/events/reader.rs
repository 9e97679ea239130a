//! What an `EventSource` makes of the bytes of a stream: the rules of WHATWG HTML §9.2.6, as they stand there.

/// One dispatched event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `message` where the stream names none.
    pub kind: String,
    pub data: String,
    /// The last id at that time.
    pub id: String,
}

/// Reads a stream, in whatever pieces it comes.
#[derive(Debug, Default)]
pub struct Reader {
    rest: Vec<u8>,
    kind: String,
    data: String,
    id_buffer: String,
    /// The last event's id: what a reconnection sends.
    pub last_id: String,
    /// The pause before a reconnection, in milliseconds, once the stream has set it.
    pub retry: Option<u64>,
    /// How many comments came.
    pub comments: usize,
    pub events: std::collections::VecDeque<Event>,
}

impl Reader {
    pub fn feed(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
        // (What we send ends lines with a line feed alone; that a stray carriage return ends one as well is what a broken field would show.)
        while let Some(end) = self.rest.iter().position(|&byte| byte == b'\n' || byte == b'\r') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8(line[..end].to_vec()).expect("an event stream is UTF-8");
            self.line(&line);
        }
    }

    fn line(&mut self, line: &str) {
        if line.is_empty() {
            return self.dispatch();
        }
        if line.starts_with(':') {
            self.comments += 1;
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.kind),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.id_buffer),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.retry = Some(value.parse().unwrap());
            }
            _ => {}
        }
    }

    fn dispatch(&mut self) {
        self.id_buffer.clone_into(&mut self.last_id);
        if self.data.is_empty() {
            self.kind.clear();
            return;
        }
        self.data.pop();
        let kind = if self.kind.is_empty() { "message".to_owned() } else { std::mem::take(&mut self.kind) };
        self.kind.clear();
        let (data, id) = (std::mem::take(&mut self.data), self.last_id.clone());
        self.events.push_back(Event { kind, data, id });
    }
}

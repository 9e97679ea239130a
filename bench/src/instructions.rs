//! What the codecs cost in instructions, counted by valgrind's callgrind: ours beside others, without sockets or time.
//!
//! [`rows`] says what is done, [`contenders`] who does it and how, [`memory`] is the transport that all of them read and write.
//! [`callgrind`] runs this program under valgrind, once for each row and contender; [`report`] is the table.
//! A count hardly depends on the machine or on what else it does, so it shows a change of one percent.

mod callgrind;
mod contenders;
mod memory;
mod report;
mod rows;

use std::hint::black_box;
use std::path::PathBuf;

use crate::AnyError;
use crate::progress::Progress;

use contenders::Contender;
use memory::Memory;
use rows::Row;

/// What a contender does for a row: one batch, showing each result (the payload that was received, or the bytes to be
/// sent). Whoever runs it looks at them: a test closely, the measurement not at all.
type Operation = Box<dyn FnMut(&mut dyn FnMut(&[u8])) -> Result<(), AnyError>>;

/// Batches before those that count, so that tables, buffers and generators are there.
const WARM_UP: usize = 8;

/// What the program prints of the transport, for itself to read.
const CALLS: &str = "transport calls ";

/// The same, of what was written.
const BYTES: &str = "transport bytes ";

/// Runs `rows` (or all), prints the tables, and writes them to `out`; without it, and if all rows were run, beside the README.
///
/// # Errors
///
/// There is no valgrind, a row or contender fails, or the file cannot be written.
pub(crate) fn measure_all(names: &[String], out: Option<PathBuf>, profiles: Option<PathBuf>) -> Result<(), AnyError> {
    if cfg!(debug_assertions) {
        eprintln!("mandovi-bench: this is a debug build; its counts mean nothing. Use `cargo run --release`.");
    }
    let rows = crate::chosen(names, rows::find, rows::ALL)?;
    let valgrind = callgrind::Valgrind::find(profiles)?;
    let pairs: Vec<(&Row, &Contender)> = rows
        .iter()
        .flat_map(|row| contenders::ALL.iter().map(move |contender| (*row, contender)))
        .filter(|(row, contender)| (contender.prepare)(row, &Memory::new(Default::default())).is_some())
        .collect();
    let mut progress = Progress::new(pairs.len());
    let mut counts = Vec::new();
    for (row, contender) in pairs {
        progress.begin(&format!("{} {}", row.name, contender.name));
        let counted = valgrind.count(row.name, contender.name)?;
        let messages = (row.batches * row.batch) as f64;
        counts.push(report::Count {
            row: row.name,
            contender: contender.name,
            instructions: counted.instructions as f64 / messages,
            calls: counted.calls as f64 / messages,
            bytes: counted.bytes as f64 / messages,
        });
    }
    progress.end();
    let report = report::markdown(&rows, &counts, valgrind.version())?;
    print!("{report}");
    // A part of the table must not take the place of the whole by accident.
    let out = out.or_else(|| {
        let folder = std::env::var_os("CARGO_MANIFEST_DIR").filter(|_| names.is_empty())?;
        Some(PathBuf::from(folder).join("INSTRUCTIONS.md"))
    });
    if let Some(out) = out {
        std::fs::write(&out, report).map_err(|error| format!("cannot write {}: {error}", out.display()))?;
        eprintln!("written to {}", out.display());
    }
    Ok(())
}

/// The program that valgrind runs: one contender does one row.
///
/// # Errors
///
/// The contender failed.
pub(crate) fn run_once(row: &str, contender: &str) -> Result<(), AnyError> {
    let row = rows::find(row)?;
    let contender = contenders::find(contender)?;
    let memory = Memory::new(row.arriving());
    let mut operation = (contender.prepare)(row, &memory)
        .ok_or_else(|| format!("{} has no equivalent of {}", contender.name, row.name))?;
    for _ in 0..WARM_UP {
        operation(&mut |result| {
            black_box(result);
        })?;
    }
    let (calls, bytes) = (memory.calls(), memory.bytes_written());
    counted_part(&mut operation, row.batches)?;
    println!("{CALLS}{}", memory.calls() - calls);
    println!("{BYTES}{}", memory.bytes_written() - bytes);
    Ok(())
}

/// Valgrind counts what happens in here and nothing else; it knows this function by its name.
#[inline(never)]
fn counted_part(operation: &mut Operation, batches: usize) -> Result<(), AnyError> {
    for _ in 0..batches {
        operation(&mut |result| {
            black_box(result);
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use mandovi_websocket::Role;
    use mandovi_websocket::frame::Header;

    use super::rows::{Deflate, Work};
    use super::*;

    /// Every contender's operation does its job, several times over: what it shows is what was sent.
    #[test]
    fn every_contender_does_what_the_row_says() -> Result<(), AnyError> {
        for row in rows::ALL {
            let mut able = 0;
            for contender in contenders::ALL {
                let memory = Memory::new(row.arriving());
                let Some(mut operation) = (contender.prepare)(row, &memory) else {
                    continue;
                };
                able += 1;
                let mut reader = Reader::default();
                for _ in 0..2 {
                    let mut shown = Vec::new();
                    operation(&mut |result| shown.push(result.to_vec()))?;
                    let payloads = match row.work {
                        Work::Receive(_) | Work::Inflate(..) => shown,
                        Work::Send(..) | Work::Deflate(..) => {
                            shown.iter().flat_map(|wire| reader.payloads(row, wire)).collect()
                        }
                    };
                    assert!(payloads == row.payloads(), "{} {}", row.name, contender.name);
                }
                assert!(memory.calls() > 0, "{} {} goes past the transport", row.name, contender.name);
            }
            assert!(able > 1, "{}: nobody to compare with", row.name);
        }
        Ok(())
    }

    /// Reads frames with nothing but their headers, and inflates with an implementation that no contender has, so that
    /// none judges itself.
    #[derive(Default)]
    struct Reader {
        /// What was inflated until now, and from what, if messages refer to earlier ones.
        stream: Vec<u8>,
        inflated: usize,
    }

    impl Reader {
        fn payloads(&mut self, row: &Row, mut wire: &[u8]) -> Vec<Vec<u8>> {
            let mut payloads = Vec::new();
            while let Some((header, length)) = Header::parse(wire).expect("the header is right") {
                assert_eq!(header.mask.is_some(), matches!(row.work, Work::Send(Role::Client, _)));
                assert_eq!(header.rsv1, matches!(row.work, Work::Deflate(..)));
                assert!(header.fin);
                let (payload, rest) = wire[length..].split_at(header.payload_len as usize);
                let key = header.mask.unwrap_or_default();
                let payload: Vec<u8> = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
                match row.work {
                    Work::Deflate(Deflate { takeover: true, .. }, _) => self.keep(&payload),
                    Work::Deflate(..) => {
                        *self = Self::default();
                        self.keep(&payload);
                        payloads.push(self.inflate());
                    }
                    _ => payloads.push(payload),
                }
                wire = rest;
            }
            assert!(wire.is_empty(), "half a frame is left");
            if payloads.is_empty() {
                // With takeover it is one stream, read once for each batch: every message has the same size.
                payloads = self.inflate().chunks(row.payloads()[0].len()).map(<[u8]>::to_vec).collect();
            }
            payloads
        }

        fn keep(&mut self, payload: &[u8]) {
            self.stream.extend_from_slice(payload);
            self.stream.extend_from_slice(&[0, 0, 0xff, 0xff]);
        }

        /// What is new in the stream.
        fn inflate(&mut self) -> Vec<u8> {
            // Ended here for once: the whole stream from its beginning, with an empty last block.
            let ended = [self.stream.as_slice(), &[3, 0]].concat();
            let all = miniz_oxide::inflate::decompress_to_vec(&ended).expect("it is a deflate stream");
            let new = all[self.inflated..].to_vec();
            self.inflated = all.len();
            new
        }
    }
}

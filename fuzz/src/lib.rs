//! What must hold for any bytes from any peer: properties of the WebSocket core, each a function over bytes that panics
//! when it is broken.
//!
//! The functions are pure, so that the same code runs under libFuzzer (`scripts/fuzz.sh`), over the committed inputs in
//! an ordinary test (`tests/replay.rs`), and over one file by hand. `README.md` says what each target proves.

#![allow(clippy::unwrap_used, reason = "a broken property panics")]

mod agreed;
mod blocks;
mod drive;
mod model;
pub mod mutate;
mod source;

pub mod assembler;
pub mod deflate;
pub mod differential;
pub mod extensions;
pub mod frames;
pub mod inflate;
pub mod request;
pub mod response;
pub mod session;
pub mod utf8;

/// A property over any bytes.
pub struct Target {
    /// Also the name of its program and of its corpus.
    pub name: &'static str,
    /// Panics if the property does not hold for these bytes.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "assembler", run: assembler::run },
    Target { name: "deflate", run: deflate::run },
    Target { name: "differential", run: differential::run },
    Target { name: "extensions", run: extensions::run },
    Target { name: "frames", run: frames::run },
    Target { name: "inflate", run: inflate::run },
    Target { name: "request", run: request::run },
    Target { name: "response", run: response::run },
    Target { name: "session", run: session::run },
    Target { name: "utf8", run: utf8::run },
];

/// The whole of a fuzz target's program: libFuzzer's under `--cfg fuzzing`, else one that replays the files it is given.
#[macro_export]
macro_rules! target {
    ($target:ident) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::$target::run(data));

        #[cfg(not(fuzzing))]
        fn main() -> std::process::ExitCode {
            $crate::replay_files($crate::$target::run)
        }
    };
}

/// Runs a target over each file named on the command line; a broken property panics as in a test.
pub fn replay_files(run: fn(&[u8])) -> std::process::ExitCode {
    let mut replayed = 0;
    for path in std::env::args_os().skip(1) {
        match std::fs::read(&path) {
            Ok(data) => run(&data),
            Err(error) => {
                eprintln!("cannot read {}: {error}", path.display());
                return std::process::ExitCode::FAILURE;
            }
        }
        replayed += 1;
    }
    if replayed == 0 {
        eprintln!("name the files to replay");
        return std::process::ExitCode::FAILURE;
    }
    println!("{replayed} replayed");
    std::process::ExitCode::SUCCESS
}

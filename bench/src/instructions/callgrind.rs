//! Running this program under valgrind, and reading its count.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{BYTES, CALLS};
use crate::AnyError;

/// The function in which instructions count, whatever the compiler's way to write a path into a symbol.
const COUNTED: &str = "*instructions*counted_part*";

/// glibc copies and clears large memory with one `rep` instruction, which is counted once for every byte or not at all,
/// depending on whom one asks. Without it, it uses vector instructions, of which there are as many as there is work.
const TUNABLES: &str = "glibc.cpu.x86_rep_movsb_threshold=0x40000000:glibc.cpu.x86_rep_stosb_threshold=0x40000000:glibc.cpu.x86_non_temporal_threshold=0x0ffffffffff";

/// A valgrind that works.
pub(crate) struct Valgrind {
    version: String,
    profiles: Option<PathBuf>,
}

/// What happened in the counted part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Instructions executed.
    pub(crate) instructions: u64,
    /// Reads and writes of the transport.
    pub(crate) calls: u64,
    /// Bytes written to it.
    pub(crate) bytes: u64,
}

impl Valgrind {
    /// `profiles`: where to keep what callgrind writes, for `callgrind_annotate`.
    ///
    /// # Errors
    ///
    /// It is not there.
    pub(crate) fn find(profiles: Option<PathBuf>) -> Result<Self, AnyError> {
        let asked = Command::new("valgrind").arg("--version").stderr(Stdio::null()).output();
        let output = asked.ok().filter(|output| output.status.success()).ok_or(
            "instructions are counted by valgrind, and there is no `valgrind` here; install it from your system's packages \
             (`apt-get install valgrind`, `dnf install valgrind`)",
        )?;
        if let Some(folder) = &profiles {
            std::fs::create_dir_all(folder)
                .map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
        }
        Ok(Self { version: String::from_utf8_lossy(&output.stdout).trim().to_owned(), profiles })
    }

    /// As it says itself.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Counts one contender's work for one row.
    ///
    /// # Errors
    ///
    /// The program failed, or valgrind did not find the function to count in.
    pub(crate) fn count(&self, row: &str, contender: &str) -> Result<Counted, AnyError> {
        let mut profile = OsString::from("--callgrind-out-file=");
        match &self.profiles {
            Some(folder) => profile.push(folder.join(format!("{row}-{contender}.callgrind"))),
            None => profile.push("/dev/null"),
        }
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", &format!("--toggle-collect={COUNTED}")])
            .arg(profile)
            .arg(std::env::current_exe()?)
            .args(["count", row, contender])
            .env("GLIBC_TUNABLES", TUNABLES)
            .stdin(Stdio::null())
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        let told = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(format!("{row} {contender} failed under valgrind:\n{said}").into());
        }
        let counted = parse(&said, &told)
            .ok_or_else(|| format!("{row} {contender}: valgrind counted nothing. Was the program stripped?\n{said}"))?;
        Ok(counted)
    }
}

/// `said` is what valgrind wrote, `told` the program.
fn parse(said: &str, told: &str) -> Option<Counted> {
    let collected = said.lines().find_map(|line| line.split_once("Collected :"))?.1;
    let told = |what| told.lines().find_map(|line| line.strip_prefix(what))?.trim().parse().ok();
    let instructions = collected.trim().parse().ok().filter(|count| *count > 0)?;
    Some(Counted { instructions, calls: told(CALLS)?, bytes: told(BYTES)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_what_valgrind_writes() {
        let said =
            "==7== Callgrind\n==7== Events    : Ir\n==7== Collected : 12345\n==7== \n==7== I   refs:      12,345\n";
        let told = "transport calls 50\ntransport bytes 640\n";
        assert_eq!(parse(said, told), Some(Counted { instructions: 12345, calls: 50, bytes: 640 }));
        assert_eq!(parse("==7== Collected : 0\n", told), None);
        assert_eq!(parse(said, ""), None);
    }
}

//! The tables, as Markdown.

use std::fmt::Write as _;

use super::contenders::{self, OURS};
use super::rows::{self, Row, Work};

/// One contender's cost of one message in one row.
#[derive(Debug)]
pub(crate) struct Count {
    pub(crate) row: &'static str,
    pub(crate) contender: &'static str,
    pub(crate) instructions: f64,
    /// Reads and writes of the transport.
    pub(crate) calls: f64,
    /// Bytes written to it.
    pub(crate) bytes: f64,
}

/// All tables and what one must know to read them.
///
/// # Errors
///
/// None: a string takes all.
pub(crate) fn markdown(rows: &[&Row], counts: &[Count], valgrind: &str) -> Result<String, std::fmt::Error> {
    let mut text = String::from("# Instructions per message\n\n");
    writeln!(
        text,
        "User-space instructions for one message, counted by callgrind ({valgrind}), and in brackets their ratio to ours. \
         mandovi-bench {}, {}. How it is measured and how to read it: [README](README.md#instructions).",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH
    )?;
    if cfg!(debug_assertions) {
        writeln!(text, "\n**A debug build: these counts mean nothing.**")?;
    }
    let present: Vec<&str> = contenders::ALL
        .iter()
        .map(|contender| contender.name)
        .filter(|name| counts.iter().any(|count| count.contender == *name))
        .collect();
    head(&mut text, "row", &present)?;
    for row in rows {
        line(&mut text, row.name, &present, |name| find(counts, row.name, name).map(|count| count.instructions))?;
    }

    let pairs = || rows::VALIDATION.iter().filter(|(text, binary)| [text, binary].iter().all(|name| has(rows, name)));
    if pairs().next().is_some() {
        text.push_str("\n## Validation alone\n\nWhat a text message costs over a binary one of the same size.\n");
        head(&mut text, "difference", &present)?;
        for (valid, binary) in pairs() {
            line(&mut text, &format!("{valid} - {binary}"), &present, |name| {
                Some(find(counts, valid, name)?.instructions - find(counts, binary, name)?.instructions)
            })?;
        }
    }

    let deflating: Vec<&Row> = rows.iter().copied().filter(|row| matches!(row.work, Work::Deflate(..))).collect();
    if !deflating.is_empty() {
        text.push_str(
            "\n## What compression gains\n\nBytes on the wire for a message of 1,024 bytes, header included.\n",
        );
        let present: Vec<&str> = present
            .iter()
            .copied()
            .filter(|name| deflating.iter().any(|row| find(counts, row.name, name).is_some()))
            .collect();
        plain(&mut text, &deflating, &present, counts, |count| format!("{:.0}", count.bytes))?;
    }

    text.push_str(
        "\n## Calls of the transport\n\nReads and writes for one message: with a socket, system calls, which cost more than \
         most of the above.\n",
    );
    plain(&mut text, rows, &present, counts, |count| format!("{:.3}", count.calls))?;

    text.push_str("\n## Rows\n\n");
    for row in rows {
        writeln!(text, "- `{}`: {}.", row.name, row.about)?;
    }
    text.push_str("\n## Contenders\n\n");
    for contender in contenders::ALL.iter().filter(|contender| present.contains(&contender.name)) {
        writeln!(text, "- `{}`: {}.", contender.name, contender.about)?;
    }
    Ok(text)
}

fn head(text: &mut String, first: &str, names: &[&str]) -> std::fmt::Result {
    writeln!(text, "\n| {first} | {} |", names.join(" | "))?;
    writeln!(text, "|---|{}", "---:|".repeat(names.len()))
}

fn line(text: &mut String, first: &str, names: &[&str], value: impl Fn(&str) -> Option<f64>) -> std::fmt::Result {
    write!(text, "| {first} |")?;
    let ours = value(OURS);
    for name in names {
        match (value(name), ours) {
            (None, _) => text.push_str(" - |"),
            (Some(theirs), Some(ours)) if *name != OURS && ours > 0.0 => {
                write!(text, " {} ({:.2}) |", shown(theirs), theirs / ours)?;
            }
            (Some(count), _) => write!(text, " {} |", shown(count))?,
        }
    }
    text.push('\n');
    Ok(())
}

/// A table without ratios.
fn plain(
    text: &mut String,
    rows: &[&Row],
    names: &[&str],
    counts: &[Count],
    value: impl Fn(&Count) -> String,
) -> std::fmt::Result {
    head(text, "row", names)?;
    for row in rows {
        let cells: Vec<String> =
            names.iter().map(|name| find(counts, row.name, name).map_or_else(|| "-".to_owned(), &value)).collect();
        writeln!(text, "| {} | {} |", row.name, cells.join(" | "))?;
    }
    Ok(())
}

/// Small counts are averages of whole batches and have a decimal worth showing.
fn shown(count: f64) -> String {
    if count < 1000.0 { format!("{count:.1}") } else { format!("{count:.0}") }
}

fn find<'a>(counts: &'a [Count], row: &str, contender: &str) -> Option<&'a Count> {
    counts.iter().find(|count| count.row == row && count.contender == contender)
}

fn has(rows: &[&Row], name: &str) -> bool {
    rows.iter().any(|row| row.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(row: &'static str, contender: &'static str, instructions: f64) -> Count {
        Count { row, contender, instructions, calls: 0.5, bytes: 66.0 }
    }

    #[test]
    fn ratios_are_to_ours_and_text_is_set_against_binary() -> Result<(), std::fmt::Error> {
        let rows: Vec<&Row> = rows::ALL.iter().filter(|row| row.name.contains("1k")).collect();
        let counts = [
            count("binary-1k", OURS, 100.0),
            count("text-1k-ascii", OURS, 150.0),
            count("binary-1k", "tungstenite", 400.0),
            count("text-1k-ascii", "tungstenite", 475.0),
            count("text-1k-mixed", "tungstenite", 1500.0),
        ];
        let text = markdown(&rows, &counts, "valgrind-3")?;
        assert!(text.contains("| row | mandovi | tungstenite |\n|---|---:|---:|\n"), "{text}");
        assert!(text.contains("| binary-1k | 100.0 | 400.0 (4.00) |"), "{text}");
        assert!(text.contains("| text-1k-mixed | - | 1500 |"), "{text}");
        assert!(text.contains("| text-1k-ascii - binary-1k | 50.0 | 75.0 (1.50) |"), "{text}");
        Ok(())
    }
}

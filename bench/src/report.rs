//! What comes out: medians over the rounds, as Markdown for people and JSON lines for programs.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use crate::AnyError;
use crate::measure::{machine, median};
use crate::run::{Measurement, Outcome, Plan};
use crate::scenario::{Load, Scenario};
use crate::servers::RAW;

/// A side that works this much of the time is what holds the rate down.
const SATURATED: f64 = 0.90;

/// Other work on the machine that took more of the time than this is worth a warning.
const DISTURBED: f64 = 0.05;

/// One server under one scenario, over all rounds.
#[derive(Debug, Serialize)]
struct Row {
    scenario: &'static str,
    server: &'static str,
    /// Medians over the rounds, as all that follow.
    cpu_us_per_msg: f64,
    msgs_per_s: f64,
    p50_us: f64,
    p99_us: f64,
    /// Of the CPU for each message, to that of `raw` in the same round.
    ratio_to_raw: Option<f64>,
    server_busy: f64,
    load_busy: f64,
    bottleneck: &'static str,
    disturbed: f64,
    rounds: usize,
    /// In `flood` only: the calm connections' p99 to theirs without the flooder, in the same round.
    #[serde(skip_serializing_if = "Option::is_none")]
    p99_ratio_to_calm: Option<f64>,
    /// In `flood` only: the flooder's own messages a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    flood_msgs_per_s: Option<f64>,
}

/// The report of a run.
#[derive(Debug)]
pub(crate) struct Report {
    rows: Vec<Row>,
    markdown: String,
}

impl Report {
    pub(crate) fn new(plan: &Plan, outcome: &Outcome) -> Self {
        let rows: Vec<Row> = plan
            .scenarios
            .iter()
            .flat_map(|scenario| plan.servers.iter().map(move |server| (scenario, server)))
            .filter_map(|(scenario, server)| row(&outcome.measurements, scenario, server.name))
            .collect();
        let markdown = markdown(plan, outcome, &rows).unwrap_or_default();
        Self { rows, markdown }
    }

    /// The tables.
    pub(crate) fn markdown(&self) -> &str {
        &self.markdown
    }

    /// Writes `report.jsonl`, `rounds.jsonl` (each single measurement) and `REPORT.md`.
    ///
    /// # Errors
    ///
    /// A file cannot be written.
    pub(crate) fn write(&self, folder: &Path, outcome: &Outcome) -> Result<(), AnyError> {
        std::fs::write(folder.join("report.jsonl"), json_lines(&self.rows)?)?;
        std::fs::write(folder.join("rounds.jsonl"), json_lines(&outcome.measurements)?)?;
        std::fs::write(folder.join("REPORT.md"), &self.markdown)?;
        Ok(())
    }
}

fn json_lines<T: Serialize>(values: &[T]) -> Result<String, AnyError> {
    let mut lines = String::new();
    for value in values {
        lines.push_str(&serde_json::to_string(value)?);
        lines.push('\n');
    }
    Ok(lines)
}

fn row(all: &[Measurement], scenario: &Scenario, server: &'static str) -> Option<Row> {
    let of = |scenario: &'static str, server: &'static str| {
        all.iter().filter(move |one| one.scenario == scenario && one.server == server)
    };
    let middle = |value: fn(&Measurement) -> f64| median(of(scenario.name, server).map(value));
    // Neighbours on the machine disturb for seconds at a time: only figures of one round are divided by each other.
    let ratio = |base: (&'static str, &'static str), value: fn(&Measurement) -> f64| {
        median(of(scenario.name, server).filter_map(|one| {
            let base = of(base.0, base.1).find(|base| base.round == one.round)?;
            Some(value(one) / value(base)).filter(|ratio| ratio.is_finite())
        }))
    };
    let flooded = matches!(scenario.load, Load::Calm { flooded: true, .. });
    let (server_busy, load_busy) = (middle(|one| one.server_busy)?, middle(|one| one.load_busy)?);
    Some(Row {
        scenario: scenario.name,
        server,
        cpu_us_per_msg: middle(|one| one.cpu_us_per_msg)?,
        msgs_per_s: middle(|one| one.msgs_per_s)?,
        p50_us: middle(|one| one.p50_us)?,
        p99_us: middle(|one| one.p99_us)?,
        ratio_to_raw: ratio((scenario.name, RAW), |one| one.cpu_us_per_msg),
        server_busy,
        load_busy,
        bottleneck: bottleneck(&scenario.load, server_busy, load_busy),
        disturbed: middle(|one| one.disturbed)?,
        rounds: of(scenario.name, server).count(),
        p99_ratio_to_calm: flooded.then(|| ratio(("calm", server), |one| one.p99_us)).flatten(),
        flood_msgs_per_s: flooded
            .then(|| middle(|one| one.msgs_per_s * one.flood_messages as f64 / one.messages as f64))
            .flatten(),
    })
}

/// Which side had no time left. In the open loop the load generator never sleeps, so that its being busy says nothing
/// where there is no flooder, and nothing against it where the server is busy too.
fn bottleneck(load: &Load, server_busy: f64, load_busy: f64) -> &'static str {
    match (server_busy >= SATURATED, load_busy >= SATURATED, load) {
        (_, _, Load::Calm { flooded: false, .. }) => "neither",
        (true, _, Load::Calm { .. }) | (true, false, Load::Closed { .. }) => "server",
        (true, true, Load::Closed { .. }) => "both",
        (false, true, _) => "load",
        (false, false, _) => "neither",
    }
}

fn markdown(plan: &Plan, outcome: &Outcome, rows: &[Row]) -> Result<String, std::fmt::Error> {
    let mut text = String::from("# Benchmark report\n\n");
    writeln!(text, "Machine: {}. mandovi-bench {}.", machine(), env!("CARGO_PKG_VERSION"))?;
    writeln!(
        text,
        "Servers on core {}, one tokio worker each; load generator on core {}. {} rounds of {} ms, interleaved; medians; \
         ratios are taken within a round.",
        plan.server_core,
        plan.load_core,
        plan.rounds,
        plan.window.as_millis()
    )?;
    writeln!(
        text,
        "\"busy\" is the share of the time that each side's core worked for it; the bottleneck is the side at {:.0} % or more. \
         In \"calm\" and \"flood\" the load generator never sleeps. \"disturbed\" is the share of the time that other \
         work had the core of a side that was ready to run.",
        SATURATED * 100.0
    )?;
    if cfg!(debug_assertions) {
        writeln!(text, "\n**A debug build: these numbers mean nothing.**")?;
    }
    if rows.iter().any(|row| row.disturbed > DISTURBED) {
        writeln!(
            text,
            "\n**Warning: other work on the machine took more than {:.0} % of the time of some measurements. Rates and latencies \
             suffer most; run it again on a quiet machine.**",
            DISTURBED * 100.0
        )?;
    }
    for warning in &outcome.warnings {
        writeln!(text, "\n**Warning: {warning}.**")?;
    }
    for scenario in &plan.scenarios {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.scenario == scenario.name).collect();
        if rows.is_empty() {
            continue;
        }
        writeln!(text, "\n## {}\n\n{}.\n", scenario.name, scenario.about)?;
        text.push_str("| server | CPU us/msg | x raw | msgs/s | p50 us | p99 us | busy server / load | bottleneck | disturbed |\n");
        text.push_str("|---|---:|---:|---:|---:|---:|---:|---|---:|\n");
        for row in rows {
            writeln!(
                text,
                "| {} | {:.3} | {} | {:.0} | {:.1} | {:.1} | {:.0} % / {:.0} % | {} | {:.0} % |",
                row.server,
                row.cpu_us_per_msg,
                times(row.ratio_to_raw),
                row.msgs_per_s,
                row.p50_us,
                row.p99_us,
                row.server_busy * 100.0,
                row.load_busy * 100.0,
                row.bottleneck,
                row.disturbed * 100.0
            )?;
        }
    }
    flood(&mut text, rows)?;
    if !outcome.failures.is_empty() {
        text.push_str("\n## Failures\n\n");
        for failure in &outcome.failures {
            writeln!(text, "- {failure}")?;
        }
    }
    Ok(text)
}

/// What a flooding peer costs the others: the calm connections with and without it.
fn flood(text: &mut String, rows: &[Row]) -> std::fmt::Result {
    let flooded: Vec<&Row> = rows.iter().filter(|row| row.flood_msgs_per_s.is_some()).collect();
    if flooded.is_empty() {
        return Ok(());
    }
    text.push_str("\n## What the flooder costs the calm connections\n\n");
    text.push_str(
        "| server | calm p99 us, alone | beside the flooder | ratio | flooder msgs/s |\n|---|---:|---:|---:|---:|\n",
    );
    for row in flooded {
        let alone = rows.iter().find(|alone| alone.scenario == "calm" && alone.server == row.server);
        writeln!(
            text,
            "| {} | {} | {:.1} | {} | {:.0} |",
            row.server,
            alone.map_or_else(|| "-".to_owned(), |alone| format!("{:.1}", alone.p99_us)),
            row.p99_us,
            times(row.p99_ratio_to_calm),
            row.flood_msgs_per_s.unwrap_or_default()
        )?;
    }
    Ok(())
}

fn times(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(round: usize, server: &'static str, cpu_us_per_msg: f64) -> Measurement {
        Measurement {
            round,
            scenario: "echo64",
            server,
            messages: 1000,
            flood_messages: 0,
            cpu_us_per_msg,
            msgs_per_s: 1e5,
            p50_us: 10.0,
            p99_us: 20.0,
            server_busy: 1.0,
            load_busy: 0.5,
            disturbed: 0.0,
        }
    }

    fn row_of(all: &[Measurement], scenario: &str, server: &'static str) -> Option<Row> {
        row(all, crate::scenario::find(scenario).expect("it is in the list"), server)
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        // The second round was twice as slow for everyone, the third has no raw to compare with.
        let all =
            [one(0, RAW, 1.0), one(0, "other", 2.0), one(1, RAW, 2.0), one(1, "other", 4.0), one(2, "other", 9.0)];
        let row = row_of(&all, "echo64", "other").expect("there are measurements");
        assert_eq!(row.ratio_to_raw, Some(2.0));
        assert_eq!(row.cpu_us_per_msg, 4.0);
        assert_eq!(row.rounds, 3);
        assert_eq!(row.bottleneck, "server");
    }

    #[test]
    fn a_server_without_measurements_has_no_row() {
        assert!(row_of(&[one(0, RAW, 1.0)], "echo64", "other").is_none());
        assert!(row_of(&[one(0, RAW, 1.0)], "flood", RAW).is_none());
    }

    #[test]
    fn a_json_line_has_the_agreed_members() {
        let row = row_of(&[one(0, RAW, 1.0)], "echo64", RAW).expect("there is a measurement");
        let line = json_lines(&[row]).expect("a row is JSON");
        let value: serde_json::Value = serde_json::from_str(&line).expect("one line, one value");
        for member in ["scenario", "server", "cpu_us_per_msg", "msgs_per_s", "p50_us", "p99_us", "ratio_to_raw"] {
            assert!(value.get(member).is_some(), "{member}");
        }
    }
}

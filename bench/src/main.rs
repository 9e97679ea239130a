//! The benchmark: every scenario against every server, interleaved in one run.
//!
//! `all` measures and writes the report; `serve` is one server, which `all` starts as a child process of the same
//! binary; `list` names what there is. `instructions` counts what the codecs cost, see [`instructions`]. [`load`] is the load generator, [`servers`] what it is pointed at, [`run`] the
//! order of the measurements, [`report`] what comes out. Nothing here decides whether a number is good: no scenario
//! passes or fails on time. It fails only when a server answers wrongly.

mod instructions;
mod load;
mod measure;
mod memory;
mod process;
mod progress;
mod report;
mod run;
mod scenario;
mod servers;
mod soak;
mod storm;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

/// Any error, told to the person at the terminal.
type AnyError = Box<dyn Error + Send + Sync>;

/// Measures Mandovi beside other WebSocket servers.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs every scenario against every server and writes report.jsonl, rounds.jsonl and REPORT.md.
    All(All),
    /// Runs one server in the foreground and prints `listening ADDR`.
    Serve(Serve),
    /// Names the scenarios and the servers.
    List,
    /// Counts the instructions of the codecs under valgrind and writes INSTRUCTIONS.md.
    Instructions(Instructions),
    /// Measures what an idle connection holds for each setting of compression, and prints the table.
    Memory(Memory),
    /// Calls of every shape through fault proxies, for as long as wanted; then nothing may be left, and memory may not have grown.
    Soak(soak::Soak),
    /// Kills and restarts a server under clients that heal, and says when they were back.
    Storm(storm::Storm),
    /// What `storm` starts.
    #[command(hide = true)]
    StormServe { port: u16, generation: u64 },
    /// What `memory` starts: a server with one setting.
    #[command(hide = true)]
    Hold { setting: usize },
    /// What `memory --idle` starts.
    #[command(hide = true)]
    HoldIdle { ping_ms: u64 },
    /// What `instructions` runs under valgrind: one codec does one row.
    #[command(hide = true)]
    Count { row: String, contender: String },
}

#[derive(Debug, Args)]
struct All {
    /// Three rounds of 0.4 s in place of five of 1.2 s.
    #[arg(long)]
    quick: bool,
    /// Where the report goes; otherwise the folder of this package.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Only these servers, separated by commas. Without `raw` there are no ratios.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    server: Vec<String>,
    /// Only these scenarios, separated by commas.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    scenario: Vec<String>,
    /// How many rounds.
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// The core of the servers.
    #[arg(long, value_name = "CORE", default_value_t = 0)]
    server_core: usize,
    /// The core of the load generator.
    #[arg(long, value_name = "CORE", default_value_t = 1)]
    load_core: usize,
}

#[derive(Debug, Args)]
struct Serve {
    /// A server of `list`.
    name: String,
    /// The core to stay on; otherwise any.
    #[arg(long, value_name = "CORE")]
    core: Option<usize>,
    /// Ends when standard input does, so that no server outlives its benchmark.
    #[arg(long)]
    until_stdin_ends: bool,
}

#[derive(Debug, Args)]
struct Memory {
    /// How many connections at most. Default: 4,000; 18,000 with `--idle`.
    #[arg(long, value_name = "N")]
    connections: Option<usize>,
    /// Measures a typed service with its heartbeats on instead, at a third of the connections and at all: memory and CPU.
    #[arg(long)]
    idle: bool,
    /// The heartbeat of `--idle`, otherwise the default of the settings.
    #[arg(long, value_name = "SECONDS", requires = "idle")]
    ping: Option<f64>,
    /// For how long `--idle` watches heartbeats.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "idle")]
    watch: u64,
}

impl Memory {
    fn measure(&self) -> Result<(), AnyError> {
        if !self.idle {
            return memory::measure_all(self.connections.unwrap_or(4000));
        }
        let many = self.connections.unwrap_or(18_000);
        let ping = self.ping.map(Duration::try_from_secs_f64).transpose()?;
        memory::measure_idle(memory::Idle { few: many / 3, many, ping, watch: Duration::from_secs(self.watch) })
    }
}

#[derive(Debug, Args)]
struct Instructions {
    /// Only these rows, separated by commas. Then a file is written only with `--out`.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    row: Vec<String>,
    /// Where the table goes; otherwise INSTRUCTIONS.md in the folder of this package.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Keeps what callgrind writes, a file for each row and codec, for `callgrind_annotate`.
    #[arg(long, value_name = "DIR")]
    profiles: Option<PathBuf>,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::All(all) => measure_all(all),
        Command::Serve(serve) => {
            servers::find(&serve.name).and_then(|server| servers::serve(server, serve.core, serve.until_stdin_ends))
        }
        Command::List => {
            list();
            Ok(())
        }
        Command::Instructions(Instructions { row, out, profiles }) => instructions::measure_all(&row, out, profiles),
        Command::Memory(memory) => memory.measure(),
        Command::Soak(soak) => soak::run(&soak),
        Command::Storm(storm) => storm::run(&storm),
        Command::StormServe { port, generation } => storm::serve(port, generation),
        Command::Hold { setting } => memory::serve(setting),
        Command::HoldIdle { ping_ms } => memory::serve_idle(ping_ms),
        Command::Count { row, contender } => instructions::run_once(&row, &contender),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mandovi-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn list() {
    println!("scenarios:");
    for scenario in scenario::ALL {
        println!("  {:18} {}", scenario.name, scenario.about);
    }
    println!("servers:");
    for server in servers::ALL {
        println!("  {:18} {}", server.name, server.about);
    }
}

fn measure_all(all: All) -> Result<(), AnyError> {
    if cfg!(debug_assertions) {
        eprintln!("mandovi-bench: this is a debug build; its numbers mean nothing. Use `cargo run --release`.");
    }
    // Cargo sets the variable for what it runs, so that the report is found beside the code that made it.
    let out = all
        .out
        .or_else(|| std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from("."));
    std::fs::create_dir_all(&out).map_err(|error| format!("cannot make the folder {}: {error}", out.display()))?;
    let plan = run::Plan {
        scenarios: chosen(&all.scenario, scenario::find, scenario::ALL)?,
        servers: chosen(&all.server, servers::find, servers::ALL)?,
        rounds: all.rounds.unwrap_or(if all.quick { 3 } else { 5 }).max(1),
        window: Duration::from_millis(if all.quick { 400 } else { 1200 }),
        warm_up: Duration::from_millis(if all.quick { 100 } else { 200 }),
        server_core: all.server_core,
        load_core: all.load_core,
    };
    let outcome = run::run(&plan);
    let report = report::Report::new(&plan, &outcome);
    print!("{}", report.markdown());
    report.write(&out, &outcome)?;
    eprintln!("written to {}", out.display());
    if outcome.failures.is_empty() {
        Ok(())
    } else {
        Err(format!("{} measurements failed", outcome.failures.len()).into())
    }
}

/// The things of these names, or all of them when none is named.
fn chosen<T>(
    names: &[String],
    find: fn(&str) -> Result<&'static T, AnyError>,
    all: &'static [T],
) -> Result<Vec<&'static T>, AnyError> {
    if names.is_empty() {
        return Ok(all.iter().collect());
    }
    names.iter().map(|name| find(name)).collect()
}

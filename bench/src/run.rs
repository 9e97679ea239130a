//! The order of the measurements: rounds, in each round every scenario, in each scenario every server in an order that
//! rotates. A server is a fresh process for each measurement, so that none carries another's heap.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::AnyError;
use crate::load::{Generator, STALL, Tally};
use crate::measure::{self, Scheduled, percentile};
use crate::progress::Progress;
use crate::scenario::Scenario;
use crate::servers::{LISTENING, Server};

/// What to measure.
#[derive(Debug)]
pub(crate) struct Plan {
    /// In the order of the report.
    pub(crate) scenarios: Vec<&'static Scenario>,
    /// In the order of the report.
    pub(crate) servers: Vec<&'static Server>,
    /// At least one.
    pub(crate) rounds: usize,
    /// The measured part of each.
    pub(crate) window: Duration,
    /// The same load before it, not measured.
    pub(crate) warm_up: Duration,
    /// The core of the servers.
    pub(crate) server_core: usize,
    /// The core of the load generator.
    pub(crate) load_core: usize,
}

/// One server under one scenario, once.
#[derive(Debug, Serialize)]
pub(crate) struct Measurement {
    /// From 0.
    pub(crate) round: usize,
    /// Its name.
    pub(crate) scenario: &'static str,
    /// Its name.
    pub(crate) server: &'static str,
    /// Messages answered, the flooder's included.
    pub(crate) messages: u64,
    /// The flooder's part of them.
    pub(crate) flood_messages: u64,
    /// The server's CPU time for each message answered.
    pub(crate) cpu_us_per_msg: f64,
    /// Messages answered a second, the flooder's included.
    pub(crate) msgs_per_s: f64,
    /// Half of the round trips took no longer. The flooder's are not among them.
    pub(crate) p50_us: f64,
    /// 99 of 100 round trips took no longer.
    pub(crate) p99_us: f64,
    /// The part of the time that the server's core worked for it: 1 is all of it.
    pub(crate) server_busy: f64,
    /// The same of the load generator.
    pub(crate) load_busy: f64,
    /// The part of the time that a side was ready to run and something else had its core; of the side that had more.
    pub(crate) disturbed: f64,
}

/// All that was measured, and what could not be.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// In the order in which they were made.
    pub(crate) measurements: Vec<Measurement>,
    /// One line each.
    pub(crate) failures: Vec<String>,
    /// What makes the numbers worth less than they look.
    pub(crate) warnings: Vec<String>,
}

/// Measures everything of the plan. A failure ends one measurement, never the run.
pub(crate) fn run(plan: &Plan) -> Outcome {
    let mut outcome = Outcome::default();
    if let Err(error) = measure::pin_to(plan.load_core) {
        outcome.warnings.push(format!("the load generator is on no core of its own: {error}"));
    }
    if plan.load_core == plan.server_core {
        outcome.warnings.push("the servers and the load generator share a core".to_owned());
    }
    let servers = plan.servers.len();
    let mut progress = Progress::new(plan.rounds * plan.scenarios.len() * servers);
    for warning in &outcome.warnings {
        progress.note(&format!("warning: {warning}"));
    }
    for round in 0..plan.rounds {
        for (place, scenario) in plan.scenarios.iter().enumerate() {
            for turn in 0..servers {
                let server = plan.servers[(turn + round + place) % servers];
                let what = format!("round {}/{} {} {}", round + 1, plan.rounds, scenario.name, server.name);
                progress.begin(&what);
                match measure_once(plan, scenario, server, round) {
                    Ok(measurement) => outcome.measurements.push(measurement),
                    Err(error) => {
                        let failure = format!("{what}: {error}");
                        progress.note(&failure);
                        outcome.failures.push(failure);
                    }
                }
            }
        }
    }
    progress.end();
    outcome
}

fn measure_once(plan: &Plan, scenario: &Scenario, server: &Server, round: usize) -> Result<Measurement, AnyError> {
    let process = ServerProcess::start(server, plan.server_core)?;
    let mut load = Generator::open(&scenario.load, process.address, server.answers, STALL)?;
    load.run(plan.warm_up, &mut Tally::default())?;

    // A window ends when the last answer is in, so the server is at rest when its CPU time is read.
    let mut tally = Tally::default();
    let (server_before, load_before) = (process.scheduled()?, measure::cpu_of_this_thread()?);
    let began = Instant::now();
    load.run(plan.window, &mut tally)?;
    let wall = began.elapsed().as_secs_f64();
    let load_time = measure::cpu_of_this_thread()? - load_before;
    let server_time = process.scheduled()? - server_before;

    if tally.answered == 0 {
        return Err("not one message was answered".into());
    }
    tally.latencies.sort_unstable();
    let messages = tally.answered as f64;
    let microseconds = |percent| f64::from(percentile(&tally.latencies, percent)) / 1e3;
    Ok(Measurement {
        round,
        scenario: scenario.name,
        server: server.name,
        messages: tally.answered,
        flood_messages: tally.flooded,
        cpu_us_per_msg: server_time.ran.as_secs_f64() * 1e6 / messages,
        msgs_per_s: messages / wall,
        p50_us: microseconds(50),
        p99_us: microseconds(99),
        server_busy: server_time.ran.as_secs_f64() / wall,
        load_busy: load_time.ran.as_secs_f64() / wall,
        disturbed: server_time.waited.max(load_time.waited).as_secs_f64() / wall,
    })
}

/// A server in a process of its own, which ends with this value.
struct ServerProcess {
    child: Child,
    address: SocketAddr,
}

impl ServerProcess {
    fn start(server: &Server, core: usize) -> Result<Self, AnyError> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", server.name, "--until-stdin-ends", "--core"])
            .arg(core.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let address = child.stdout.take().ok_or("the server has no output".into()).and_then(address);
        match address {
            Ok(address) => Ok(Self { child, address }),
            Err(error) => {
                end(&mut child);
                Err(error)
            }
        }
    }

    fn scheduled(&self) -> Result<Scheduled, AnyError> {
        Ok(measure::cpu_of(self.child.id())?)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Where a server says that it listens.
fn address(output: ChildStdout) -> Result<SocketAddr, AnyError> {
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    let address = line.trim().strip_prefix(LISTENING);
    let address = address.ok_or_else(|| format!("the server did not start; it said {line:?}"))?;
    Ok(address.parse()?)
}

fn end(child: &mut Child) {
    // It may have ended by itself, which is what is wanted.
    let _ = child.kill();
    let _ = child.wait();
}

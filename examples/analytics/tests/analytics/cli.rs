//! The command line as a user runs it: what is typed, what is printed, and how it ends. Unix only, for its signals.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// How long a line may take that must come. A test that works never waits that long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program under test; it is killed with the test that started it.
struct Program {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments);
        let mut child = child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            // Whoever drops the receiver also closes the pipe, at the next line.
            let _ = stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line));
        });
        Self { child, lines }
    }

    /// The next line of its output.
    #[track_caller]
    fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line of output")
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    /// Ends it as Ctrl-C does: the exit code, and its errors.
    fn interrupt(mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", "INT", &id]).status().unwrap().success());
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.child.wait().unwrap().code(), errors)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running server.
struct Server {
    program: Program,
    url: String,
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let program = Program::start(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
        let url = program.line().strip_prefix("listening on ").unwrap().to_owned();
        Self { program, url }
    }

    /// Calls it, from beginning to end: what was printed.
    #[track_caller]
    fn call(&self, arguments: &[&str], input: &str) -> Vec<String> {
        let output = finished(&[arguments, &["--url", &self.url]].concat(), input);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
        text(&output.stdout).lines().map(str::to_owned).collect()
    }

    /// That a call fails with this exit code and these errors, and prints nothing.
    #[track_caller]
    fn refuses(&self, arguments: &[&str], input: &str, errors: &str) {
        let output = finished(&[arguments, &["--url", &self.url]].concat(), input);
        assert_eq!((text(&output.stdout), text(&output.stderr)), ("", errors));
        assert_eq!(output.status.code(), Some(1));
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_analytics"));
    command.args(arguments);
    command
}

fn finished(arguments: &[&str], input: &str) -> Output {
    let mut child = command(arguments);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that does not read its input is not asked to.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

/// The names of the members of a line of JSON, in order.
fn members(line: &str) -> Vec<String> {
    serde_json::from_str::<Value>(line).unwrap().as_object().unwrap().keys().cloned().collect()
}

#[test]
fn watch_prints_the_members_of_its_view() {
    let server = Server::start(&["--rate", "200"]);
    let watch = |view: &str| {
        let lines = server.call(&["watch", "--view", view, "--metric", "cpu", "--count", "3", "--json"], "");
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.contains(r#""metric":"cpu""#)), "{lines:?}");
        members(&lines[2])
    };
    assert_eq!(watch("summary"), ["metric", "timestamp", "value"]);
    assert_eq!(watch("detailed"), ["change", "metric", "timestamp", "value"]);
    assert_eq!(watch("full"), ["change", "metadata", "metric", "timestamp", "value"]);
}

#[test]
fn a_watch_ends_cleanly_at_an_interrupt_and_so_does_its_server() {
    let server = Server::start(&["--rate", "200", "--metrics", "memory,cpu"]);
    let watch = Program::start(&["watch", "--url", &server.url]);
    let mut metrics: Vec<_> = (0..2).map(|_| watch.line().split_whitespace().nth(1).unwrap().to_owned()).collect();
    metrics.sort();
    assert_eq!(metrics, ["cpu", "memory"]);
    assert_eq!(watch.interrupt(), (Some(0), String::new()));
    let (code, log) = server.program.interrupt();
    assert_eq!(code, Some(0));
    assert!(log.lines().all(|line| line.contains(" INFO ")), "{log}");
    assert!(log.lines().last().is_some_and(|line| line.contains("the streams are drained")), "{log}");
}

#[test]
fn what_is_uploaded_is_in_the_history() {
    let server = Server::start(&["--metrics", "cpu", "--past", "0"]);
    let input = r#"{"timestamp": "2026-03-02T12:00:00Z", "metric": "queue", "value": 7, "metadata": {}}

{"timestamp": "2026-03-02T12:00:01Z", "metric": "queue", "value": 9.5, "metadata": {"host": "mq-1"}}
"#;
    let ingested = server.call(&["ingest"], input);
    let expected = json!({"accepted": 2, "rejected": 0, "totals": {"queue": {"count": 2, "sum": 16.5}}});
    assert_eq!(serde_json::from_str::<Value>(&ingested.concat()).unwrap(), expected);
    let expected = [
        "2026-03-02T12:00:00.000Z  queue              7.00",
        "2026-03-02T12:00:01.000Z  queue              9.50      +2.50  host=mq-1",
    ];
    assert_eq!(server.call(&["history", "queue"], ""), expected);
    assert_eq!(
        server.call(&["history", "queue", "--from", "2026-03-02T12:00:01Z", "--view", "summary", "--json"], ""),
        [r#"{"timestamp":"2026-03-02T12:00:01Z","metric":"queue","value":9.5}"#]
    );
    let metrics = server.call(&["metrics"], "");
    assert!(metrics[0].starts_with("cpu          %"), "{metrics:?}");
    assert_eq!(metrics[1], "queue                  2 points");
}

#[test]
fn alerts_tell_of_metrics_beyond_their_thresholds() {
    let server = Server::start(&["--metrics", "cpu"]);
    let alerts = Program::start(&["alerts", "--above", "cpu=0", "--json", "--url", &server.url]);
    let alert = alerts.json();
    assert_eq!((&alert["metric"], &alert["state"]), (&json!("cpu"), &json!("raised")));
    assert_eq!(alerts.interrupt(), (Some(0), String::new()));
}

#[test]
fn a_demo_needs_no_server() {
    let demo = finished(&["demo", "--rate", "200", "--metrics", "memory", "--view", "detailed", "--count", "2"], "");
    assert_eq!(demo.status.code(), Some(0));
    assert_eq!(text(&demo.stdout).lines().count(), 2);
    assert!(text(&demo.stderr).starts_with("serving on http://127.0.0.1:"), "{}", text(&demo.stderr));
}

#[test]
fn what_the_server_refuses_is_told_in_its_own_words() {
    let server = Server::start(&[]);
    server.refuses(&["watch", "--metric", "disk"], "", "error: there is no metric \"disk\": see `analytics metrics`\n");
    server.refuses(
        &["alerts", "--above", "disk=1"],
        "",
        "error: there is no metric \"disk\": see `analytics metrics`\n",
    );
    let errors = "error: line 2: \"timestamp\" is missing from body; invalid value for \"value\", must be a number\n";
    let metric = r#"{"metric": "queue", "value": "7", "metadata": {}}"#;
    server.refuses(&["ingest"], &format!("\n{metric}\n"), errors);
}

#[test]
fn wrong_usage_names_what_there_is() {
    for (arguments, expected) in [
        (&["serve", "--metrics", "disk"][..], "requests, error_rate, latency_p50"),
        (&["serve", "--rate", "0"], "a number above 0, up to 1000"),
        (&["alerts", "--above", "cpu"], "such as cpu=80"),
        (&["watch", "--view", "tiny"], "summary"),
        (&["history", "cpu", "--from", "noon"], "--from <TIME>"),
    ] {
        let output = finished(arguments, "");
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
    }
}

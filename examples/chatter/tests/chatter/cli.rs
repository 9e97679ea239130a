//! Both binaries as a user runs them: what they are typed, what they print, and how they end. Unix only, for its signals.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use mandovi::axum::{Router, routing::get};
use mandovi::prelude::*;
use serde_json::{Value, json};

/// How long a line may take that must come. A test that works never waits that long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program under test; it is killed with the test that started it.
struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
}

impl Program {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            // Whoever drops the receiver also closes the pipe, at the next line.
            let _ = stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line));
        });
        Self { stdin: child.stdin.take(), child, lines }
    }

    fn type_line(&mut self, line: &str) {
        writeln!(self.stdin.as_ref().unwrap(), "{line}").unwrap();
    }

    /// The next line of its output.
    #[track_caller]
    fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line of output")
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
    }

    /// Ends its input, and waits for its end.
    fn end(mut self) -> (Option<i32>, Vec<String>, String) {
        self.stdin = None;
        self.ended()
    }

    /// Waits for its end while its input is open: the exit code, the rest of its output, and its errors.
    fn ended(mut self) -> (Option<i32>, Vec<String>, String) {
        let rest = self.lines.iter().collect();
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.child.wait().unwrap().code(), rest, errors)
    }

    /// Waits until it has an error to tell, while its input is open, and ends it: the rest of its output, and that line.
    fn interrupted(mut self) -> (Vec<String>, String) {
        let mut error = String::new();
        let mut errors = BufReader::new(self.child.stderr.take().unwrap());
        errors.read_line(&mut error).unwrap();
        self.signal("INT");
        let rest = self.lines.iter().collect();
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        (rest, error)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running `chatter`.
pub(crate) struct Server {
    program: Program,
    url: String,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(&["--drain-window", "0"])
    }

    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chatter"));
        let program = Program::start(command.args(["--listen", "127.0.0.1:0"]).args(arguments));
        let url = program.line().strip_prefix("listening on ").unwrap().to_owned();
        Self { program, url }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Asks it to stop, and waits for its end: the exit code.
    pub(crate) fn stop(self) -> Option<i32> {
        self.program.signal("TERM");
        self.program.ended().0
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    fn token(&self) -> String {
        let login = finished(cli(&self.url, &["login", "--user", "goa", "--password", "rocks"]), "");
        assert_eq!((login.status.code(), login.stderr), (Some(0), Vec::new()));
        String::from_utf8(login.stdout).unwrap().trim_end().to_owned()
    }

    /// A `chatter-cli` that calls a method with a token.
    fn call(&self, method: &str) -> Program {
        Program::start(&mut cli(&self.url, &[method, "--token", &self.token()]))
    }

    /// The same, from beginning to end: what it printed.
    fn called(&self, method: &str, input: &str) -> Vec<String> {
        let output = finished(cli(&self.url, &[method, "--token", &self.token()]), input);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
        text(&output.stdout).lines().map(str::to_owned).collect()
    }

    /// A subscriber that has heard the last of what was said.
    fn subscriber(&self) -> Program {
        let subscriber = self.call("subscribe");
        let mut echoer = self.call("echoer");
        // When its handshake is over does not show: something is said again and again, until it is heard.
        for number in 0.. {
            echoer.type_line(&format!("hello {number}"));
            let said = echoer.json();
            let Ok(mut heard) = subscriber.lines.try_recv() else { continue };
            while serde_json::from_str::<Value>(&heard).unwrap()["message"] != said {
                heard = subscriber.line();
            }
            break;
        }
        assert_eq!(echoer.end(), (Some(0), Vec::new(), String::new()));
        subscriber
    }
}

fn cli(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatter-cli"));
    command.args(["--url", url]).args(arguments);
    command
}

fn finished(mut command: Command, input: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that does not read its input is not asked to.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

/// That a command fails with this exit code and these errors, and prints nothing.
#[track_caller]
fn fails(command: Command, input: &str, code: i32, errors: &str) {
    let output = finished(command, input);
    assert_eq!((text(&output.stdout), text(&output.stderr)), ("", errors));
    assert_eq!(output.status.code(), Some(code));
}

#[test]
fn login_prints_the_token_and_nothing_else() {
    let server = Server::start();
    assert_eq!(server.token().split('.').count(), 3);
}

#[test]
fn methods_print_one_value_per_line_with_the_names_of_the_wire() {
    let server = Server::start();
    assert_eq!(server.called("echoer", "say my name\n\n\"stop\"\n"), [r#""say my name""#, r#""""#, r#""\"stop\"""#]);
    assert_eq!(server.called("listener", "no line feed at the end"), [""; 0]);

    let summary = server.called("summary", "testing 1 2 3\r\ncheck \u{e9}\n");
    assert_eq!(summary.len(), 1);
    let mut summary: Value = serde_json::from_str(&summary[0]).unwrap();
    let times: Vec<_> = (0..2).map(|at| summary[at]["sent_at"].take()).collect();
    assert!(times.iter().all(Value::is_string), "{times:?}");
    let expected = json!([
        {"message": "testing 1 2 3", "length": 13, "sent_at": null},
        {"message": "check \u{e9}", "length": 8, "sent_at": null},
    ]);
    assert_eq!(summary, expected);

    let history = server.called("history", "");
    assert_eq!(history.len(), 6);
    assert!(history[0].starts_with(r#"{"message":"say my name","length":11,"sent_at":""#), "{}", history[0]);
    let tiny = finished(cli(&server.url, &["history", "--view", "tiny", "--token", &server.token()]), "");
    assert_eq!(text(&tiny.stdout).lines().next(), Some(r#"{"message":"say my name"}"#));
}

#[test]
fn echoer_prints_echoes_while_somebody_still_types() {
    let server = Server::start();
    let mut echoer = server.call("echoer");
    for line in ["one", "two", "three"] {
        echoer.type_line(line);
        assert_eq!(echoer.json(), line);
    }
    assert_eq!(echoer.end(), (Some(0), Vec::new(), String::new()));
}

#[test]
fn what_the_server_refuses_is_told_in_its_own_words() {
    let server = Server::start();
    let login = cli(&server.url, &["login", "--user", "goa", "--password", "pebbles"]);
    fails(login, "", 1, "error: invalid username and password combination\n");
    for method in ["echoer", "listener", "summary", "subscribe", "history"] {
        fails(cli(&server.url, &[method, "--token", "forged"]), "never read\n", 1, "error: invalid token\n");
    }
}

#[test]
fn what_the_server_closes_is_told_too() {
    let server = Server::start();
    let long = "x".repeat(100_000);
    let output = finished(cli(&server.url, &["listener", "--token", &server.token()]), &long);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""));
    let errors = text(&output.stderr);
    assert!(errors.starts_with("error: stream closed by the peer: 1009 message too big"), "{errors}");
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = finished(cli(&format!("http://{free}"), &["history", "--token", "any"]), "");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""));
    assert!(text(&output.stderr).starts_with("error: cannot connect to the server: "), "{output:?}");
}

#[test]
fn wrong_usage_has_an_exit_code_of_its_own() {
    let url = "http://127.0.0.1:8080";
    for arguments in [&["echoer"][..], &["history", "--token", "any", "--view", "bogus"], &["shout"], &[]] {
        let output = finished(cli(url, arguments), "");
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
    let help = finished(cli(url, &["--help"]), "");
    assert_eq!(help.status.code(), Some(0));
    assert!(text(&help.stdout).contains("Exit codes: 0 done, 1 "), "{help:?}");
}

#[test]
fn input_that_is_no_text_fails() {
    let server = Server::start();
    let mut summary = server.call("summary");
    summary.stdin.as_ref().unwrap().write_all(b"good\n\xff\n").unwrap();
    summary.stdin = None;
    let (code, output, errors) = summary.end();
    assert_eq!((code, output), (Some(1), Vec::new()));
    assert_eq!(errors, "error: stream did not contain valid UTF-8\n");
}

#[test]
fn ctrl_c_ends_a_subscription_quietly() {
    let server = Server::start();
    let subscriber = server.subscriber();
    assert_eq!(server.called("listener", "one\ntwo\n"), [""; 0]);
    for message in ["one", "two"] {
        let mut event = subscriber.json();
        assert!(event["added_at"].take().is_string());
        assert_eq!(event, json!({"message": message, "action": "added", "added_at": null}));
    }
    subscriber.signal("INT");
    assert_eq!(subscriber.ended(), (Some(0), Vec::new(), String::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn ctrl_c_closes_the_stream_of_a_subscription() {
    let (ends, mut ended) = tokio::sync::mpsc::unbounded_channel();
    let handler = move |mut input: Receiver<Message>, output: Sender<Message>| {
        let ends = ends.clone();
        async move {
            output
                .send(Message::text(r#"{"message":"hello","action":"added","added_at":"2026-11-20T19:01:45Z"}"#))
                .await?;
            let _ = ends.send(input.recv().await);
            Ok(())
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = mandovi::serve(listener, Router::new().route("/subscribe", get(mandovi::websocket(handler))));
    tokio::spawn(server.into_future());

    let subscriber = Program::start(&mut cli(&url, &["subscribe", "--token", "any"]));
    assert_eq!(subscriber.json()["message"], "hello");
    subscriber.signal("INT");
    assert_eq!(ended.recv().await.unwrap(), Ok(None), "a proper end, not a broken connection");
    assert_eq!(subscriber.ended(), (Some(0), Vec::new(), String::new()));
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    let server = Server::start();
    let mut subscriber = server.subscriber();
    // Its output is read by nobody from here on: after one line more the pipe is closed.
    subscriber.lines = mpsc::channel().1;
    let mut echoer = server.call("echoer");
    while subscriber.child.try_wait().unwrap().is_none() {
        echoer.type_line("anybody there?");
        echoer.line();
    }
    let (code, _, errors) = subscriber.ended();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
}

#[track_caller]
fn stops_with(signal: &str) {
    let server = Server::start();
    let subscriber = server.subscriber();
    let mut echoer = server.call("echoer");
    echoer.type_line("last words");
    assert_eq!(echoer.json(), "last words");
    server.program.signal(signal);

    let (code, rest, errors) = echoer.ended();
    assert_eq!((code, rest), (Some(1), Vec::new()));
    is_draining(errors.strip_prefix("error: ").unwrap_or_default());
    let events = comes_back(subscriber);
    assert_eq!(events.len(), 1, "{events:?}");
    assert!(events[0].starts_with(r#"{"message":"last words","action":"added","added_at":""#), "{events:?}");

    let (code, lines, _) = server.program.ended();
    assert_eq!(code, Some(0));
    reports(&lines, 2);
}

/// What a client says that is told to come back.
#[track_caller]
fn is_draining(errors: &str) {
    let reason = errors.strip_prefix("stream closed by the peer: 1012 service restart: ").unwrap_or_default();
    let reason: Value = serde_json::from_str(reason).unwrap_or_else(|_| panic!("{errors}"));
    assert_eq!(reason["name"], "draining");
    assert!((1000..=2000).contains(&reason["retry_after_ms"].as_u64().unwrap()), "{errors}");
}

/// A subscriber of a server that stops says what it waits for, and waits until somebody ends it: the rest of its output.
#[track_caller]
fn comes_back(subscriber: Program) -> Vec<String> {
    let (events, told) = subscriber.interrupted();
    let waits =
        told.split_once(" for attempt 2: ").filter(|(waits, _)| waits.starts_with("Chatter.subscribe: waiting "));
    is_draining(waits.unwrap_or_else(|| panic!("{told}")).1);
    events
}

/// What the server says last.
#[track_caller]
fn reports(lines: &[String], closed: usize) {
    let last = lines.last().unwrap();
    let counts = format!(" s: 0 streams finished, {closed} closed with 1012, 0 closed with 1001, 0 cut");
    assert!(last.starts_with("drained in ") && last.ends_with(&counts), "{last}");
}

/// A request on a connection that stays open: the status line of the answer, and its body.
#[track_caller]
fn ask(connection: &mut BufReader<TcpStream>, path: &str) -> (String, String) {
    write!(connection.get_mut(), "GET {path} HTTP/1.1\r\nHost: chatter\r\n\r\n").unwrap();
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line: &String| line != "\r\n") {
        let mut line = String::new();
        assert!(connection.read_line(&mut line).unwrap() > 0, "{lines:?}");
        lines.push(line);
    }
    let length = lines.iter().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.trim_end().parse().unwrap()];
    connection.read_exact(&mut body).unwrap();
    (lines[0].trim_end().to_owned(), String::from_utf8(body).unwrap())
}

#[test]
fn a_load_balancer_sees_that_the_server_stops_before_its_port_is_closed() {
    let server = Server::start_with(&["--drain-window", "0.5", "--readiness-delay", "2"]);
    let subscriber = server.subscriber();
    let connect = || TcpStream::connect(server.address()).map(BufReader::new);
    let mut open = connect().unwrap();
    let well = ("HTTP/1.1 200 OK".to_owned(), "{\"status\":\"ok\"}\n".to_owned());
    for path in ["/healthz", "/readyz"] {
        assert_eq!(ask(&mut open, path), well);
    }
    server.program.signal("TERM");
    while ask(&mut open, "/readyz") == well {}
    let unavailable = ("HTTP/1.1 503 Service Unavailable".to_owned(), "{\"status\":\"unavailable\"}\n".to_owned());
    for connection in [&mut connect().unwrap(), &mut open] {
        assert_eq!(ask(connection, "/readyz"), unavailable);
        assert_eq!(ask(connection, "/healthz"), well);
        assert_eq!(ask(connection, "/openapi.json").0, "HTTP/1.1 200 OK");
    }
    comes_back(subscriber);
    // The signal again changes nothing.
    server.program.signal("TERM");
    let (code, lines, _) = server.program.ended();
    assert_eq!(code, Some(0));
    reports(&lines, 1);
}

#[test]
fn a_certificate_that_cannot_be_used_is_told() {
    let chatter = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chatter"));
        command.args(["--listen", "127.0.0.1:0"]).args(arguments);
        command
    };
    let missing = finished(chatter(&["--tls-cert", "/nowhere/tls.crt", "--tls-key", "/nowhere/tls.key"]), "");
    assert_eq!((missing.status.code(), text(&missing.stdout)), (Some(1), ""));
    assert!(text(&missing.stderr).starts_with("error: cannot read /nowhere/tls.crt: "), "{missing:?}");
    for arguments in [&["--tls-cert", "tls.crt"][..], &["--tls-key", "tls.key"], &["--drain-window", "-1"]] {
        assert_eq!(finished(chatter(arguments), "").status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn ctrl_c_ends_the_server_and_tells_every_stream() {
    stops_with("INT");
}

#[test]
fn sigterm_ends_the_server_and_tells_every_stream() {
    stops_with("TERM");
}

#[test]
fn an_address_that_is_taken_is_told() {
    let server = Server::start();
    let mut second = Command::new(env!("CARGO_BIN_EXE_chatter"));
    second.args(["--listen", server.address()]);
    let errors = format!(
        "error: cannot listen on {}: another program does; stop it, or choose another port with --listen\n",
        server.address()
    );
    fails(second, "", 1, &errors);
}

#[test]
fn the_server_tells_where_it_listens_and_what_to_try() {
    let server = Server::start();
    assert_eq!(server.program.line(), "");
    assert_eq!(server.program.line(), "Try in another terminal:");
    assert!(server.program.line().ends_with(&format!(" --url {}'", server.url)));
    assert!(server.program.line().contains("login --user goa --password rocks"));
}

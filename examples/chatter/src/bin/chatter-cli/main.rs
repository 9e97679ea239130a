//! `chatter-cli`: calls the chat from a shell.

mod console;

use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::process::ExitCode;

use chatter::design::{ChatError, ChatSummaryView, ChatterClient};
use clap::{Args, Parser, Subcommand};
use mandovi::client::CallState;
use mandovi::prelude::*;
use serde::Serialize;

use console::{lines, print_json, print_line};

/// Calls the chat.
#[derive(Debug, Parser)]
#[command(
    name = "chatter-cli",
    after_help = "\
Streams read one message per line from standard input, until Ctrl-D, and write one JSON value per line to standard output. \
What goes wrong is told on standard error.

Exit codes: 0 done, 1 the service refused or failed, 2 wrong usage."
)]
struct Arguments {
    /// Where the chat is served.
    #[arg(long, global = true, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Tells on standard error where each call is.
    #[arg(short, long, global = true)]
    verbose: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prints a token for a user name and a password.
    Login {
        /// The user name.
        #[arg(long)]
        user: String,
        /// The password.
        #[arg(long)]
        password: String,
    },
    /// Says every line, and prints it as it comes back.
    Echoer(Credential),
    /// Says every line.
    Listener(Credential),
    /// Says every line, and prints in the end what was heard.
    Summary(Credential),
    /// Prints what others say from now on, until Ctrl-C. A connection that breaks is made again.
    Subscribe(Credential),
    /// Prints what was said before.
    History {
        #[command(flatten)]
        credential: Credential,
        /// How much to tell of each message: "default" or "tiny".
        #[arg(long)]
        view: Option<ChatSummaryView>,
    },
}

#[derive(Debug, Args)]
struct Credential {
    /// A token from `login`.
    #[arg(long)]
    token: String,
}

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Arguments { url, verbose, command } = Arguments::parse();
    let done = run(&url, verbose, command).await;
    // The halves of the stream are gone. Its connection, a task on this same thread, has its turn to write the close frame.
    tokio::task::yield_now().await;
    match done {
        Err(error) if !is_broken_pipe(&*error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Whoever read our output has had enough of it, which is no error.
fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

async fn run(url: &str, verbose: bool, command: Command) -> Result {
    let chatter = ChatterClient::builder(url).on_event(move |event| {
        // Whoever waits wants to know what for.
        if verbose || matches!(event.state, CallState::Waiting { .. }) {
            eprintln!("{event}");
        }
    });
    match command {
        Command::Login { user, password } => login(chatter.basic(user, password).build()?).await,
        Command::Echoer(Credential { token }) => echoer(chatter.token(token).build()?).await,
        Command::Listener(Credential { token }) => listener(chatter.token(token).build()?).await,
        Command::Summary(Credential { token }) => summary(chatter.token(token).build()?).await,
        Command::Subscribe(Credential { token }) => {
            let stop = mandovi::server::shutdown_signal()?;
            tokio::select! {
                done = subscribe(chatter.token(token).retry(Retry::default()).build()?) => done,
                () = stop => Ok(()),
            }
        }
        Command::History { credential: Credential { token }, view } => {
            history(chatter.token(token).build()?, view).await
        }
    }
}

async fn login(chatter: ChatterClient) -> Result {
    Ok(print_line(chatter.login().await?)?)
}

async fn echoer(chatter: ChatterClient) -> Result {
    let (sender, echoes) = chatter.echoer().await?;
    while_saying(&sender, print_all(echoes)).await
}

async fn listener(chatter: ChatterClient) -> Result {
    let (sender, reply) = chatter.listener().await?;
    while_saying(&sender, async { Ok(reply.await?) }).await
}

async fn summary(chatter: ChatterClient) -> Result {
    let (sender, reply) = chatter.summary().await?;
    let heard = while_saying(&sender, async { Ok(reply.await?) }).await?;
    Ok(print_json(&heard)?)
}

async fn subscribe(chatter: ChatterClient) -> Result {
    print_all(chatter.subscribe().await?).await
}

async fn history(chatter: ChatterClient, view: Option<ChatSummaryView>) -> Result {
    print_all(chatter.history(view).await?).await
}

/// Prints what the server sends, until it ends the stream.
async fn print_all<T: mandovi::value::Item + Serialize>(mut values: Receiver<T, Failure<ChatError>>) -> Result {
    while let Some(value) = values.recv().await? {
        print_json(&value)?;
    }
    Ok(())
}

/// Says what is typed while the server's part of the call goes on. The call is over when that is, even if somebody types on.
async fn while_saying<T>(sender: &Sender<String>, call: impl Future<Output = Result<T>>) -> Result<T> {
    let mut call = pin!(call);
    tokio::select! {
        said = say_lines(sender) => {
            said?;
            call.await
        }
        done = &mut call => done,
    }
}

/// Says every line of standard input, then ends this side's stream.
async fn say_lines(sender: &Sender<String>) -> Result {
    let mut lines = lines();
    while let Some(line) = lines.recv().await {
        if is_over(sender.send(line?).await)? {
            return Ok(());
        }
    }
    is_over(sender.finish())?;
    Ok(())
}

/// Whether the server has ended the stream already: why, the receiving half tells.
fn is_over(sent: Result<(), StreamError>) -> Result<bool, StreamError> {
    match sent {
        Err(StreamError::Closed(_)) => Ok(true),
        sent => sent.map(|()| false),
    }
}

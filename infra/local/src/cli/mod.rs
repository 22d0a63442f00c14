//! The command line. Each command is one file; `up` is the default.

mod args;
mod cost;
mod dead_letters;
mod doctor;
mod edge;
mod http;
mod progress;
mod publish;
mod publish_program;
mod replay;
mod sign_proxy;
mod token;
mod up;
mod webhook;

pub use args::{
    Cli, Command, CostArgs, DeadLettersCommand, DoctorArgs, EdgeArgs, ListArgs, PublishArgs,
    RedriveArgs, ReplayArgs, SignProxyArgs, Target, TokenArgs, UpArgs, WebhookArgs,
};
pub use sign_proxy::signed;

/// Why a command failed, as one line for the terminal.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CliError(pub String);

/// Runs a command.
///
/// # Errors
/// One line with the error and what to do.
pub fn run(cli: Cli) -> Result<(), CliError> {
    match cli.command.unwrap_or(Command::Up(cli.up)) {
        Command::Up(args) => up::run(&args),
        Command::Publish(args) => publish::run(&args),
        Command::Webhook(args) => webhook::run(&args),
        Command::SignProxy(args) => sign_proxy::run(&args),
        Command::Token(args) => token::run(&args),
        Command::DeadLetters(command) => dead_letters::run(&command),
        Command::Replay(args) => replay::run(&args),
        Command::Edge(args) => edge::run(&args),
        Command::Cost(args) => cost::run(&args),
        Command::Doctor(args) => doctor::run(&args),
    }
}

/// One line of `--json`.
fn json_line(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("reports have a JSON form")
}

/// Turns any error into a [`CliError`].
pub(crate) fn cli_error(error: impl std::fmt::Display) -> CliError {
    CliError(error.to_string())
}

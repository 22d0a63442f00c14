//! The command line. Each command is one file; `up` is the default.

mod access_log;
mod args;
mod cost;
mod dead_letters;
mod doctor;
mod edge;
mod http;
mod import;
mod loadtest;
mod loadtest_data;
mod progress;
mod publish;
mod publish_program;
mod publish_shopify;
mod reconcile;
mod replay;
mod sign_proxy;
mod staff;
mod token;
mod up;
mod webhook;
mod withdraw;

pub use args::{
    Cli, Command, CostArgs, DeadLettersCommand, DoctorArgs, EdgeArgs, ImportArgs, ImportKind,
    ListArgs, LoadtestArgs, LoadtestDataArgs, PublishArgs, ReconcileArgs, RedriveArgs, ReplayArgs,
    SignProxyArgs, Target, TokenArgs, UpArgs, WebhookArgs, WithdrawArgs,
};
pub use sign_proxy::signed;

use std::path::Path;

use origin_functions::consumers::Orders;
use origin_functions::runtime::clock::Clock;

use crate::local::LocalShop;
use crate::profile::Profile;

/// Why a command failed, as one line for the terminal.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CliError(pub String);

/// Runs a command.
///
/// # Errors
/// One line with the error and what to do.
pub fn run(cli: Cli) -> Result<(), CliError> {
    let file = cli.profile.as_deref();
    let profile = |url: Option<&str>, secrets: Option<&Path>| {
        Profile::read(file, url, secrets, variable).map_err(cli_error)
    };
    let at = |target: &Target| profile(target.url.as_deref(), None);
    match cli.command.unwrap_or(Command::Up(cli.up)) {
        Command::Up(args) => up::run(&args, &profile(None, None)?),
        Command::Publish(args) => publish::run(&args, &at(&args.target)?),
        Command::Withdraw(args) => withdraw::run(&args, &at(&args.target)?),
        Command::Webhook(args) => webhook::run(&args, &at(&args.target)?),
        Command::SignProxy(args) => sign_proxy::run(&args, &profile(None, None)?),
        Command::Token(args) => token::run(&args, &profile(None, None)?),
        Command::DeadLetters(command) => dead_letters::run(&command, &profile(None, None)?),
        Command::Replay(args) => replay::run(&args, &profile(None, None)?),
        Command::Import(args) => import::run(&args, &at(&args.target)?),
        Command::Reconcile(args) => {
            reconcile::run(&args, &at(&args.target)?, Clock::system().now())
        }
        Command::LoadtestData(args) => loadtest_data::run(&args, &at(&args.target)?),
        Command::Loadtest(args) => {
            let own = profile(None, None)?;
            loadtest::run(&args, file.map(|_| own.url()), |url| profile(Some(url), None))
        }
        Command::Edge(args) => edge::run(&args),
        Command::Cost(args) => cost::run(&args),
        Command::Doctor(args) => {
            let secrets = args.secrets.as_deref();
            doctor::run(&args, &profile(args.target.url.as_deref(), secrets)?)
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The orders that the carts of a profile's shop accept.
fn orders(profile: &Profile) -> Result<Orders, CliError> {
    Ok(LocalShop::of(profile).map_err(cli_error)?.orders())
}

/// One line of `--json`.
fn json_line(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("reports have a JSON form")
}

/// Turns any error into a [`CliError`].
pub(crate) fn cli_error(error: impl std::fmt::Display) -> CliError {
    CliError(error.to_string())
}

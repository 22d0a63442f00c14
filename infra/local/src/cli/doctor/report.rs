//! Runs the checks and prints their results.

use serde::Serialize;

use super::super::args::DoctorArgs;
use super::super::{CliError, json_line};
use super::checks::{CHECKS, Check};
use super::target_client::TargetClient;
use crate::profile::Profile;

/// The outcome of a check that did not fail.
pub(super) enum Outcome {
    /// The check passed; with what it observed.
    Passed(String),
    /// The check was skipped; with the reason.
    Skipped(String),
}

/// Why a check failed, in one line.
pub(super) type CheckError = String;

/// The result of a check as it is printed.
#[derive(Serialize)]
struct CheckResult {
    name: &'static str,
    verdict: &'static str,
    #[serde(rename = "told")]
    message: String,
    #[serde(rename = "mend", skip_serializing_if = "Option::is_none")]
    fix: Option<&'static str>,
}

#[derive(Serialize)]
struct Report<'a> {
    url: &'a str,
    failed: usize,
    skipped: usize,
    checks: Vec<CheckResult>,
}

pub(in super::super) fn run(args: &DoctorArgs, profile: &Profile) -> Result<(), CliError> {
    let target = TargetClient::new(args, profile)?;
    if let Some(unknown) = args.only.iter().find(|name| CHECKS.iter().all(|it| it.name != **name)) {
        let names: Vec<_> = CHECKS.iter().map(|check| check.name).collect();
        return Err(CliError(format!("--only {unknown}: the checks are {}", names.join("; "))));
    }
    let is_selected =
        |check: &&Check| args.only.is_empty() || args.only.iter().any(|name| name == check.name);
    let mut checks = Vec::new();
    let mut is_reachable = true;
    for check in CHECKS.iter().filter(is_selected) {
        let result = if is_reachable { examine(&target, check) } else { unreachable(check) };
        is_reachable &= check.name != CHECKS[0].name || result.verdict != "failed";
        if !args.json {
            print(&result);
        }
        checks.push(result);
    }
    let count = |verdict| checks.iter().filter(|result| result.verdict == verdict).count();
    let (failed, skipped) = (count("failed"), count("skipped"));
    let all = checks.len();
    if args.json {
        println!("{}", json_line(&Report { url: profile.url(), failed, skipped, checks }));
    } else {
        println!("\n{} ok, {failed} failed, {skipped} skipped", all - failed - skipped);
    }
    if failed > 0 {
        return Err(CliError(format!("{failed} of {all} checks failed")));
    }
    Ok(())
}

fn examine(target: &TargetClient, check: &Check) -> CheckResult {
    let name = check.name;
    match (check.run)(target) {
        Ok(Outcome::Passed(message)) => CheckResult { name, verdict: "ok", message, fix: None },
        Ok(Outcome::Skipped(message)) => {
            CheckResult { name, verdict: "skipped", message, fix: None }
        }
        Err(message) => CheckResult { name, verdict: "failed", message, fix: Some(check.fix) },
    }
}

fn unreachable(check: &Check) -> CheckResult {
    let message = "the deployment does not answer".to_owned();
    CheckResult { name: check.name, verdict: "skipped", message, fix: None }
}

fn print(result: &CheckResult) {
    let CheckResult { name, verdict, message, fix } = result;
    println!("{verdict:<8} {name:<28} {message}");
    if let Some(fix) = fix {
        println!("{:<37} fix: {fix}", "");
    }
}

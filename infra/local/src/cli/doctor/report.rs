//! Runs the checks and tells what they found.

use serde::Serialize;

use super::super::args::DoctorArgs;
use super::super::{CliError, json_line};
use super::checks::{CHECKS, Check};
use super::patient::Patient;

/// What a check found.
pub(super) enum Seen {
    /// All is well; what was seen.
    Well(String),
    /// It could not be looked at; why.
    Skipped(String),
}

/// What is wrong, in a line.
pub(super) type Wrong = String;

/// A check's outcome as it is told.
#[derive(Serialize)]
struct Found {
    name: &'static str,
    verdict: &'static str,
    told: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<&'static str>,
}

#[derive(Serialize)]
struct Report<'a> {
    url: &'a str,
    failed: usize,
    skipped: usize,
    checks: Vec<Found>,
}

pub(in super::super) fn run(args: &DoctorArgs) -> Result<(), CliError> {
    let patient = Patient::new(args)?;
    if let Some(unknown) = args.only.iter().find(|name| CHECKS.iter().all(|it| it.name != **name)) {
        let names: Vec<_> = CHECKS.iter().map(|check| check.name).collect();
        return Err(CliError(format!("--only {unknown}: the checks are {}", names.join("; "))));
    }
    let is_asked =
        |check: &&Check| args.only.is_empty() || args.only.iter().any(|name| name == check.name);
    let mut checks = Vec::new();
    let mut is_there = true;
    for check in CHECKS.iter().filter(is_asked) {
        let found = if is_there { examine(&patient, check) } else { unreachable(check) };
        is_there &= check.name != CHECKS[0].name || found.verdict != "failed";
        if !args.json {
            tell(&found);
        }
        checks.push(found);
    }
    let count = |verdict| checks.iter().filter(|found| found.verdict == verdict).count();
    let (failed, skipped) = (count("failed"), count("skipped"));
    let all = checks.len();
    if args.json {
        println!("{}", json_line(&Report { url: &args.target.url, failed, skipped, checks }));
    } else {
        println!("\n{} ok, {failed} failed, {skipped} skipped", all - failed - skipped);
    }
    if failed > 0 {
        return Err(CliError(format!("{failed} of {all} checks failed")));
    }
    Ok(())
}

fn examine(patient: &Patient, check: &Check) -> Found {
    let name = check.name;
    match (check.look)(patient) {
        Ok(Seen::Well(told)) => Found { name, verdict: "ok", told, mend: None },
        Ok(Seen::Skipped(told)) => Found { name, verdict: "skipped", told, mend: None },
        Err(told) => Found { name, verdict: "failed", told, mend: Some(check.mend) },
    }
}

fn unreachable(check: &Check) -> Found {
    let told = "nothing answers".to_owned();
    Found { name: check.name, verdict: "skipped", told, mend: None }
}

fn tell(found: &Found) {
    let Found { name, verdict, told, mend } = found;
    println!("{verdict:<8} {name:<28} {told}");
    if let Some(mend) = mend {
        println!("{:<37} mend: {mend}", "");
    }
}

//! `infra-simulation --operations N --seed S`: the long run.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use infra_simulation::{Bug, Campaign, Occasion, Progress, Scenario, play};

/// Plays worlds with their seeds until so many operations are done or something goes wrong.
#[derive(Debug, Parser)]
struct Arguments {
    /// Reads and commands to do.
    #[arg(long, default_value_t = 1_000_000)]
    operations: u64,
    /// The seed of the first world.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Something to build wrongly.
    #[arg(long)]
    bug: Option<Bug>,
    /// Tell the one world of this seed, step by step.
    #[arg(long)]
    trace: bool,
    /// Build each thing wrongly that can be, and tell after how much it is found.
    #[arg(long)]
    bugs: bool,
}

/// After how many operations everything that is counted must have happened.
const ENOUGH: u64 = 100_000;
/// How many worlds pass between two lines of progress.
const WORLDS_PER_LINE: u64 = 20_000;

fn main() -> ExitCode {
    let Arguments { operations, seed, bug, trace, bugs } = Arguments::parse();
    if trace {
        told(seed, bug)
    } else if bugs {
        table(seed, operations)
    } else {
        search(&Campaign { seed, bug }, operations)
    }
}

#[expect(clippy::disallowed_methods, reason = "the speed of a run is told by the wall clock")]
fn search(campaign: &Campaign, operations: u64) -> ExitCode {
    let began = Instant::now();
    let progress = campaign.run(|progress| {
        if progress.worlds % WORLDS_PER_LINE == 0 && progress.worlds > 0 {
            println!("{} worlds, {} operations", progress.worlds, progress.operations());
        }
        progress.operations() >= operations
    });
    report(campaign.seed, &progress, began.elapsed().as_millis())
}

fn report(seed: u64, progress: &Progress, took_ms: u128) -> ExitCode {
    let (worlds, done) = (progress.worlds, progress.operations());
    let per_second = u128::from(done) * 1_000 / took_ms.max(1);
    print!("{}", progress.counts);
    println!("seeds {seed}..{}, history {:016x}", seed + worlds, progress.history);
    println!("{done} operations in {worlds} worlds, {took_ms} ms, {per_second} operations/s");
    if let Some(found) = &progress.found {
        println!("{found}");
        return ExitCode::FAILURE;
    }
    println!("no violation");
    let has_missed = |occasion: &Occasion| progress.counts.of(*occasion) == 0;
    let missed: Vec<Occasion> = Occasion::ALL.into_iter().filter(has_missed).collect();
    if done >= ENOUGH && !missed.is_empty() {
        println!("but {missed:?} never happened");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn told(seed: u64, bug: Option<Bug>) -> ExitCode {
    let outcome = play(Scenario { seed, bug, is_traced: true });
    for line in &outcome.trace {
        println!("{line}");
    }
    match outcome.violation {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    }
}

fn table(seed: u64, operations: u64) -> ExitCode {
    let mut is_every_one_found = true;
    for bug in Bug::ALL {
        let progress =
            Campaign { seed, bug: Some(bug) }.run(|progress| progress.operations() >= operations);
        let (worlds, done) = (progress.worlds, progress.operations());
        match &progress.found {
            Some(found) => {
                println!("| {bug:?} | {:?} | {worlds} | {done} |", found.violation.law);
            }
            None => println!("| {bug:?} | not found | {worlds} | {done} |"),
        }
        is_every_one_found &= progress.found.is_some();
    }
    if is_every_one_found { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

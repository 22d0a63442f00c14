//! `infra-simulation --operations N --seed S`: the long run.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use infra_simulation::{Bug, Campaign, Law, Occasion, Part, Progress, Scenario, play};

/// Plays worlds with their seeds until so many operations are done or something goes wrong.
#[derive(Debug, Parser)]
struct Arguments {
    /// The kind of worlds, `Carts` or `Ledger`; half of the operations in each unless given.
    #[arg(long)]
    part: Option<Part>,
    /// What is to be done: reads, commands, things that Shopify tells.
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
    /// Build each thing wrongly that can be, from ten starting seeds each, and print a table of how
    /// much it takes to find it.
    #[arg(long)]
    bugs: bool,
}

/// After how many operations of a kind everything that is counted must have happened. The rarest, a
/// hold overdue just when a command needs its points, did not in 100,000.
const ENOUGH: u64 = 1_000_000;
/// From how many seeds the search for each bug starts, and how far they are apart.
const STARTS: usize = 10;
const STARTS_APART: usize = 10_000_000;
/// How many worlds pass between two lines of progress.
const WORLDS_PER_LINE: u64 = 20_000;

fn main() -> ExitCode {
    let Arguments { part, operations, seed, bug, trace, bugs } = Arguments::parse();
    let part = part.or(bug.map(Bug::part));
    if trace {
        return told(Scenario { part: part.unwrap_or(Part::Carts), seed, bug, is_traced: true });
    }
    if bugs {
        return table(seed, operations);
    }
    let parts = part.map_or(Part::ALL.to_vec(), |part| vec![part]);
    let each = operations.div_ceil(parts.len() as u64);
    let is_well = |part: &Part| search(&Campaign { part: *part, seed, bug }, each);
    // All of them, also if the first has found something.
    let verdicts: Vec<bool> = parts.iter().map(is_well).collect();
    exit(verdicts.into_iter().all(|is_well| is_well))
}

fn exit(is_well: bool) -> ExitCode {
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::disallowed_methods, reason = "the speed of a run is told by the wall clock")]
fn search(campaign: &Campaign, operations: u64) -> bool {
    let began = Instant::now();
    let progress = campaign.run(|progress| {
        if progress.worlds % WORLDS_PER_LINE == 0 && progress.worlds > 0 {
            println!("{} worlds, {} operations", progress.worlds, progress.operations());
        }
        progress.operations() >= operations
    });
    report(campaign, &progress, began.elapsed().as_millis())
}

fn report(campaign: &Campaign, progress: &Progress, took_ms: u128) -> bool {
    let Campaign { part, seed, .. } = *campaign;
    let (worlds, done) = (progress.worlds, progress.operations());
    let per_second = u128::from(done) * 1_000 / took_ms.max(1);
    let of_part = || Occasion::ALL.into_iter().filter(|occasion| occasion.is_of(part));
    for occasion in of_part() {
        println!("{:>14}  {occasion:?}", progress.counts.of(occasion));
    }
    println!("{part:?}: seeds {seed}..{}, history {:016x}", seed + worlds, progress.history);
    println!("{done} operations in {worlds} worlds, {took_ms} ms, {per_second} operations/s");
    if let Some(found) = &progress.found {
        println!("{found}");
        return false;
    }
    println!("no violation");
    let has_missed = |occasion: &Occasion| progress.counts.of(*occasion) == 0;
    let missed: Vec<Occasion> = of_part().filter(has_missed).collect();
    if done >= ENOUGH && !missed.is_empty() {
        println!("but {missed:?} never happened");
        return false;
    }
    true
}

fn told(scenario: Scenario) -> ExitCode {
    let outcome = play(scenario);
    for line in &outcome.trace {
        println!("{line}");
    }
    exit(outcome.violation.is_none())
}

/// What a search for one bug came to from all starting seeds.
struct Detection {
    /// Worlds and operations until it was found, for each start from which it was.
    found: Vec<(u64, u64)>,
    laws: Vec<Law>,
}

fn table(seed: u64, operations: u64) -> ExitCode {
    println!("| mutant | breaks | found from | worlds, median | operations, median |");
    println!("|---|---|---|---|---|");
    let mut is_every_one_found = true;
    for bug in Bug::ALL {
        let Detection { found, laws } = Detection::of(bug, seed, operations);
        let count = found.len();
        // Those not found count as later than all that are.
        let median = |of: fn(&(u64, u64)) -> u64| {
            let mut sorted: Vec<u64> = found.iter().map(of).collect();
            sorted.sort_unstable();
            sorted.get(STARTS / 2).map_or("–".to_owned(), u64::to_string)
        };
        let (worlds, done) = (median(|one| one.0), median(|one| one.1));
        println!("| {bug:?} | {laws:?} | {count} of {STARTS} | {worlds} | {done} |");
        is_every_one_found &= count > STARTS / 2;
    }
    exit(is_every_one_found)
}

// === impl Detection ===

impl Detection {
    fn of(bug: Bug, seed: u64, operations: u64) -> Self {
        let mut detection = Self { found: Vec::new(), laws: Vec::new() };
        for start in (seed..).step_by(STARTS_APART).take(STARTS) {
            let campaign = Campaign { part: bug.part(), seed: start, bug: Some(bug) };
            let progress = campaign.run(|progress| progress.operations() >= operations);
            if let Some(found) = &progress.found {
                detection.found.push((progress.worlds, progress.operations()));
                detection.laws.push(found.violation.law);
            }
        }
        detection.laws.sort_unstable();
        detection.laws.dedup();
        detection
    }
}

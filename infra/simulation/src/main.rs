//! The command line of the simulation: `infra-simulation --operations N --seed S`.

use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use clap::Parser;
use infra_simulation::{
    Campaign, Coverage, Invariant, Mutant, Part, PoolWorld, Progress, REDEMPTIONS_PER_WORLD,
    Scenario, ScriptProcess, StepCounts, play_pools, play_with,
};

/// Plays worlds, one seed each, until so many operations are done or a violation is found.
#[derive(Debug, Parser)]
struct Arguments {
    /// The kind of worlds, `Carts` or `Ledger`; by default each kind gets half of the operations.
    #[arg(long)]
    part: Option<Part>,
    /// The number of operations: reads, commands, reports by Shopify.
    #[arg(long, default_value_t = 1_000_000)]
    operations: u64,
    /// The seed of the first world.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The mutant to run.
    #[arg(long = "bug", value_name = "BUG")]
    mutant: Option<Mutant>,
    /// The program that plays the devices, instead of the reference.
    #[arg(long)]
    device: Option<String>,
    /// Print every step of the world with this seed.
    #[arg(long)]
    trace: bool,
    /// Run every mutant from ten starting seeds and print a table of the effort until each is
    /// found.
    #[arg(long = "bugs")]
    all_mutants: bool,
    /// Play worlds of reward codes with so many redemptions in all, and print how often processes were
    /// killed at each step.
    #[arg(long, value_name = "REDEMPTIONS")]
    pools: Option<u64>,
}

/// After so many operations of a kind every situation must have occurred, but one: it needs a restored
/// table and two requests of the same bookmarks, of before and after it, at one edge.
const FULL_COVERAGE_OPERATIONS: u64 = 1_000_000;
const RAREST: Coverage = Coverage::ExcusedBySharedAnswer;
/// The number of starting seeds for each mutant, and their distance.
const STARTS: usize = 10;
const STARTS_APART: usize = 10_000_000;
/// Mutants of the client that take a search of millions of operations. The table shows them, and the
/// tests of the bookmark jar find them at once.
const RARE: [Mutant; 2] = [Mutant::RetryForgetsGuest, Mutant::NewerBookmarksDropped];
/// How many worlds pass between two lines of progress.
const WORLDS_PER_LINE: u64 = 20_000;

fn main() -> ExitCode {
    let Arguments { part, operations, seed, mutant, device, trace, all_mutants, pools } =
        Arguments::parse();
    if let Some(redemptions) = pools {
        return print_pools(seed, redemptions);
    }
    let script = match device.as_deref().map(ScriptProcess::start).transpose() {
        Ok(script) => script.map(Rc::new),
        Err(error) => {
            eprintln!("{device:?} can't be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let part = part.or(mutant.map(Mutant::part));
    if trace {
        let part = part.unwrap_or(Part::Carts);
        let scenario = Scenario { part, seed, mutant, is_traced: true };
        return print_trace(scenario, script.as_ref());
    }
    if all_mutants {
        return print_table(seed, operations);
    }
    let parts = part.map_or(Part::ALL.to_vec(), |part| vec![part]);
    let each = operations.div_ceil(parts.len() as u64);
    let is_ok =
        |part: &Part| search(&Campaign { part: *part, seed, mutant }, script.as_ref(), each);
    // Both kinds run, also if the first one has a violation.
    let verdicts: Vec<bool> = parts.iter().map(is_ok).collect();
    exit(verdicts.into_iter().all(|is_ok| is_ok))
}

fn exit(is_ok: bool) -> ExitCode {
    if is_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::disallowed_methods, reason = "the speed of a run is measured by the wall clock")]
fn search(campaign: &Campaign, script: Option<&Rc<ScriptProcess>>, operations: u64) -> bool {
    let began = Instant::now();
    let progress = campaign.run_with(script, |progress| {
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
    let of_part = || Coverage::ALL.into_iter().filter(|coverage| coverage.is_of(part));
    for coverage in of_part() {
        println!("{:>14}  {coverage:?}", progress.counts.of(coverage));
    }
    println!("{part:?}: seeds {seed}..{}, history {:016x}", seed + worlds, progress.history);
    let [reads, hits, joined] = [Coverage::Read, Coverage::EdgeHit, Coverage::Collapsed]
        .map(|coverage| progress.counts.of(coverage));
    let percent = (hits + joined) * 100 / reads.max(1);
    println!("the edge answered {hits} of {reads} reads, and {joined} together: {percent} %");
    println!("{done} operations in {worlds} worlds, {took_ms} ms, {per_second} operations/s");
    if let Some(finding) = &progress.finding {
        println!("{finding}");
        return false;
    }
    println!("no violation");
    let has_missed =
        |coverage: &Coverage| *coverage != RAREST && progress.counts.of(*coverage) == 0;
    let missed: Vec<Coverage> = of_part().filter(has_missed).collect();
    if done >= FULL_COVERAGE_OPERATIONS && !missed.is_empty() {
        println!("but {missed:?} did not occur");
        return false;
    }
    true
}

fn print_trace(scenario: Scenario, script: Option<&Rc<ScriptProcess>>) -> ExitCode {
    let outcome = play_with(scenario, script);
    for line in &outcome.trace {
        println!("{line}");
    }
    exit(outcome.violation.is_none())
}

fn print_pools(first: u64, redemptions: u64) -> ExitCode {
    let worlds = redemptions.div_ceil(REDEMPTIONS_PER_WORLD);
    let mut kills = StepCounts::new();
    for seed in first..first + worlds {
        let (counts, violation) = play_pools(PoolWorld { seed, mutant: None });
        if let Some(violation) = violation {
            println!("seed {seed}: {violation}");
            return ExitCode::FAILURE;
        }
        for (step, count) in counts {
            *kills.entry(step).or_default() += count;
        }
    }
    for ((step, place), count) in &kills {
        println!("{count:>14}  killed {place} \"{step}\"");
    }
    println!("{} redemptions in {worlds} worlds from seed {first}", worlds * REDEMPTIONS_PER_WORLD);
    println!("no violation");
    ExitCode::SUCCESS
}

/// The result of the search for one mutant from all starting seeds.
struct Detection {
    /// Worlds and operations until the violation, for each start that found one.
    findings: Vec<(u64, u64)>,
    invariants: Vec<Invariant>,
}

fn print_table(seed: u64, operations: u64) -> ExitCode {
    println!("| mutant | breaks | found from | worlds, median | operations, median |");
    println!("|---|---|---|---|---|");
    let mut are_all_found = true;
    for mutant in Mutant::ALL {
        let Detection { findings, invariants } = Detection::of(mutant, seed, operations);
        let count = findings.len();
        // A start without a finding counts as later than all others.
        let median = |of: fn(&(u64, u64)) -> u64| {
            let mut sorted: Vec<u64> = findings.iter().map(of).collect();
            sorted.sort_unstable();
            sorted.get(STARTS / 2).map_or("–".to_owned(), u64::to_string)
        };
        let (worlds, done) = (median(|one| one.0), median(|one| one.1));
        println!("| {mutant:?} | {invariants:?} | {count} of {STARTS} | {worlds} | {done} |");
        are_all_found &= count > STARTS / 2 || RARE.contains(&mutant);
    }
    exit(are_all_found)
}

// === impl Detection ===

impl Detection {
    fn of(mutant: Mutant, seed: u64, operations: u64) -> Self {
        let mut detection = Self { findings: Vec::new(), invariants: Vec::new() };
        for start in (seed..).step_by(STARTS_APART).take(STARTS) {
            let campaign = Campaign { part: mutant.part(), seed: start, mutant: Some(mutant) };
            let progress = campaign.run(|progress| progress.operations() >= operations);
            if let Some(finding) = &progress.finding {
                detection.findings.push((progress.worlds, progress.operations()));
                detection.invariants.push(finding.violation.invariant);
            }
        }
        detection.invariants.sort_unstable();
        detection.invariants.dedup();
        detection
    }
}

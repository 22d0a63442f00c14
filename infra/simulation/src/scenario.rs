//! A scenario is played from its seed to its outcome.

use std::rc::Rc;
use std::sync::Arc;

use crate::engine::{
    Counts, Executor, FaultInjector, FaultProfile, Mutant, Part, Rng, RunLog, Timeline, Violation,
};
use crate::world::{Base, KeyRotation, NoMutant, START_MS, ScriptProcess, SharedHooks};
use crate::{carts, ledger, mutants};

/// The world to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scenario {
    /// The kind of world.
    pub part: Part,
    /// The seed of all random choices.
    pub seed: u64,
    /// The mutant to run.
    pub mutant: Option<Mutant>,
    /// Whether to record a trace.
    pub is_traced: bool,
}

/// The result of a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The first violation.
    pub violation: Option<Violation>,
    /// A hash of everything that happened: equal seeds have equal histories.
    pub history: u64,
    /// The coverage counts.
    pub counts: Counts,
    /// One line for each step, if a trace was requested.
    pub trace: Vec<String>,
}

/// Plays one world to its end.
#[must_use]
pub fn play(scenario: Scenario) -> Outcome {
    play_with(scenario, None)
}

/// Plays one world to its end, with the devices of a program, or else with the reference.
#[must_use]
pub fn play_with(scenario: Scenario, script: Option<&Rc<ScriptProcess>>) -> Outcome {
    let Scenario { part, seed, mutant, is_traced } = scenario;
    // The shop's code sets timers of tokio. Nothing drives them, so that none ever fires: a world
    // has its own time, and its own time-outs around the shop.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime without threads");
    let _context = runtime.enter();
    let rng = Rng::of(seed);
    let timeline = Timeline::starting_at(START_MS, rng.clone());
    let executor = Executor::new(timeline.clone(), rng.clone());
    let faults = FaultInjector::new(FaultProfile::random(&rng), rng.clone(), timeline.clone());
    let run_log = RunLog::new(timeline, is_traced);
    let hooks: SharedHooks = match mutant {
        Some(mutant) => mutants::hooks(mutant),
        None => Arc::new(NoMutant),
    };
    let keys = KeyRotation::random(&rng, START_MS);
    let base = Base {
        executor,
        faults,
        run_log: run_log.clone(),
        keys,
        hooks,
        mutant,
        script: script.cloned(),
    };
    match part {
        Part::Carts => carts::play(base),
        Part::Ledger => ledger::play(base),
    }
    let (violation, history, counts, trace) = run_log.finish();
    Outcome { violation, history, counts, trace }
}

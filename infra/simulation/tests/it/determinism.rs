//! A seed determines its history.

use infra_simulation::{Campaign, Mutant, Outcome, Part, Scenario, play};

/// Worlds of both kinds.
fn worlds() -> impl Iterator<Item = (Part, u64)> {
    Part::ALL.into_iter().flat_map(|part| (1..=3).map(move |seed| (part, seed)))
}

fn outcome((part, seed): (Part, u64), mutant: Option<Mutant>, is_traced: bool) -> Outcome {
    play(Scenario { part, seed, mutant, is_traced })
}

#[test]
fn the_same_seed_gives_the_same_history_step_by_step() {
    for world in worlds() {
        let (first, again) = (outcome(world, None, true), outcome(world, None, true));
        assert!(first.trace.len() > 20, "{world:?}: {} lines", first.trace.len());
        assert_eq!(first.trace, again.trace, "{world:?}");
        assert_eq!(first, again, "{world:?}");
    }
}

#[test]
fn recording_a_trace_does_not_change_the_history() {
    for world in worlds() {
        let (traced, silent) = (outcome(world, None, true), outcome(world, None, false));
        assert_eq!((traced.history, traced.counts), (silent.history, silent.counts), "{world:?}");
    }
}

#[test]
fn different_seeds_give_different_histories() {
    let histories: Vec<u64> = worlds().map(|world| outcome(world, None, false).history).collect();
    let mut distinct = histories.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), histories.len());
}

#[test]
fn a_violation_is_reproduced_by_its_seed() {
    let part = Part::Carts;
    let campaign = Campaign { part, seed: 1, mutant: Some(Mutant::AcknowledgedUnpublished) };
    let finding = campaign.run(|progress| progress.worlds == 100).finding.unwrap();
    let again = outcome((part, finding.seed), campaign.mutant, true);
    assert_eq!(again.violation, Some(finding.violation));
}

//! A seed is a history.

use infra_simulation::{Bug, Campaign, Outcome, Part, Scenario, play};

/// Worlds of both kinds.
fn worlds() -> impl Iterator<Item = (Part, u64)> {
    Part::ALL.into_iter().flat_map(|part| (1..=3).map(move |seed| (part, seed)))
}

fn outcome((part, seed): (Part, u64), bug: Option<Bug>, is_traced: bool) -> Outcome {
    play(Scenario { part, seed, bug, is_traced })
}

#[test]
fn the_same_seed_is_the_same_history_step_by_step() {
    for world in worlds() {
        let (first, again) = (outcome(world, None, true), outcome(world, None, true));
        assert!(first.trace.len() > 20, "{world:?}: {} lines", first.trace.len());
        assert_eq!(first.trace, again.trace, "{world:?}");
        assert_eq!(first, again, "{world:?}");
    }
}

#[test]
fn telling_a_history_does_not_change_it() {
    for world in worlds() {
        let (told, silent) = (outcome(world, None, true), outcome(world, None, false));
        assert_eq!((told.history, told.counts), (silent.history, silent.counts), "{world:?}");
    }
}

#[test]
fn other_seeds_are_other_histories() {
    let histories: Vec<u64> = worlds().map(|world| outcome(world, None, false).history).collect();
    let mut distinct = histories.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), histories.len());
}

#[test]
fn a_violation_is_found_again_where_it_was_found() {
    let part = Part::Carts;
    let campaign = Campaign { part, seed: 1, bug: Some(Bug::AcknowledgedUnpublished) };
    let found = campaign.run(|progress| progress.worlds == 100).found.unwrap();
    let again = outcome((part, found.seed), campaign.bug, true);
    assert_eq!(again.violation, Some(found.violation));
}

//! A seed is a history.

use infra_simulation::{Bug, Campaign, Outcome, Scenario, play};

fn outcome(seed: u64, bug: Option<Bug>, is_traced: bool) -> Outcome {
    play(Scenario { seed, bug, is_traced })
}

#[test]
fn the_same_seed_is_the_same_history_step_by_step() {
    for seed in 1..=12 {
        let (first, again) = (outcome(seed, None, true), outcome(seed, None, true));
        assert!(first.trace.len() > 20, "seed {seed}: {} lines", first.trace.len());
        assert_eq!(first.trace, again.trace, "seed {seed}");
        assert_eq!(first, again, "seed {seed}");
    }
}

#[test]
fn telling_a_history_does_not_change_it() {
    for seed in 1..=12 {
        let (told, silent) = (outcome(seed, None, true), outcome(seed, None, false));
        assert_eq!((told.history, told.counts), (silent.history, silent.counts), "seed {seed}");
    }
}

#[test]
fn other_seeds_are_other_histories() {
    let histories: Vec<u64> = (1..=12).map(|seed| outcome(seed, None, false).history).collect();
    let mut distinct = histories.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), histories.len());
}

#[test]
fn a_violation_is_found_again_where_it_was_found() {
    let campaign = Campaign { seed: 1, bug: Some(Bug::AcknowledgedUnpublished) };
    let found = campaign.run(|progress| progress.worlds == 100).found.unwrap();
    let again = outcome(found.seed, campaign.bug, true);
    assert_eq!(again.violation, Some(found.violation));
}

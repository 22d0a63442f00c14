//! The oracle finds the mutants: otherwise a run without a violation would prove nothing.

use infra_simulation::{Campaign, Mutant};

/// The maximum number of worlds per mutant.
const WORLDS_MAX: u64 = 60;
/// Mutants that take longer. CI looks for them, except for the two that take
/// millions of operations, `NewerBookmarksDropped` and `RetryForgetsGuest`: the tests of the bookmark
/// jar find those.
const RARE: [Mutant; 6] = [
    Mutant::NewerBookmarksDropped,
    Mutant::NewestFactIgnored,
    Mutant::RetryForgetsGuest,
    Mutant::ResetKept,
    Mutant::RetryOfAnyAge,
    Mutant::TooLateIsDone,
];

/// Every second mutant that was not found.
fn not_found(first: usize) -> Vec<Mutant> {
    let is_not_found = |mutant: &Mutant| {
        let campaign = Campaign { part: mutant.part(), seed: 1, mutant: Some(*mutant) };
        campaign.run(|progress| progress.worlds == WORLDS_MAX).finding.is_none()
    };
    let often = Mutant::ALL.into_iter().filter(|mutant| !RARE.contains(mutant));
    often.skip(first).step_by(2).filter(is_not_found).collect()
}

#[test]
fn every_second_mutant_is_found() {
    assert_eq!(not_found(0), []);
}

#[test]
fn the_other_mutants_are_found() {
    assert_eq!(not_found(1), []);
}

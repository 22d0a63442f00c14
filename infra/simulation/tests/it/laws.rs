//! What must always hold, over fixed seeds. The release binary plays many more in CI.

use infra_simulation::{Campaign, Occasion, Progress};

/// Reads and commands of one half of the run that every change has to pass.
const OPERATIONS: u64 = 8_000;
/// What happens so seldom that only the longer run has to meet it.
const SELDOM: [Occasion; 5] = [
    Occasion::KeyConflict,
    Occasion::OverFour,
    Occasion::Restored,
    Occasion::TooLate,
    Occasion::TooOld,
];

fn play(seed: u64) -> Progress {
    let progress = Campaign { seed, bug: None }.run(|progress| progress.operations() >= OPERATIONS);
    if let Some(found) = &progress.found {
        panic!("{found}");
    }
    for occasion in Occasion::ALL.iter().filter(|occasion| !SELDOM.contains(occasion)) {
        assert!(progress.counts.of(*occasion) > 0, "{occasion:?} never happened");
    }
    progress
}

#[test]
fn no_shopper_notices_anything() {
    assert!(play(1).operations() >= OPERATIONS);
}

#[test]
fn no_other_shopper_notices_anything_either() {
    assert!(play(1_000_000).operations() >= OPERATIONS);
}

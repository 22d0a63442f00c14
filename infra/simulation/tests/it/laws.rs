//! What must always hold, over fixed seeds. The release binary plays many more in CI.

use infra_simulation::{Campaign, Occasion, Part, Progress};

/// Operations of one of the four runs that every change has to pass.
const OPERATIONS: u64 = 1_000;
/// What happens so seldom that only the longer run has to meet it.
const SELDOM: [Occasion; 22] = [
    Occasion::LargeWorld,
    Occasion::ExcusedByLoss,
    Occasion::ExcusedByDeadLetter,
    Occasion::ExcusedByReset,
    Occasion::ExcusedByOldMerge,
    Occasion::ExcusedByLostMerge,
    Occasion::FactAhead,
    Occasion::Gone,
    Occasion::KeyConflict,
    Occasion::KeyExpired,
    Occasion::OverFour,
    Occasion::Dropped,
    Occasion::Restored,
    Occasion::TooLate,
    Occasion::TooOld,
    Occasion::Released,
    Occasion::Overdue,
    Occasion::DayBefore,
    Occasion::Ended,
    Occasion::Reset,
    Occasion::Rejected,
    Occasion::TimedOut,
];

fn play(part: Part, seed: u64) -> Progress {
    let campaign = Campaign { part, seed, bug: None };
    let progress = campaign.run(|progress| progress.operations() >= OPERATIONS);
    if let Some(found) = &progress.found {
        panic!("{found}");
    }
    let of_part = |occasion: &Occasion| occasion.is_of(part) && !SELDOM.contains(occasion);
    for occasion in Occasion::ALL.into_iter().filter(of_part) {
        assert!(progress.counts.of(occasion) > 0, "{occasion:?} never happened");
    }
    progress
}

#[test]
fn no_shopper_notices_anything() {
    assert!(play(Part::Carts, 1).operations() >= OPERATIONS);
}

#[test]
fn no_other_shopper_notices_anything_either() {
    assert!(play(Part::Carts, 1_000_000).operations() >= OPERATIONS);
}

#[test]
fn every_point_of_every_customer_has_its_cause() {
    assert!(play(Part::Ledger, 1).operations() >= OPERATIONS);
}

#[test]
fn every_point_of_other_customers_has_its_cause_too() {
    assert!(play(Part::Ledger, 1_000_000).operations() >= OPERATIONS);
}

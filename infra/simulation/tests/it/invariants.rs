//! The invariants hold for fixed seeds. CI plays many more.

use infra_simulation::{Campaign, Coverage, Part, Progress};

/// The operations of each of the four runs.
const OPERATIONS: u64 = 1_000;
/// Situations so rare that only the longer run must reach them.
const RARE: [Coverage; 29] = [
    Coverage::LargeWorld,
    Coverage::Collapsed,
    Coverage::Debt,
    Coverage::GuestAbandoned,
    Coverage::Erased,
    Coverage::ExcusedByErasure,
    Coverage::UncheckedByErasure,
    Coverage::ExcusedByLoss,
    Coverage::ExcusedByDeadLetter,
    Coverage::ExcusedByReset,
    Coverage::ExcusedByOldMerge,
    Coverage::ExcusedByLostMerge,
    Coverage::ExcusedBySharedAnswer,
    Coverage::FactAhead,
    Coverage::Gone,
    Coverage::KeyConflict,
    Coverage::KeyExpired,
    Coverage::OverFour,
    Coverage::Dropped,
    Coverage::Restored,
    Coverage::TooLate,
    Coverage::TooOld,
    Coverage::Released,
    Coverage::Overdue,
    Coverage::DayBefore,
    Coverage::Ended,
    Coverage::Reset,
    Coverage::Rejected,
    Coverage::TimedOut,
];

fn play(part: Part, seed: u64) -> Progress {
    let campaign = Campaign { part, seed, mutant: None };
    let progress = campaign.run(|progress| progress.operations() >= OPERATIONS);
    if let Some(finding) = &progress.finding {
        panic!("{finding}");
    }
    let of_part = |coverage: &Coverage| coverage.is_of(part) && !RARE.contains(coverage);
    for coverage in Coverage::ALL.into_iter().filter(of_part) {
        assert!(progress.counts.of(coverage) > 0, "{coverage:?} did not occur");
    }
    progress
}

#[test]
fn the_invariants_hold_for_carts() {
    assert!(play(Part::Carts, 6).operations() >= OPERATIONS);
}

#[test]
fn the_invariants_hold_for_carts_from_another_seed() {
    assert!(play(Part::Carts, 1_000_000).operations() >= OPERATIONS);
}

#[test]
fn the_invariants_hold_for_the_ledger() {
    assert!(play(Part::Ledger, 1).operations() >= OPERATIONS);
}

#[test]
fn the_invariants_hold_for_the_ledger_from_another_seed() {
    assert!(play(Part::Ledger, 1_000_000).operations() >= OPERATIONS);
}

#[test]
fn a_seed_gives_the_same_history_every_time() {
    // Large worlds, whose edges evict objects.
    for (part, seed) in [(Part::Carts, 22), (Part::Ledger, 16)] {
        let [first, second] = [(), ()].map(|()| {
            let campaign = Campaign { part, seed, mutant: None };
            campaign.run(|progress| progress.worlds == 1)
        });
        assert_eq!(first, second);
        assert_eq!(first.counts.of(Coverage::LargeWorld), 1);
    }
}

//! Reward codes under kills at every step: what is shown works once, and no point is lost.

use infra_simulation::{PoolMutant, PoolWorld, StepCounts, play_pools};

/// The worlds of this test, 600 redemptions each. More: `cargo run -p infra-simulation -- --pools N`.
const WORLDS: u64 = 6;
/// The maximum number of worlds per mutant.
const WORLDS_OF_MUTANT_MAX: u64 = 12;

#[test]
fn every_code_that_is_shown_is_accepted_once_whatever_is_killed() {
    let mut kills = StepCounts::new();
    for seed in 1..=WORLDS {
        let (counts, violation) = play_pools(PoolWorld { seed, mutant: None });
        assert_eq!(violation, None, "seed {seed}");
        for (step, count) in counts {
            *kills.entry(step).or_default() += count;
        }
    }
    for step in ["settle and claim a slot", "make slots ready", "publish", "look a code up"] {
        let count: u64 = ["before", "after"]
            .map(|place| kills.get(&(step, place)).copied().unwrap_or(0))
            .iter()
            .sum();
        assert!(count > 0, "{step}: {kills:?}");
    }
}

#[test]
fn equal_seeds_have_equal_histories() {
    let world = PoolWorld { seed: 7, mutant: None };
    assert_eq!(play_pools(world), play_pools(world));
}

#[test]
fn every_mutant_is_found() {
    let is_not_found = |mutant: &PoolMutant| {
        let mut worlds = (1..=WORLDS_OF_MUTANT_MAX)
            .map(|seed| play_pools(PoolWorld { seed, mutant: Some(*mutant) }));
        worlds.all(|(_, violation)| violation.is_none())
    };
    let not_found: Vec<PoolMutant> = PoolMutant::ALL.into_iter().filter(is_not_found).collect();
    assert_eq!(not_found, []);
}

//! World after world, seed by seed.

use crate::bug::Bug;
use crate::counts::{Counts, Occasion};
use crate::judge::Violation;
use crate::world::{Part, Scenario, play};

/// A search through worlds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Campaign {
    /// The kind of its worlds.
    pub part: Part,
    /// The seed of the first world; the next has the next.
    pub seed: u64,
    /// What is built wrongly in all of them.
    pub bug: Option<Bug>,
}

/// How far a search has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many worlds were played.
    pub worlds: u64,
    /// How often what happened in all of them.
    pub counts: Counts,
    /// What the histories of all of them hash to.
    pub history: u64,
    /// The first violation, with which the search ended.
    pub found: Option<Found>,
}

/// A violation and where it is to be seen again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The kind of the world.
    pub part: Part,
    /// The seed of the world.
    pub seed: u64,
    /// What is built wrongly in it.
    pub bug: Option<Bug>,
    /// What went wrong there.
    pub violation: Violation,
}

// === impl Campaign ===

impl Campaign {
    /// Plays worlds until `is_enough` or until something goes wrong.
    pub fn run(&self, mut is_enough: impl FnMut(&Progress) -> bool) -> Progress {
        let mut progress = Progress::default();
        for seed in self.seed.. {
            if progress.found.is_some() || is_enough(&progress) {
                break;
            }
            let outcome = play(Scenario { part: self.part, seed, bug: self.bug, is_traced: false });
            progress.worlds += 1;
            progress.counts.add(&outcome.counts);
            progress.history = progress.history.rotate_left(1) ^ outcome.history;
            progress.found = outcome.violation.map(|violation| Found {
                part: self.part,
                seed,
                bug: self.bug,
                violation,
            });
        }
        progress
    }
}

// === impl Found ===

impl std::fmt::Display for Found {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { part, seed, bug, violation } = self;
        write!(out, "seed {seed}: {violation}\nsee it with: cargo run -p infra-simulation -- ")?;
        if let Some(bug) = bug {
            write!(out, "--bug {bug:?} ")?;
        }
        write!(out, "--part {part:?} --seed {seed} --trace")
    }
}

// === impl Progress ===

impl Progress {
    /// Reads and commands of all worlds.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.counts.of(Occasion::Operation)
    }
}

//! A campaign plays worlds with consecutive seeds.

use std::rc::Rc;

use crate::engine::{Counts, Coverage, Mutant, Part, Violation};
use crate::scenario::{Scenario, play_with};
use crate::world::ScriptProcess;

/// A search for a violation over many worlds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Campaign {
    /// The kind of its worlds.
    pub part: Part,
    /// The seed of the first world; each further world has the next seed.
    pub seed: u64,
    /// The mutant in all of them.
    pub mutant: Option<Mutant>,
}

/// The progress of a campaign.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// The number of worlds played.
    pub worlds: u64,
    /// The coverage counts of all worlds.
    pub counts: Counts,
    /// The combined hash of the histories of all worlds.
    pub history: u64,
    /// The first violation, which ends the campaign.
    pub finding: Option<Finding>,
}

/// A violation and how to reproduce it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The kind of the world.
    pub part: Part,
    /// The seed of the world.
    pub seed: u64,
    /// The mutant in it.
    pub mutant: Option<Mutant>,
    /// The violation.
    pub violation: Violation,
}

// === impl Campaign ===

impl Campaign {
    /// Plays worlds until `is_enough` returns true or a violation is found.
    pub fn run(&self, is_enough: impl FnMut(&Progress) -> bool) -> Progress {
        self.run_with(None, is_enough)
    }

    /// The same with the devices of a program, or else with the reference.
    pub fn run_with(
        &self,
        script: Option<&Rc<ScriptProcess>>,
        mut is_enough: impl FnMut(&Progress) -> bool,
    ) -> Progress {
        let mut progress = Progress::default();
        for seed in self.seed.. {
            if progress.finding.is_some() || is_enough(&progress) {
                break;
            }
            let scenario =
                Scenario { part: self.part, seed, mutant: self.mutant, is_traced: false };
            let outcome = play_with(scenario, script);
            progress.worlds += 1;
            progress.counts.add(&outcome.counts);
            progress.history = progress.history.rotate_left(1) ^ outcome.history;
            progress.finding = outcome.violation.map(|violation| Finding {
                part: self.part,
                seed,
                mutant: self.mutant,
                violation,
            });
        }
        progress
    }
}

// === impl Finding ===

impl std::fmt::Display for Finding {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { part, seed, mutant, violation } = self;
        write!(out, "seed {seed}: {violation}\nsee it with: cargo run -p infra-simulation -- ")?;
        if let Some(mutant) = mutant {
            write!(out, "--bug {mutant:?} ")?;
        }
        write!(out, "--part {part:?} --seed {seed} --trace")
    }
}

// === impl Progress ===

impl Progress {
    /// Operations of all worlds: reads, commands and Shopify's reports.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.counts.of(Coverage::Operation)
    }
}

//! Bounds on the work and memory of a compilation.

/// Bounds on the work and memory of one compilation. Work is counted, not timed, so the same
/// product passes or fails the same way on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Children of nodes visited or created by conjunctions: some hundred million a second.
    pub conjoin_steps_max: u64,
    /// Cells rewritten by sifting: about a hundred million a second. When they run out, the diagram
    /// is larger.
    pub sift_steps_max: u64,
    /// Bytes of intermediate diagrams.
    pub bytes_max: usize,
}

// === impl Limits ===

impl Default for Limits {
    /// About twenty seconds, trials included, and one gibibyte: industrial models of 270 options
    /// with 226,000 tuples take two to six seconds and a quarter of the memory.
    fn default() -> Self {
        Self { conjoin_steps_max: 600_000_000, sift_steps_max: 600_000_000, bytes_max: 1 << 30 }
    }
}

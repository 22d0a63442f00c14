//! How much compiling a product may take.

/// Bounds on the work and memory of one compilation. Work is counted, not timed, so the same
/// product passes or fails the same way on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Children of nodes looked at or made while weaving: some hundred million a second.
    pub weave_steps_max: u64,
    /// Cells rewritten while sifting: about a hundred million a second. Running out only makes a
    /// larger diagram.
    pub sift_steps_max: u64,
    /// Bytes held by diagrams under way.
    pub bytes_max: usize,
}

// === impl Limits ===

impl Default for Limits {
    /// About twenty seconds, trials included, and one gibibyte: industrial models of 270 options
    /// with 226,000 tuples take two to six seconds and a quarter of the memory.
    fn default() -> Self {
        Self { weave_steps_max: 600_000_000, sift_steps_max: 600_000_000, bytes_max: 1 << 30 }
    }
}

//! Working memory for the passes of one resolution, reused by the next.

use super::path_summary::PathSummary;

/// The summaries of every part and node under some choices. Undefined between resolutions.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// The paths inside each part, and outside it: from the root to the part and from the part to
    /// the terminal.
    pub(super) inside: Vec<PathSummary>,
    pub(super) outside: Vec<PathSummary>,
    /// The paths from the root to each node, and from each node to the terminal.
    pub(super) forward: Vec<PathSummary>,
    pub(super) backward: Vec<PathSummary>,
}

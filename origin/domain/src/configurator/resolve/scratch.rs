//! Memory for the walks of one resolution, kept for the next.

use super::ways::Ways;

/// What is known of every part and node under some choices. Means nothing between resolutions.
#[derive(Debug, Default)]
pub(in crate::configurator) struct Scratch {
    /// Ways along each part, and around it: before and behind it, from the top to the bottom.
    pub(super) along: Vec<Ways>,
    pub(super) around: Vec<Ways>,
    /// Ways from the top to each node, and from each node to the bottom.
    pub(super) above: Vec<Ways>,
    pub(super) below: Vec<Ways>,
}

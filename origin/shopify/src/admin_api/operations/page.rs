//! Connections.

use serde::Deserialize;

/// A page of a connection.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// Its nodes.
    pub nodes: Vec<T>,
    /// What follows.
    pub page_info: PageInfo,
}

/// A connection of which the first page is all.
#[derive(Debug, Clone, Deserialize)]
pub struct Nodes<T> {
    /// Its nodes.
    pub nodes: Vec<T>,
}

/// Whether more follows, and from where.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

// === impl Page ===

impl<T> Page<T> {
    /// The cursor of the next page, if there is one.
    #[must_use]
    pub fn next(&self) -> Option<&str> {
        self.page_info.end_cursor.as_deref().filter(|_| self.page_info.has_next_page)
    }
}

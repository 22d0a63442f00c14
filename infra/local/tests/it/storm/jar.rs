//! A device's bookmarks, by rule 6 of the protocol: all tabs send all of them, and an answer's
//! bookmark replaces exactly those that were sent with its request.

use serde_json::Value;

/// Most bookmarks one request carries.
pub(crate) const SENT_MAX: usize = 4;

/// A device's bookmarks of one cart.
#[derive(Default)]
pub(crate) struct BookmarkJar {
    held: Vec<String>,
    /// How many answers have arrived.
    answers: u64,
    /// The last shown body, with its tag.
    latest: Option<(String, Value)>,
}

/// The bookmarks of a request.
pub(crate) struct SentBookmarks {
    pub(crate) bookmarks: Vec<String>,
    pub(crate) etag: Option<String>,
    answers: u64,
}

impl BookmarkJar {
    pub(crate) fn send(&self) -> SentBookmarks {
        SentBookmarks {
            bookmarks: self.held.iter().take(SENT_MAX).cloned().collect(),
            etag: self.latest.as_ref().map(|(etag, _)| etag.clone()),
            answers: self.answers,
        }
    }

    /// Whether a read must merge the bookmarks before any other request.
    pub(crate) fn is_crowded(&self) -> bool {
        self.held.len() > SENT_MAX
    }

    /// The body of a 304.
    pub(crate) fn unchanged(&self, sent: &SentBookmarks) -> Option<Value> {
        let latest = self.latest.as_ref().filter(|(etag, _)| Some(etag) == sent.etag.as_ref());
        latest.map(|(_, body)| body.clone())
    }

    /// Stores an answer's bookmark. Whether the answer may be shown: no other has arrived since its
    /// request was sent, and the request carried all bookmarks.
    pub(crate) fn receive(&mut self, sent: &SentBookmarks, etag: &str, body: &Value) -> bool {
        let is_shown = self.answers == sent.answers && self.held.len() <= SENT_MAX;
        self.answers += 1;
        self.held.retain(|held| !sent.bookmarks.contains(held));
        let bookmark = body["bookmark"].as_str().unwrap().to_owned();
        if !self.held.contains(&bookmark) {
            self.held.push(bookmark);
        }
        if is_shown {
            self.latest = Some((etag.to_owned(), body.clone()));
        }
        is_shown
    }
}

//! A device's bookmarks, kept by rule 6 of the protocol: all tabs send all of them, and an answer
//! takes the place of exactly those that were sent for it.

use serde_json::Value;

/// Most bookmarks one request carries.
pub(crate) const SENT_MAX: usize = 4;

/// What a device holds of one cart.
#[derive(Default)]
pub(crate) struct Jar {
    held: Vec<String>,
    /// How many answers have arrived.
    answers: u64,
    /// The body shown last, with its tag.
    shown: Option<(String, Value)>,
}

/// What went out with a request.
pub(crate) struct Sent {
    pub(crate) bookmarks: Vec<String>,
    pub(crate) etag: Option<String>,
    answers: u64,
}

impl Jar {
    pub(crate) fn send(&self) -> Sent {
        Sent {
            bookmarks: self.held.iter().take(SENT_MAX).cloned().collect(),
            etag: self.shown.as_ref().map(|(etag, _)| etag.clone()),
            answers: self.answers,
        }
    }

    /// Whether a read has to bring the bookmarks together before anything is asked or shown.
    pub(crate) fn is_crowded(&self) -> bool {
        self.held.len() > SENT_MAX
    }

    /// The body a 304 stands for.
    pub(crate) fn unchanged(&self, sent: &Sent) -> Option<Value> {
        let shown = self.shown.as_ref().filter(|(etag, _)| Some(etag) == sent.etag.as_ref());
        shown.map(|(_, body)| body.clone())
    }

    /// Takes an answer's bookmark. Whether the answer may be shown: no other has arrived since its
    /// request was sent, and it was asked with everything the device holds.
    pub(crate) fn receive(&mut self, sent: &Sent, etag: &str, body: &Value) -> bool {
        let is_shown = self.answers == sent.answers && self.held.len() <= SENT_MAX;
        self.answers += 1;
        self.held.retain(|held| !sent.bookmarks.contains(held));
        let bookmark = body["bookmark"].as_str().unwrap().to_owned();
        if !self.held.contains(&bookmark) {
            self.held.push(bookmark);
        }
        if is_shown {
            self.shown = Some((etag.to_owned(), body.clone()));
        }
        is_shown
    }
}

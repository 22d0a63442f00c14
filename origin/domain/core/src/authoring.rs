//! What authored documents share: the form of an id, and mistakes, each with its place.

use serde::Serialize;

use crate::json_pointer;

/// One mistake in a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Mistake {
    /// A JSON Pointer into the document; empty for the document itself.
    pub field: String,
    /// A message for the author of the document.
    pub message: String,
}

/// Most mistakes in one response; a longer list ends with a note. An author fixes one kind of
/// mistake at a time, and the response stays far below a megabyte.
pub const MISTAKES_MAX: usize = 1_000;

/// Longest id in bytes: the contract of the authoring format.
pub const ID_BYTES_MAX: usize = 64;

/// Whether `text` is an id of the authoring format.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    text.len() <= ID_BYTES_MAX
        && text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && text.bytes().all(is_inner)
}

/// A place in a document, as a linked list of steps. It allocates only when formatted.
#[derive(Debug, Clone, Copy)]
pub struct Place<'p> {
    parent: Option<&'p Place<'p>>,
    step: Step<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'p> {
    Key(&'p str),
    Index(usize),
}

/// A list of mistakes, up to the bound.
#[derive(Debug, Default)]
pub struct Mistakes {
    listed: Vec<Mistake>,
    is_full: bool,
}

// === impl Mistake ===

impl Mistake {
    /// A mistake of the document as a whole.
    pub fn of_document(message: impl Into<String>) -> Self {
        Self { field: String::new(), message: message.into() }
    }
}

// === impl Place ===

impl<'p> Place<'p> {
    /// The document itself.
    pub const ROOT: Place<'static> = Place { parent: None, step: Step::Key("") };

    /// The member `key` of the object at this place.
    #[must_use]
    pub fn key(&'p self, key: &'p str) -> Place<'p> {
        Place { parent: Some(self), step: Step::Key(key) }
    }

    /// The element `index` of the list at this place.
    #[must_use]
    pub fn index(&'p self, index: usize) -> Place<'p> {
        Place { parent: Some(self), step: Step::Index(index) }
    }

    /// The JSON Pointer (RFC 6901) of this place.
    #[must_use]
    pub fn pointer(&self) -> String {
        let Some(parent) = self.parent else { return String::new() };
        match self.step {
            Step::Key(key) => json_pointer::member(&parent.pointer(), key),
            Step::Index(index) => format!("{}/{index}", parent.pointer()),
        }
    }
}

// === impl Mistakes ===

impl Mistakes {
    /// Adds a mistake at a place, unless [`MISTAKES_MAX`] are listed.
    pub fn add(&mut self, place: &Place<'_>, message: impl Into<String>) {
        self.push(Mistake { field: place.pointer(), message: message.into() });
    }

    /// Adds a mistake, unless [`MISTAKES_MAX`] are listed.
    pub fn push(&mut self, mistake: Mistake) {
        if self.listed.len() < MISTAKES_MAX {
            self.listed.push(mistake);
        } else {
            self.is_full = true;
        }
    }

    /// Whether the list is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// The list; if it is not complete, its last element says so.
    #[must_use]
    pub fn into_vec(mut self) -> Vec<Mistake> {
        if self.is_full {
            let end = format!("more than {MISTAKES_MAX} mistakes; only the first are listed");
            self.listed.push(Mistake::of_document(end));
        }
        self.listed
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn pointers_are_escaped_as_rfc_6901_requires() {
        let rules = Place::ROOT.key("rules");
        let rule = rules.index(3);
        assert_eq!(rule.key("a/b~c").pointer(), "/rules/3/a~1b~0c");
        assert_eq!(Place::ROOT.pointer(), "");
    }
}

//! The audit log: who did what, and when. Entries are never changed. They name ids, and no secret,
//! name, e-mail address or free text.

use domain_core::id::{digest, hex};
use domain_core::time::{DAY_MS, Time};
use serde::{Deserialize, Serialize};

use crate::permission::{Act, Actor};

/// How long an entry is stored: an auditor needs a year, and some weeks to ask.
pub const AUDIT_RETENTION_MS: u64 = 400 * DAY_MS;
/// Most entries of one page.
pub const AUDIT_PAGE_MAX: usize = 50;
/// Longest subject and detail in bytes: ids are bounded where they are parsed.
pub const SUBJECT_BYTES_MAX: usize = 256;

/// Bytes of an entry's id: enough that two entries of one millisecond differ.
const ID_BYTES: usize = 8;

/// An act of staff before it is known what exactly it changes: the store that makes the change
/// writes the entry with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffAct {
    /// Who acts.
    pub actor: Actor,
    /// What they do.
    pub act: Act,
    /// When.
    pub at: Time,
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Time,
    /// The person; `None`: the holder of the staff token.
    pub person: Option<String>,
    /// The person's role at that time, in its word.
    pub role: Option<String>,
    /// The act in its word. A text, because another release may have other acts.
    pub act: String,
    /// What was changed, as a path of ids.
    pub subject: String,
    /// What changed about it, such as a number of points; may be empty.
    pub detail: String,
}

/// The place of an entry in the log: entries sort by time, then by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditCursor {
    /// The entry's time.
    pub at: Time,
    /// Its id.
    pub id: String,
}

// === impl StaffAct ===

impl StaffAct {
    /// The entry of this act.
    #[must_use]
    pub fn entry(&self, subject: &str, detail: &str) -> AuditEntry {
        let (person, role) = match &self.actor {
            Actor::Machine => (None, None),
            Actor::Person { id, role } => (Some(id.clone()), Some(role.word().to_owned())),
        };
        let bounded = |text: &str| text[..text.floor_char_boundary(SUBJECT_BYTES_MAX)].to_owned();
        AuditEntry {
            at: self.at,
            person,
            role,
            act: self.act.word().to_owned(),
            subject: bounded(subject),
            detail: bounded(detail),
        }
    }
}

// === impl AuditEntry ===

impl AuditEntry {
    /// The id: of its content, so that writing an entry again changes nothing.
    #[must_use]
    pub fn id(&self) -> String {
        let person = self.person.as_deref().unwrap_or_default();
        let parts = [person, &self.act, &self.subject, &self.detail].map(str::as_bytes);
        hex(&digest("forecourt/audit/1", &parts)[..ID_BYTES])
    }

    /// The entry's place.
    #[must_use]
    pub fn cursor(&self) -> AuditCursor {
        AuditCursor { at: self.at, id: self.id() }
    }
}

// === impl AuditCursor ===

impl AuditCursor {
    /// Reads the form that [`Display`](std::fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('-')?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_id = id.len() == 2 * ID_BYTES && id.bytes().all(is_digit);
        let is_time = at.bytes().all(|byte| byte.is_ascii_digit());
        let at = at.parse().ok().filter(|_| is_time)?;
        is_id.then(|| Self { at: Time(at), id: id.to_owned() })
    }
}

impl std::fmt::Display for AuditCursor {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}-{}", self.at.0, self.id)
    }
}

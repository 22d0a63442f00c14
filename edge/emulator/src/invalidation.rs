//! Invalidation: the items, and a log of recent ones that rejects fills begun before them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::object::StoredObject;

/// The longest path item (14.1).
const ITEM_CHARS_MAX: usize = 4_000;
/// Items in the log for fills in progress: a fill lasts seconds, a burst of publishing is far
/// smaller. A fill older than the log is never stored.
const ITEMS_LOGGED_MAX: usize = 4_096;

/// One item of an invalidation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    /// Exactly this path and, where the key has it, query.
    Path(String),
    /// Every target that begins so: `*` ended the item.
    Prefix(String),
    /// Every object that has the tag, in lower case.
    Tag(String),
}

/// An item that CloudFront would reject.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is neither a path from `/` nor a `#tag`")]
pub struct InvalidItem(String);

/// The items of the recent past, numbered from zero.
#[derive(Debug, Default)]
pub(crate) struct InvalidationLog {
    /// As in the log, for the requests that need no more.
    next: AtomicU64,
    log: Mutex<Log>,
}

/// Invalidations on their way to this edge location (14.6).
#[derive(Debug)]
pub(crate) struct DelayedInvalidations {
    delay_ms: u64,
    /// When the first of them takes effect: the only thing that a request without any reads.
    first_due_ms: AtomicU64,
    waiting: Mutex<VecDeque<DelayedInvalidation>>,
}

#[derive(Debug)]
struct DelayedInvalidation {
    due_ms: u64,
    items: Vec<Item>,
}

#[derive(Debug, Default)]
struct Log {
    next: u64,
    recent: VecDeque<Item>,
}

// === impl Item ===

impl Item {
    pub(crate) fn parse(item: &str) -> Result<Self, InvalidItem> {
        let invalid = || Err(InvalidItem(item.to_owned()));
        if item.len() > ITEM_CHARS_MAX {
            return invalid();
        }
        if let Some(tag) = item.strip_prefix('#') {
            if tag.is_empty() || !tag.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',') {
                return invalid();
            }
            return Ok(Self::Tag(tag.to_ascii_lowercase()));
        }
        match item.strip_suffix('*') {
            Some(prefix) if prefix.starts_with('/') => Ok(Self::Prefix(prefix.to_owned())),
            None if item.starts_with('/') => Ok(Self::Path(item.to_owned())),
            _ => invalid(),
        }
    }

    pub(crate) fn names(&self, object: &StoredObject) -> bool {
        match self {
            Self::Path(path) => object.targets.iter().any(|target| target == path),
            Self::Prefix(prefix) => object.targets.iter().any(|target| target.starts_with(prefix)),
            Self::Tag(tag) => object.tags.iter().any(|own| own == tag),
        }
    }
}

// === impl InvalidationLog ===

impl InvalidationLog {
    /// The number the next item will have: a fill notes it when it starts.
    pub(crate) fn generation(&self) -> u64 {
        self.next.load(Ordering::Acquire)
    }

    pub(crate) fn append(&self, items: &[Item]) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        for item in items {
            if log.recent.len() == ITEMS_LOGGED_MAX {
                log.recent.pop_front();
            }
            log.recent.push_back(item.clone());
            log.next += 1;
        }
        self.next.store(log.next, Ordering::Release);
    }

    /// The number of the first item since `generation` that names the object.
    pub(crate) fn first_since(&self, generation: u64, object: &StoredObject) -> Option<u64> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = log.next - u64::try_from(log.recent.len()).unwrap_or(0);
        if generation < oldest {
            return Some(generation);
        }
        let known = usize::try_from(generation - oldest).unwrap_or(usize::MAX);
        let mut since = (generation..).zip(log.recent.iter().skip(known));
        since.find(|(_, item)| item.names(object)).map(|(number, _)| number)
    }
}

// === impl DelayedInvalidations ===

impl DelayedInvalidations {
    pub(crate) fn new(delay_ms: u64) -> Self {
        Self { delay_ms, first_due_ms: AtomicU64::new(u64::MAX), waiting: Mutex::default() }
    }

    /// Adds items, or returns them if there is no delay: an item that waits could be taken by a
    /// request, and its objects be removed only after the invalidation is reported as done.
    pub(crate) fn add(&self, now_ms: u64, items: Vec<Item>) -> Option<Vec<Item>> {
        if self.delay_ms == 0 {
            return Some(items);
        }
        let mut waiting = self.waiting();
        waiting
            .push_back(DelayedInvalidation { due_ms: now_ms.saturating_add(self.delay_ms), items });
        self.note_first(&waiting);
        None
    }

    /// Takes the items whose time has come.
    pub(crate) fn take_due(&self, now_ms: u64) -> Vec<Item> {
        if now_ms < self.first_due_ms.load(Ordering::Acquire) {
            return Vec::new();
        }
        let mut waiting = self.waiting();
        let mut due = Vec::new();
        while let Some(first) = waiting.pop_front_if(|first| first.due_ms <= now_ms) {
            due.extend(first.items);
        }
        self.note_first(&waiting);
        due
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<DelayedInvalidation>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_first(&self, waiting: &VecDeque<DelayedInvalidation>) {
        let first_due_ms = waiting.front().map_or(u64::MAX, |first| first.due_ms);
        self.first_due_ms.store(first_due_ms, Ordering::Release);
    }
}

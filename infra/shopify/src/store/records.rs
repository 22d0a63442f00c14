//! Records by global id, with their kinds, their parents and what the search index knows of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

use super::gid::kind_of;
use super::json::Fields as _;

/// Most records of a shop. A mutation is refused above it.
pub const RECORDS_MAX: usize = 1_000_000;
/// Most changes that wait for [`Records::take_changes`]; older ones are dropped.
pub const CHANGES_MAX: usize = 10_000;
const REDEEM_CODE: &str = "DiscountRedeemCode";

/// A record.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its global id.
    pub gid: String,
    /// The record it belongs to: a variant's product, a metafield's owner.
    pub parent: Option<String>,
    /// Its fields. An object with the one field `$ref` stands for another record.
    pub value: Arc<Value>,
    sequence: u64,
    changed_at: OffsetDateTime,
    /// What the search index has until it learns of the last change.
    indexed: Option<Arc<Value>>,
}

/// What happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It is new.
    Created,
    /// A field has another value.
    Updated,
    /// It is gone.
    Deleted,
}

/// A change, for those who tell others about it: webhooks are made of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The record.
    pub gid: String,
    /// What happened.
    pub kind: ChangeKind,
    /// When.
    pub at: OffsetDateTime,
    /// The act that it is part of: the changes of one request share it.
    pub act: u64,
}

/// All records of a shop.
#[derive(Debug, Default)]
pub struct Records {
    by_gid: HashMap<String, Record>,
    by_kind: BTreeMap<String, BTreeMap<u64, String>>,
    by_parent: BTreeMap<String, BTreeSet<u64>>,
    by_sequence: BTreeMap<u64, String>,
    /// Redeem codes in lower case: each is unique in the shop.
    by_code: HashMap<String, String>,
    sequence: u64,
    changes: VecDeque<Change>,
    act: u64,
}

impl Record {
    /// What a search at `now` finds of this record, if the index lags by `lag`.
    pub(crate) fn indexed(&self, now: OffsetDateTime, lag: Duration) -> Option<&Arc<Value>> {
        if now - self.changed_at >= lag { Some(&self.value) } else { self.indexed.as_ref() }
    }
}

impl Records {
    /// Number of records.
    pub fn len(&self) -> usize {
        self.by_gid.len()
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.by_gid.is_empty()
    }

    /// A record.
    pub fn get(&self, gid: &str) -> Option<&Record> {
        self.by_gid.get(gid)
    }

    /// A record of this kind: an id of another kind has none.
    pub fn of(&self, kind: &str, gid: &str) -> Option<&Record> {
        self.get(gid).filter(|_| kind_of(gid) == Some(kind))
    }

    /// The fields of a record; null without it.
    pub(crate) fn value(&self, gid: &str) -> Arc<Value> {
        self.get(gid).map_or_else(|| Arc::new(Value::Null), |record| Arc::clone(&record.value))
    }

    /// Adds or replaces a record.
    pub fn insert(&mut self, gid: &str, parent: Option<&str>, value: Value, now: OffsetDateTime) {
        self.detach(gid);
        self.sequence += 1;
        let record = Record {
            gid: gid.to_owned(),
            parent: parent.map(str::to_owned),
            value: Arc::new(value),
            sequence: self.sequence,
            changed_at: now,
            indexed: None,
        };
        let kind = kind_of(gid).unwrap_or("Unknown").to_owned();
        self.by_kind.entry(kind).or_default().insert(self.sequence, gid.to_owned());
        self.by_sequence.insert(self.sequence, gid.to_owned());
        if let Some(parent) = parent {
            self.by_parent.entry(parent.to_owned()).or_default().insert(self.sequence);
        }
        self.index_code(&record);
        self.by_gid.insert(gid.to_owned(), record);
        self.note(gid, ChangeKind::Created, now);
    }

    /// The redeem code with this text; letter case is ignored.
    pub fn by_code(&self, code: &str) -> Option<&Record> {
        self.get(self.by_code.get(&code.to_lowercase())?)
    }

    fn index_code(&mut self, record: &Record) {
        if kind_of(&record.gid) == Some(REDEEM_CODE) {
            self.by_code.insert(record.value.text("code").to_lowercase(), record.gid.clone());
        }
    }

    /// Changes fields of a record.
    pub fn update(
        &mut self,
        gid: &str,
        now: OffsetDateTime,
        change: impl FnOnce(&mut Map<String, Value>),
    ) {
        let Some(record) = self.by_gid.get_mut(gid) else { return };
        let before = Arc::clone(&record.value);
        let Some(fields) = Arc::make_mut(&mut record.value).as_object_mut() else { return };
        change(fields);
        if fields.contains_key("updatedAt") {
            fields.insert("updatedAt".to_owned(), super::timestamp(now));
        }
        if now > record.changed_at {
            record.indexed = Some(Arc::clone(&before));
        }
        record.changed_at = now;
        if kind_of(gid) == Some(REDEEM_CODE) {
            self.by_code.remove(&before.text("code").to_lowercase());
            let code = record.value.text("code").to_lowercase();
            self.by_code.insert(code, gid.to_owned());
        }
        self.note(gid, ChangeKind::Updated, now);
    }

    /// Removes a record and all below it.
    pub fn remove(&mut self, gid: &str, now: OffsetDateTime) -> bool {
        let mut open = vec![gid.to_owned()];
        let mut removed = false;
        while let Some(gid) = open.pop() {
            open.extend(self.below(&gid).map(|record| record.gid.clone()));
            if self.detach(&gid) {
                self.note(&gid, ChangeKind::Deleted, now);
                removed = true;
            }
        }
        removed
    }

    /// Removes a record of this kind and all below it.
    pub fn remove_of(&mut self, kind: &str, gid: &str, now: OffsetDateTime) -> bool {
        kind_of(gid) == Some(kind) && self.remove(gid, now)
    }

    /// The records of a kind, in the order in which they were added.
    pub fn of_kind<'s>(&'s self, kind: &str) -> impl DoubleEndedIterator<Item = &'s Record> {
        let gids = self.by_kind.get(kind).into_iter().flat_map(BTreeMap::values);
        gids.filter_map(|gid| self.get(gid))
    }

    /// Number of records of a kind.
    pub fn count(&self, kind: &str) -> usize {
        self.by_kind.get(kind).map_or(0, BTreeMap::len)
    }

    /// The records of a kind below another, in the order in which they were added.
    pub fn children<'s>(
        &'s self,
        parent: &str,
        kind: &'s str,
    ) -> impl DoubleEndedIterator<Item = &'s Record> {
        self.below(parent).filter(move |record| kind_of(&record.gid) == Some(kind))
    }

    /// Gives a record another parent.
    pub(crate) fn move_to(&mut self, gid: &str, parent: &str) {
        let Some(record) = self.by_gid.get_mut(gid) else { return };
        let before = record.parent.replace(parent.to_owned());
        if let Some(siblings) = before.and_then(|before| self.by_parent.get_mut(&before)) {
            siblings.remove(&record.sequence);
        }
        self.by_parent.entry(parent.to_owned()).or_default().insert(record.sequence);
    }

    /// The changes from now on are another act than those before.
    pub(crate) fn begin_act(&mut self) {
        self.act += 1;
    }

    /// Takes the changes since the last call, oldest first.
    pub fn take_changes(&mut self) -> Vec<Change> {
        self.changes.drain(..).collect()
    }

    fn below<'s>(&'s self, parent: &str) -> impl DoubleEndedIterator<Item = &'s Record> {
        let sequences = self.by_parent.get(parent).into_iter().flatten();
        sequences.filter_map(|sequence| self.get(self.by_sequence.get(sequence)?))
    }

    fn detach(&mut self, gid: &str) -> bool {
        let Some(record) = self.by_gid.remove(gid) else { return false };
        self.by_sequence.remove(&record.sequence);
        if kind_of(gid) == Some(REDEEM_CODE) {
            self.by_code.remove(&record.value.text("code").to_lowercase());
        }
        if let Some(gids) = kind_of(gid).and_then(|kind| self.by_kind.get_mut(kind)) {
            gids.remove(&record.sequence);
        }
        if let Some(siblings) = record.parent.and_then(|parent| self.by_parent.get_mut(&parent)) {
            siblings.remove(&record.sequence);
        }
        true
    }

    fn note(&mut self, gid: &str, kind: ChangeKind, at: OffsetDateTime) {
        if self.changes.len() == CHANGES_MAX {
            self.changes.pop_front();
        }
        self.changes.push_back(Change { gid: gid.to_owned(), kind, at, act: self.act });
    }
}

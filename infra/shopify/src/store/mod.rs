//! The state of the shop: records by global id, settings and counters.

mod currency;
mod decimal;
mod gid;
mod json;
mod records;
mod settings;

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};
use time::OffsetDateTime;

pub use currency::decimals;
pub use decimal::Decimal;
pub use gid::{gid, kind_of, legacy_id};
pub(crate) use json::{Fields, reference, referenced, timestamp};
pub use records::{CHANGES_MAX, Change, ChangeKind, RECORDS_MAX, Record, Records};
pub use settings::{Delays, Settings, first_id_at};

/// Most bytes of all bulk results together; older results are dropped first.
const FILES_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most idempotency keys; the oldest are forgotten first.
const KEYS_MAX: usize = 10_000;

/// A shop. Everything in it is a function of the requests and of the times they came at.
#[derive(Debug)]
pub struct Shop {
    /// What the merchant and Shopify decide about the shop.
    pub settings: Settings,
    /// All records.
    pub records: Records,
    next_id: u64,
    /// Numbers of names such as `#1001`, by kind.
    numbers: BTreeMap<String, u64>,
    /// Results of bulk operations by file name.
    files: BTreeMap<String, String>,
    /// Payloads of mutations by idempotency key, each with the digest of its arguments, and the keys in
    /// the order in which they came.
    payloads: BTreeMap<String, ([u8; 32], Value)>,
    keys: VecDeque<String>,
    /// What happens later, by the moment it is due.
    jobs: BTreeMap<(OffsetDateTime, u64), Job>,
}

/// Work that Shopify does after the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Job {
    /// Starts a bulk operation.
    StartBulkOperation(String),
    /// Publishes the result of a bulk operation.
    FinishBulkOperation(String),
    /// Ends a cancelled bulk operation.
    CancelBulkOperation(String),
    /// Imports redeem codes.
    ImportRedeemCodes(String),
    /// Says that a merge of customers is complete.
    FinishMerge(String),
}

impl Shop {
    /// A shop with one location and nothing else.
    pub fn new(settings: Settings) -> Self {
        let mut records = Records::default();
        let next_id = settings.first_id;
        let location = gid("Location", next_id);
        let fields = json!({ "id": location, "name": "Shop location", "isActive": true,
            "fulfillsOnlineOrders": true, "shipsInventory": true, "hasActiveInventory": true });
        records.insert(&location, None, fields, OffsetDateTime::UNIX_EPOCH);
        Self {
            settings,
            records,
            next_id,
            numbers: BTreeMap::new(),
            files: BTreeMap::new(),
            payloads: BTreeMap::new(),
            keys: VecDeque::new(),
            jobs: BTreeMap::new(),
        }
    }

    /// A new global id of a kind.
    pub fn mint(&mut self, kind: &str) -> String {
        self.next_id += 1;
        gid(kind, self.next_id)
    }

    /// Adds a record under a new id, with `id`, `createdAt` and `updatedAt`, and returns the id.
    pub fn create(
        &mut self,
        kind: &str,
        parent: Option<&str>,
        fields: Value,
        now: OffsetDateTime,
    ) -> String {
        let id = self.mint(kind);
        let mut value =
            json!({ "id": id, "createdAt": timestamp(now), "updatedAt": timestamp(now) });
        if let (Some(value), Value::Object(fields)) = (value.as_object_mut(), fields) {
            value.extend(fields);
        }
        self.records.insert(&id, parent, value, now);
        id
    }

    /// The number of the next id.
    pub fn next_id(&self) -> u64 {
        self.next_id + 1
    }

    /// The number that [`Self::next_number`] will return.
    pub fn number(&self, kind: &str, first: u64) -> u64 {
        self.numbers.get(kind).copied().unwrap_or(first)
    }

    /// The next number of names of a kind: orders are `#1001`, draft orders `#D1`.
    pub fn next_number(&mut self, kind: &str, first: u64) -> u64 {
        let number = self.numbers.entry(kind.to_owned()).or_insert(first);
        let current = *number;
        *number += 1;
        current
    }

    /// Sets the next number of names of a kind.
    pub fn set_next_number(&mut self, kind: &str, number: u64) {
        self.numbers.insert(kind.to_owned(), number);
    }

    /// The content of a bulk result.
    pub fn file(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(String::as_str)
    }

    /// Keeps a bulk result, and drops the oldest ones above [`FILES_BYTES_MAX`].
    pub(crate) fn put_file(&mut self, name: String, content: String) {
        let mut total: usize = self.files.values().map(String::len).sum::<usize>() + content.len();
        while total > FILES_BYTES_MAX {
            let Some((_, dropped)) = self.files.pop_first() else { break };
            total -= dropped.len();
        }
        self.files.insert(name, content);
    }

    /// The payload that a mutation with an idempotency key had, and the digest of its arguments.
    pub(crate) fn payload(&self, key: &str) -> Option<&([u8; 32], Value)> {
        self.payloads.get(key)
    }

    /// Remembers the payload of a mutation with an idempotency key and arguments of this digest.
    pub(crate) fn remember(&mut self, key: String, arguments: [u8; 32], payload: Value) {
        if self.keys.len() == KEYS_MAX
            && let Some(oldest) = self.keys.pop_front()
        {
            self.payloads.remove(&oldest);
        }
        self.keys.push_back(key.clone());
        self.payloads.insert(key, (arguments, payload));
    }

    pub(crate) fn schedule(&mut self, at: OffsetDateTime, job: Job) {
        self.next_id += 1;
        self.jobs.insert((at, self.next_id), job);
    }

    /// Takes the earliest job that is due.
    pub(crate) fn due(&mut self, now: OffsetDateTime) -> Option<(OffsetDateTime, Job)> {
        let entry = self.jobs.first_entry().filter(|entry| entry.key().0 <= now)?;
        let ((at, _), job) = entry.remove_entry();
        Some((at, job))
    }
}

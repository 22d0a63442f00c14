//! The end of a world of the ledger: nothing is under way any more, and the books are compared.

use std::collections::{BTreeMap, BTreeSet};

use origin_domain::loyalty::{Account, LedgerEntry, RewardCode};

use super::super::replay::Replayed;
use super::books::{Fate, Judge, What};
use crate::counts::Occasion;
use crate::judge::Law;

/// What is found of one customer in the end.
pub(crate) struct Closing<'a> {
    pub(crate) customer: &'a str,
    pub(crate) account: Option<&'a Account>,
    /// The whole ledger.
    pub(crate) entries: &'a [LedgerEntry],
}

/// Stored items by their keys.
type Stored = BTreeMap<(String, String), (u64, Vec<u8>)>;

// === impl Judge ===

impl Judge {
    /// The end of a customer: every entry is what a cause comes to, and all of them together are the
    /// account.
    pub(crate) fn closed(&self, closing: &Closing<'_>) {
        let Closing { customer, account, entries } = *closing;
        let state = self.state(customer);
        let sheet = self.sheet(&state.absorbed);
        let mut told: BTreeMap<String, i64> = BTreeMap::new();
        for entry in entries {
            *told.entry(entry.id.clone()).or_default() += entry.points.0;
        }
        // What was bought for money and earned nothing leaves an entry, too.
        let is_about_points = |id: &str, points: i64| {
            points != 0 || !(id.starts_with("earn/") || id.starts_with("reverse/"))
        };
        told.retain(|id, points| is_about_points(id, *points));
        let sum: i64 = entries.iter().map(|entry| entry.points.0).sum();
        let kept = account.map_or(0, |account| {
            let lots: i64 = account.lots.iter().map(|lot| lot.points.0).sum();
            lots - account.spent.iter().map(|spent| spent.points.0).sum::<i64>()
        });
        if told != sheet.entries {
            let expected = &sheet.entries;
            self.find(Law::Counted, || format!("{customer} has {told:?} and not {expected:?}"));
        } else if sum != kept {
            self.find(Law::Counted, || format!("{customer}: entries of {sum}, account of {kept}"));
        } else if account.map_or(0, |account| account.version) != state.version {
            self.find(Law::Counted, || format!("{customer} is not at {}", state.version));
        }
    }

    /// The end of the world: nothing of what was acknowledged is missing, nothing is left undone,
    /// and the archive tells the same again.
    pub(crate) fn ended(&self, stored: &Stored, replayed: &Replayed) {
        if let Some((law, told)) = self.missing().or_else(|| self.undone()) {
            return self.find(law, || told);
        }
        let again = replayed.ledger.stored();
        if replayed.unfinished > 0 || !replayed.published.is_empty() {
            let (unfinished, published) = (replayed.unfinished, &replayed.published);
            let told = || format!("a replay left {unfinished} and published {published:?}");
            self.find(Law::SameBytes, told);
        } else if *stored != again {
            let differs = |key: &&(String, String)| stored.get(*key) != again.get(*key);
            let keys: BTreeSet<_> = stored.keys().chain(again.keys()).filter(differs).collect();
            self.find(Law::SameBytes, || format!("replayed is another: {keys:?}"));
        } else {
            self.note(Occasion::Replayed);
        }
    }

    /// Something that was published and is not in the ledger.
    fn missing(&self) -> Option<(Law, String)> {
        let lost = |told: String| Some((Law::Durable, format!("{told} is lost")));
        for noted in &self.causes {
            if noted.is_published && !noted.is_absorbed || noted.is_thanked && !noted.is_published {
                return lost(format!("{:?}", noted.cause));
            }
        }
        for (id, asked) in &self.asked {
            let absorbed = self.state(&asked.customer).absorbed;
            let is_there = match asked.what {
                What::Gift { .. } => absorbed.gifts.contains(id),
                What::Redeem { .. } => absorbed.redemptions.contains_key(id),
            };
            let is_published = asked.published.is_some();
            if is_published && !is_there || asked.is_acknowledged && !is_published {
                return lost(format!("{asked:?}"));
            }
        }
        None
    }

    /// A hold that goes on, a reward without its code, or a code for nothing.
    fn undone(&self) -> Option<(Law, String)> {
        let mut codes = BTreeSet::new();
        for states in self.accounts.values() {
            let last = states.last()?;
            for (id, stand) in &last.absorbed.redemptions {
                match stand.fate {
                    Fate::Held => return Some((Law::Accounted, format!("{id} is held for good"))),
                    Fate::Settled(_) => {
                        codes.insert(RewardCode::of(*id).to_string());
                    }
                    Fate::Rejected | Fate::Released(_) | Fate::TimedOut(_) => {}
                }
            }
        }
        let is_right = codes == self.codes;
        (!is_right).then(|| (Law::Accounted, format!("codes {:?}, due {codes:?}", self.codes)))
    }
}

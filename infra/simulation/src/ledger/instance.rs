//! One instance: what the routes of loyalty do between the wire and the domain, on the real cache,
//! the real counter and real bookmarks.

use edge_wire::headers::BOOKMARK;
use edge_wire::keys::KeyRing;
use edge_wire::resource::Resource;
use http::{HeaderMap, HeaderValue};
use origin_adapters::memory::{MemoryLedger, MemoryPrograms};
use origin_domain::bookmark::{Bookmark, Pending};
use origin_domain::event::{Event, Events as _, Kind};
use origin_domain::id::CommandId;
use origin_domain::idempotency::Fingerprint;
use origin_domain::loyalty::{
    Account, Accounts as _, Counter, EntryPage, LoyaltyRefusal, Points, Reading, Redemption,
    Request, Standing, State, View, Wanting, view,
};
use origin_domain::port::PortError;
use origin_domain::time::Time;
use origin_functions::bookmarks::Shown;
use origin_functions::cached_ledger::CachedLedger;
use origin_functions::clock::Clock;

use super::tap::TappedBus;
use crate::bug::Bug;
use crate::ports::Exposed;

/// Entries of one answer: all of a small world.
const ENTRIES_MAX: usize = 100;

/// The ledger of an instance.
type Ledger = CachedLedger<Exposed<MemoryLedger>, Exposed<MemoryPrograms>>;

/// One instance.
pub(crate) struct Instance {
    pub(crate) ledger: Ledger,
    pub(crate) counter: Counter<Ledger, Exposed<MemoryLedger>, Exposed<TappedBus>>,
    pub(crate) events: Exposed<TappedBus>,
    pub(crate) clock: Clock,
    pub(crate) keys: KeyRing,
    pub(crate) bug: Option<Bug>,
}

/// An account as one client is shown it.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) available: i64,
    pub(crate) pending: i64,
    pub(crate) held: i64,
    pub(crate) tier: String,
    /// The next tier and what is missing.
    pub(crate) next: Option<(String, i64)>,
    /// Points and when they expire.
    pub(crate) expiring: Vec<(i64, u64)>,
    pub(crate) version: u64,
    pub(crate) bookmark: String,
    pub(crate) is_reset: bool,
    /// What the clock said it was read by, and the programme's version: for the judge alone.
    pub(crate) clock_ms: u64,
    pub(crate) program: u64,
    /// The redemption that was asked about, and how it stands.
    pub(crate) redemption: Option<(CommandId, &'static str)>,
}

/// A ledger as one client is shown it.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// The ids of the entries, newest first, and their points.
    pub(crate) entries: Vec<(String, i64)>,
    pub(crate) bookmark: String,
}

/// What a customer asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redeem {
    pub(crate) customer: String,
    pub(crate) key: String,
    pub(crate) reward: String,
    pub(crate) points: i64,
}

/// What staff gives, or takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gift {
    pub(crate) customer: String,
    pub(crate) key: String,
    pub(crate) points: i64,
}

/// Why there is no account in the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// 422 or 429: no such reward at this price, or not the points for it.
    Declined(LoyaltyRefusal),
    /// 410: the key was first used too long ago.
    Expired,
    /// 5xx: the fate is unknown.
    Unavailable,
    /// What no client here should ever be told.
    Wrong(String),
}

// === impl Instance ===

impl Instance {
    /// `POST /webhooks/shopify`; what is verified there is not of this world.
    pub(crate) async fn receive(&self, detail: String) -> Result<(), Refused> {
        let event = Event { kind: Kind::ShopifyWebhook, detail };
        let published = self.events.publish(&[event]).await;
        if self.bug == Some(Bug::ReceivedUnpublished) {
            return Ok(());
        }
        Ok(published?)
    }

    /// `GET /v1/loyalty`.
    pub(crate) async fn read(&self, customer: &str, bookmarks: &[String]) -> Result<Told, Refused> {
        let shown = self.shown(customer, bookmarks)?;
        let read = self.ledger.read(customer, shown.merged.floor, &pending(&shown.merged)).await?;
        let seen = view(customer, &read, &shown.merged, self.clock.now());
        let item = read.account.as_deref().cloned();
        self.told(&shown, seen, item.unwrap_or_else(|| Account::empty(customer)), None).await
    }

    /// `GET /v1/loyalty/entries`.
    pub(crate) async fn entries(
        &self,
        customer: &str,
        bookmarks: &[String],
    ) -> Result<Page, Refused> {
        let shown = self.shown(customer, bookmarks)?;
        let pending = pending(&shown.merged);
        let (page, read) = self.ledger.entries(customer, None, ENTRIES_MAX, &pending).await?;
        let seen = view(customer, &read, &shown.merged, self.clock.now());
        let EntryPage { entries, .. } = seen.page(page, None, ENTRIES_MAX);
        let bookmark = shown.reply(&self.keys, &seen.bookmark).map_err(wrong)?;
        let entries = entries.into_iter().map(|entry| (entry.id, entry.points.0)).collect();
        Ok(Page { entries, bookmark })
    }

    /// `POST /v1/loyalty/redemptions`.
    pub(crate) async fn redeem(&self, ask: &Redeem, bookmarks: &[String]) -> Result<Told, Refused> {
        let shown = self.shown(&ask.customer, bookmarks)?;
        let program = self.ledger.program().await?.ok_or(Refused::Unavailable)?;
        let body = format!("{} {}", ask.reward, ask.points);
        let request = self.request(&ask.customer, &ask.key, &body, shown.merged.clone());
        let wanting = Wanting { reward: ask.reward.clone(), points: Points(ask.points) };
        let accepted = self.counter.redeem(&request, &wanting, &program).await?;
        let item = accepted.view.account.clone();
        self.told(&shown, accepted.view, item, Some(accepted.redemption)).await
    }

    /// `GET /v1/loyalty/redemptions/{id}`, of one the customer asked for.
    pub(crate) async fn redemption(
        &self,
        customer: &str,
        id: CommandId,
        bookmarks: &[String],
    ) -> Result<Told, Refused> {
        let shown = self.shown(customer, bookmarks)?;
        let pending = pending(&shown.merged);
        let read = self.ledger.read(customer, shown.merged.floor, &pending).await?;
        let seen = view(customer, &read, &shown.merged, self.clock.now());
        if let Some(redemption) = seen.redemption(id).cloned() {
            let item = seen.account.clone();
            return self.told(&shown, seen, item, Some(redemption)).await;
        }
        let (item, read) = self.ledger.redemption(customer, id, &pending).await?;
        let seen = view(customer, &read, &shown.merged, self.clock.now());
        let asked = read.records.iter().find(|record| record.command.id == id);
        let asked = asked.and_then(|record| record.command.redemption());
        let decided = item.map(|item| item.redemption);
        let found = seen.redemption(id).cloned().or(decided).or(asked);
        let found = found.ok_or_else(|| Refused::Wrong("404 for a redemption".to_owned()))?;
        let item = seen.account.clone();
        self.told(&shown, seen, item, Some(found)).await
    }

    /// `POST /v1/admin/loyalty/customers/{id}/adjustments`.
    pub(crate) async fn adjust(&self, gift: &Gift) -> Result<CommandId, Refused> {
        let program = self.ledger.program().await?;
        let body = gift.points.to_string();
        let request = self.request(&gift.customer, &gift.key, &body, Bookmark::default());
        let points = Points(gift.points);
        let adjusted = self.counter.adjust(&request, points, "a gift", program.as_deref()).await?;
        Ok(adjusted.id)
    }

    fn request(&self, customer: &str, key: &str, body: &str, bookmark: Bookmark) -> Request {
        Request {
            customer: customer.to_owned(),
            key: key.to_owned(),
            fingerprint: Fingerprint::of("POST", "/v1/loyalty", body.as_bytes()),
            bookmark,
            now: self.clock.now(),
        }
    }

    /// The answer; `item` is the account as it is stored.
    async fn told(
        &self,
        shown: &Shown,
        seen: View,
        item: Account,
        redemption: Option<Redemption>,
    ) -> Result<Told, Refused> {
        let program = self.ledger.program().await?.ok_or(Refused::Unavailable)?;
        let is_bug = |bug: Bug| self.bug == Some(bug);
        let clock = self.clock.now();
        let known = if is_bug(Bug::MomentForgotten) { Time(0) } else { shown.merged.moment };
        let mut account = if is_bug(Bug::HoldUnseen) { item } else { seen.account.clone() };
        if is_bug(Bug::NewestFactIgnored) {
            account.newest = None;
        }
        let standing = Standing::of(&account, &program.program, Reading { clock, seen: known });
        let bookmark = Bookmark { moment: standing.moment, ..seen.bookmark };
        let status = |one: &Redemption| {
            let is_pending = seen.pending.iter().any(|pending| pending.id == one.id);
            (one.id, if is_pending { "pending" } else { status(one) })
        };
        let Standing { version, balance, tier, next_tier, expiring, .. } = standing;
        Ok(Told {
            available: balance.available.0,
            pending: balance.pending.0,
            held: balance.held.0,
            tier: tier.id,
            next: next_tier.map(|next| (next.id, next.remaining)),
            expiring: expiring.iter().map(|one| (one.points.0, one.at.0)).collect(),
            version,
            bookmark: shown.reply(&self.keys, &bookmark).map_err(wrong)?,
            is_reset: seen.reset,
            clock_ms: clock.0,
            program: program.version,
            redemption: redemption.as_ref().map(status),
        })
    }

    fn shown(&self, customer: &str, bookmarks: &[String]) -> Result<Shown, Refused> {
        let mut headers = HeaderMap::new();
        if !bookmarks.is_empty() {
            let value = HeaderValue::from_str(&bookmarks.join(",")).map_err(wrong)?;
            headers.insert(BOOKMARK, value);
        }
        Shown::read(&self.keys, &headers, Resource::Loyalty(customer.to_owned())).map_err(wrong)
    }
}

fn pending(bookmark: &Bookmark) -> Vec<Pending> {
    bookmark.pending.iter().copied().collect()
}

fn wrong(what: impl std::fmt::Debug) -> Refused {
    Refused::Wrong(format!("{what:?}"))
}

/// What a customer calls it.
fn status(redemption: &Redemption) -> &'static str {
    match redemption.state {
        State::Requested | State::Held => "pending",
        State::Rejected => "rejected",
        State::Settled { .. } => "confirmed",
        State::Released { .. } | State::TimedOut { .. } => "released",
    }
}

// === impl Refused ===

impl From<PortError> for Refused {
    fn from(_: PortError) -> Self {
        Self::Unavailable
    }
}

impl From<LoyaltyRefusal> for Refused {
    fn from(refusal: LoyaltyRefusal) -> Self {
        match refusal {
            LoyaltyRefusal::Expired => Self::Expired,
            LoyaltyRefusal::Port(_) => Self::Unavailable,
            LoyaltyRefusal::Conflict => Self::Wrong("409 for a key of its own".to_owned()),
            other => Self::Declined(other),
        }
    }
}

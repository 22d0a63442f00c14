//! One instance: the code of the loyalty routes between the wire and the domain, with the real
//! cache, the real command handler and real bookmarks.

use domain_core::bookmark::{Bookmark, Pending};
use domain_core::event::{Event, Events as _, Kind};
use domain_core::id::CommandId;
use domain_core::idempotency::Fingerprint;
use domain_core::port::PortError;
use domain_core::time::Time;
use domain_loyalty::{
    Account, Accounts as _, CommandRequest, EntryPage, LoyaltyCommands, LoyaltyRejection, Points,
    Reading, Redemption, RewardRequest, Standing, State, View, view,
};
use edge_wire::headers::BOOKMARK;
use edge_wire::keys::KeyRing;
use edge_wire::resource::Resource;
use http::{HeaderMap, HeaderValue};
use origin_adapters::{LedgerRepository, ProgramRepository};
use origin_functions::caches::cached_ledger::CachedLedger;
use origin_functions::http::bookmarks::ClientView;
use origin_functions::runtime::clock::Clock;

use super::observers::ObservedBus;
use crate::mutant::Mutant;
use crate::ports::FaultyPort;

/// The maximum number of entries in an answer: all entries of a small world.
const ENTRIES_MAX: usize = 100;

/// The ledger of an instance.
type Ledger = CachedLedger<FaultyPort<LedgerRepository>, FaultyPort<ProgramRepository>>;

/// One instance.
pub(crate) struct Instance {
    pub(crate) ledger: Ledger,
    pub(crate) commands:
        LoyaltyCommands<Ledger, FaultyPort<LedgerRepository>, FaultyPort<ObservedBus>>,
    pub(crate) events: FaultyPort<ObservedBus>,
    pub(crate) clock: Clock,
    pub(crate) keys: KeyRing,
    pub(crate) mutant: Option<Mutant>,
}

/// An account as one client sees it.
#[derive(Debug, Clone)]
pub(crate) struct AccountBody {
    pub(crate) available: i64,
    pub(crate) pending: i64,
    pub(crate) held: i64,
    pub(crate) tier: String,
    /// The next tier and the missing points.
    pub(crate) next: Option<(String, i64)>,
    /// Points and the time of their expiry.
    pub(crate) expiring: Vec<(i64, u64)>,
    pub(crate) version: u64,
    pub(crate) bookmark: String,
    pub(crate) is_reset: bool,
    /// The instance's clock and the version of the program: for the oracle only.
    pub(crate) clock_ms: u64,
    pub(crate) program: u64,
    /// The requested redemption and its status.
    pub(crate) redemption: Option<(CommandId, &'static str)>,
}

/// The entries of a ledger as one client sees them.
#[derive(Debug, Clone)]
pub(crate) struct EntriesBody {
    /// The ids and points of the entries, newest first.
    pub(crate) entries: Vec<(String, i64)>,
    pub(crate) bookmark: String,
}

/// A customer's request for a reward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RedeemRequest {
    pub(crate) customer: String,
    pub(crate) key: String,
    pub(crate) reward: String,
    pub(crate) points: i64,
}

/// An adjustment by staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gift {
    pub(crate) customer: String,
    pub(crate) key: String,
    pub(crate) points: i64,
}

/// Why there is no account in the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ErrorReply {
    /// 422 or 429: no such reward at this price, or too few points.
    Declined(LoyaltyRejection),
    /// 410: the key was first used too long ago.
    Expired,
    /// 5xx: the outcome is unknown.
    Unavailable,
    /// An error that no client here should receive.
    Unexpected(String),
}

// === impl Instance ===

impl Instance {
    /// `POST /webhooks/shopify`; signatures are not simulated.
    pub(crate) async fn receive(&self, detail: String) -> Result<(), ErrorReply> {
        let event = Event { kind: Kind::ShopifyWebhook, detail };
        let published = self.events.publish(&[event]).await;
        if self.mutant == Some(Mutant::ReceivedUnpublished) {
            return Ok(());
        }
        Ok(published?)
    }

    /// `GET /v1/loyalty`.
    pub(crate) async fn read(
        &self,
        customer: &str,
        bookmarks: &[String],
    ) -> Result<AccountBody, ErrorReply> {
        let client = self.client_view(customer, bookmarks)?;
        let read =
            self.ledger.read(customer, client.merged.floor, &pending(&client.merged)).await?;
        let account_view = view(customer, &read, &client.merged, self.clock.now());
        let item = read.account.as_deref().cloned();
        self.account_body(
            &client,
            account_view,
            item.unwrap_or_else(|| Account::empty(customer)),
            None,
        )
        .await
    }

    /// `GET /v1/loyalty/entries`.
    pub(crate) async fn entries(
        &self,
        customer: &str,
        bookmarks: &[String],
    ) -> Result<EntriesBody, ErrorReply> {
        let client = self.client_view(customer, bookmarks)?;
        let pending = pending(&client.merged);
        let (page, read) = self.ledger.entries(customer, None, ENTRIES_MAX, &pending).await?;
        let account_view = view(customer, &read, &client.merged, self.clock.now());
        let EntryPage { entries, .. } = account_view.page(page, None, ENTRIES_MAX);
        let bookmark = client.reply(&self.keys, &account_view.bookmark).map_err(unexpected)?;
        let entries = entries.into_iter().map(|entry| (entry.id, entry.points.0)).collect();
        Ok(EntriesBody { entries, bookmark })
    }

    /// `POST /v1/loyalty/redemptions`.
    pub(crate) async fn redeem(
        &self,
        reward: &RedeemRequest,
        bookmarks: &[String],
    ) -> Result<AccountBody, ErrorReply> {
        let client = self.client_view(&reward.customer, bookmarks)?;
        let program = self.ledger.program().await?.ok_or(ErrorReply::Unavailable)?;
        let body = format!("{} {}", reward.reward, reward.points);
        let request = self.request(&reward.customer, &reward.key, &body, client.merged.clone());
        let reward_request =
            RewardRequest { reward: reward.reward.clone(), points: Points(reward.points) };
        let accepted = self.commands.redeem(&request, &reward_request, &program).await?;
        let item = accepted.view.account.clone();
        self.account_body(&client, accepted.view, item, Some(accepted.redemption)).await
    }

    /// `GET /v1/loyalty/redemptions/{id}` of a redemption of this customer.
    pub(crate) async fn redemption(
        &self,
        customer: &str,
        id: CommandId,
        bookmarks: &[String],
    ) -> Result<AccountBody, ErrorReply> {
        let client = self.client_view(customer, bookmarks)?;
        let pending = pending(&client.merged);
        let read = self.ledger.read(customer, client.merged.floor, &pending).await?;
        let account_view = view(customer, &read, &client.merged, self.clock.now());
        if let Some(redemption) = account_view.redemption(id).cloned() {
            let item = account_view.account.clone();
            return self.account_body(&client, account_view, item, Some(redemption)).await;
        }
        let (item, read) = self.ledger.redemption(customer, id, &pending).await?;
        let account_view = view(customer, &read, &client.merged, self.clock.now());
        let requested = read.records.iter().find(|record| record.command.id == id);
        let requested = requested.and_then(|record| record.command.redemption());
        let decided = item.map(|item| item.redemption);
        let redemption = account_view.redemption(id).cloned().or(decided).or(requested);
        let redemption =
            redemption.ok_or_else(|| ErrorReply::Unexpected("404 for a redemption".to_owned()))?;
        let item = account_view.account.clone();
        self.account_body(&client, account_view, item, Some(redemption)).await
    }

    /// `POST /v1/admin/loyalty/customers/{id}/adjustments`.
    pub(crate) async fn adjust(&self, gift: &Gift) -> Result<CommandId, ErrorReply> {
        let program = self.ledger.program().await?;
        let body = gift.points.to_string();
        let request = self.request(&gift.customer, &gift.key, &body, Bookmark::default());
        let points = Points(gift.points);
        let adjusted = self.commands.adjust(&request, points, "a gift", program.as_deref()).await?;
        Ok(adjusted.id)
    }

    fn request(&self, customer: &str, key: &str, body: &str, bookmark: Bookmark) -> CommandRequest {
        CommandRequest {
            customer: customer.to_owned(),
            key: key.to_owned(),
            fingerprint: Fingerprint::of("POST", "/v1/loyalty", body.as_bytes()),
            bookmark,
            now: self.clock.now(),
        }
    }

    /// The answer; `item` is the stored account.
    async fn account_body(
        &self,
        client: &ClientView,
        view: View,
        item: Account,
        redemption: Option<Redemption>,
    ) -> Result<AccountBody, ErrorReply> {
        let program = self.ledger.program().await?.ok_or(ErrorReply::Unavailable)?;
        let is_mutant = |mutant: Mutant| self.mutant == Some(mutant);
        let clock = self.clock.now();
        let known = if is_mutant(Mutant::MomentForgotten) { Time(0) } else { client.merged.moment };
        let mut account = if is_mutant(Mutant::HoldUnseen) { item } else { view.account.clone() };
        if is_mutant(Mutant::NewestFactIgnored) {
            account.newest = None;
        }
        let standing = Standing::of(&account, &program.program, Reading { clock, seen: known });
        let bookmark = Bookmark { moment: standing.moment, ..view.bookmark };
        let status = |one: &Redemption| {
            let is_pending = view.pending.iter().any(|pending| pending.id == one.id);
            (one.id, if is_pending { "pending" } else { status(one) })
        };
        let Standing { version, balance, tier, next_tier, expiring, .. } = standing;
        Ok(AccountBody {
            available: balance.available.0,
            pending: balance.pending.0,
            held: balance.held.0,
            tier: tier.id,
            next: next_tier.map(|next| (next.id, next.remaining)),
            expiring: expiring.iter().map(|one| (one.points.0, one.at.0)).collect(),
            version,
            bookmark: client.reply(&self.keys, &bookmark).map_err(unexpected)?,
            is_reset: view.reset,
            clock_ms: clock.0,
            program: program.version,
            redemption: redemption.as_ref().map(status),
        })
    }

    fn client_view(&self, customer: &str, bookmarks: &[String]) -> Result<ClientView, ErrorReply> {
        let mut headers = HeaderMap::new();
        if !bookmarks.is_empty() {
            let value = HeaderValue::from_str(&bookmarks.join(",")).map_err(unexpected)?;
            headers.insert(BOOKMARK, value);
        }
        ClientView::read(&self.keys, &headers, Resource::Loyalty(customer.to_owned()))
            .map_err(unexpected)
    }
}

fn pending(bookmark: &Bookmark) -> Vec<Pending> {
    bookmark.pending.iter().copied().collect()
}

fn unexpected(error: impl std::fmt::Debug) -> ErrorReply {
    ErrorReply::Unexpected(format!("{error:?}"))
}

/// The status in the API.
fn status(redemption: &Redemption) -> &'static str {
    match redemption.state {
        State::Requested | State::Held => "pending",
        State::Rejected => "rejected",
        State::Settled { .. } => "confirmed",
        State::Released { .. } | State::TimedOut { .. } => "released",
    }
}

// === impl ErrorReply ===

impl From<PortError> for ErrorReply {
    fn from(_: PortError) -> Self {
        Self::Unavailable
    }
}

impl From<LoyaltyRejection> for ErrorReply {
    fn from(rejection: LoyaltyRejection) -> Self {
        match rejection {
            LoyaltyRejection::Expired => Self::Expired,
            LoyaltyRejection::Port(_) => Self::Unavailable,
            LoyaltyRejection::Conflict => Self::Unexpected("409 for a key of its own".to_owned()),
            other => Self::Declined(other),
        }
    }
}

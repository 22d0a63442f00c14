//! One instance: the code of the loyalty routes between the wire and the domain, with the real
//! cache, the real command handler and real bookmarks.

use domain_core::bookmark::Bookmark;
use domain_core::event::{Event, Events as _, Kind};
use domain_core::id::CommandId;
use domain_core::idempotency::Fingerprint;
use domain_core::port::PortError;
use domain_core::resource::{Answer, CommandRequest, Commands, Read, Reader as _, Rejection};
use domain_core::time::Time;
use domain_loyalty::{
    Account, EntryPage, LoyaltyRejection, Points, Reading, Redemption, RewardRequest, Standing,
    State, adjust, read_entries, read_redemption, redeem,
};
use edge_wire::headers::BOOKMARK;
use edge_wire::keys::KeyRing;
use edge_wire::resource::Resource;
use http::{HeaderMap, HeaderValue};
use origin_adapters::{CommandLogRepository, LedgerRepository, ProgramRepository};
use origin_functions::caches::cached_program::CachedProgram;
use origin_functions::caches::cached_reader::CachedReader;
use origin_functions::http::bookmarks::ClientView;
use origin_functions::runtime::clock::Clock;

use super::observers::ObservedBus;
use crate::mutant::Mutant;
use crate::ports::FaultyPort;

/// The maximum number of entries in an answer: all entries of a small world.
const ENTRIES_MAX: usize = 100;

/// The ledger of an instance.
type Ledger = CachedReader<Account, FaultyPort<LedgerRepository>>;

/// One instance.
pub(crate) struct Instance {
    pub(crate) ledger: Ledger,
    pub(crate) program: CachedProgram<FaultyPort<ProgramRepository>>,
    pub(crate) commands:
        Commands<Ledger, FaultyPort<CommandLogRepository>, FaultyPort<ObservedBus>>,
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
    Declined(Rejection<LoyaltyRejection>),
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
        let published = self.commands.events.publish(&[event]).await;
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
        let read = self.ledger.read(customer, &client.merged).await?;
        let answer = self.answer(&read, &client.merged)?;
        let item = read.item.as_deref().cloned();
        self.account_body(&client, answer, item.unwrap_or_else(|| Account::empty(customer)), None)
            .await
    }

    /// `GET /v1/loyalty/entries`.
    pub(crate) async fn entries(
        &self,
        customer: &str,
        bookmarks: &[String],
    ) -> Result<EntriesBody, ErrorReply> {
        let client = self.client_view(customer, bookmarks)?;
        let (sent, page) = (&client.merged, (None, ENTRIES_MAX));
        let (page, read) = read_entries(&self.ledger, customer, page, sent).await?;
        let answer = self.answer(&read, sent)?;
        let EntryPage { entries, .. } = answer.view.page(page, None, ENTRIES_MAX, sent);
        let bookmark = client.reply(&self.keys, &answer.bookmark).map_err(unexpected)?;
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
        let program = self.program.in_effect().await?.ok_or(ErrorReply::Unavailable)?;
        let body = format!("{} {}", reward.reward, reward.points);
        let request = self.request(&reward.customer, &reward.key, &body, client.merged.clone());
        let reward_request =
            RewardRequest { reward: reward.reward.clone(), points: Points(reward.points) };
        let accepted = redeem(&self.commands, &request, &reward_request, &program).await?;
        let item = accepted.answer.view.account.clone();
        self.account_body(&client, accepted.answer, item, Some(accepted.redemption)).await
    }

    /// `GET /v1/loyalty/redemptions/{id}` of a redemption of this customer.
    pub(crate) async fn redemption(
        &self,
        customer: &str,
        id: CommandId,
        bookmarks: &[String],
    ) -> Result<AccountBody, ErrorReply> {
        let client = self.client_view(customer, bookmarks)?;
        let read = self.ledger.read(customer, &client.merged).await?;
        let answer = self.answer(&read, &client.merged)?;
        if let Some(redemption) = answer.view.redemption(id).cloned() {
            let item = answer.view.account.clone();
            return self.account_body(&client, answer, item, Some(redemption)).await;
        }
        let (item, read) = read_redemption(&self.ledger, customer, id, &client.merged).await?;
        let answer = self.answer(&read, &client.merged)?;
        let mut events = read.records.iter().map(|record| &record.event);
        let requested = events.find(|event| event.command.id == id);
        let requested = requested.and_then(|event| event.command.redemption());
        let decided = item.map(|item| item.redemption);
        let redemption = answer.view.redemption(id).cloned().or(decided).or(requested);
        let redemption =
            redemption.ok_or_else(|| ErrorReply::Unexpected("404 for a redemption".to_owned()))?;
        let item = answer.view.account.clone();
        self.account_body(&client, answer, item, Some(redemption)).await
    }

    /// `POST /v1/admin/loyalty/customers/{id}/adjustments`.
    pub(crate) async fn adjust(&self, gift: &Gift) -> Result<CommandId, ErrorReply> {
        let program = self.program.in_effect().await?;
        let body = gift.points.to_string();
        let request = self.request(&gift.customer, &gift.key, &body, Bookmark::default());
        let gift = (Points(gift.points), "a gift");
        let adjusted = adjust(&self.commands, &request, gift, program.as_deref()).await?;
        Ok(adjusted.id)
    }

    fn answer(&self, read: &Read<Account>, sent: &Bookmark) -> Result<Answer<Account>, ErrorReply> {
        read.answer(sent, self.clock.now()).map_err(unexpected)
    }

    fn request(&self, customer: &str, key: &str, body: &str, bookmark: Bookmark) -> CommandRequest {
        CommandRequest {
            resource: customer.to_owned(),
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
        answer: Answer<Account>,
        item: Account,
        redemption: Option<Redemption>,
    ) -> Result<AccountBody, ErrorReply> {
        let program = self.program.in_effect().await?.ok_or(ErrorReply::Unavailable)?;
        let is_mutant = |mutant: Mutant| self.mutant == Some(mutant);
        let clock = self.clock.now();
        let known = if is_mutant(Mutant::MomentForgotten) { Time(0) } else { client.merged.moment };
        let mut account =
            if is_mutant(Mutant::HoldUnseen) { item } else { answer.view.account.clone() };
        if is_mutant(Mutant::NewestFactIgnored) {
            account.newest = None;
        }
        let standing = Standing::of(&account, &program.program, Reading { clock, seen: known });
        let bookmark = Bookmark { moment: standing.moment, ..answer.bookmark };
        let status = |one: &Redemption| {
            let is_pending = answer.view.pending.iter().any(|pending| pending.id == one.id);
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
            is_reset: answer.reset,
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

impl From<Rejection<LoyaltyRejection>> for ErrorReply {
    fn from(rejection: Rejection<LoyaltyRejection>) -> Self {
        match rejection {
            Rejection::Expired => Self::Expired,
            Rejection::Port(_) => Self::Unavailable,
            Rejection::Check(_) | Rejection::TooManyPending => Self::Declined(rejection),
            Rejection::Conflict | Rejection::Merged { .. } => unexpected(rejection),
        }
    }
}

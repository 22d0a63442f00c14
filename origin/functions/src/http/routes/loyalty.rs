//! `GET /v1/loyalty`, its entries, and the program.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain_catalog::PublicContent;
use domain_core::bookmark::Bookmark;
use domain_core::time::{MINUTE_MS, Time};
use domain_loyalty::{
    Balance, EntryKey, LedgerEntry, Multiplier, PAGE_ENTRIES_MAX, Program, Reading, Reward,
    RewardKind, Rule, Standing, Tier, read_entries,
};
use edge_wire::headers::{BOOKMARK, TAGS};
use edge_wire::problem::Code;
use edge_wire::query::parse;
use http::request::Parts;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::bookmarks::Client;
use crate::http::caller::Customer;
use crate::http::http_problem::HttpProblem;
use crate::http::response_policy::Freshness;
use crate::runtime::shop::Shop;

/// Longest id of an entry in a cursor: a kind and a cause. It becomes part of a sort key, and the
/// table rejects one above 1,024 bytes.
const ENTRY_ID_BYTES_MAX: usize = 256;
/// Default number of entries on a page.
const PAGE_ENTRIES_DEFAULT: usize = 20;

/// A customer's loyalty.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LoyaltyBody {
    customer_id: String,
    balance: BalanceBody,
    tier: TierBody,
    next_tier: Option<NextTierBody>,
    expiring: Vec<ExpiringBody>,
    /// RFC 3339: the newest entry or expiry that counts; null while nothing has happened.
    as_of: Option<String>,
    version: String,
    /// Send it with the next request.
    bookmark: String,
    /// The bookmark was ahead of the table: start over from this answer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reset: bool,
}

/// A customer's loyalty as staff see it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StandingBody {
    balance: BalanceBody,
    tier: TierBody,
    next_tier: Option<NextTierBody>,
    expiring: Vec<ExpiringBody>,
    version: String,
}

/// Points by state.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BalanceBody {
    /// Can be redeemed.
    available: i64,
    /// Earned, not yet available.
    pending: i64,
    /// Held for redemptions.
    held: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct TierBody {
    id: String,
    title: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct NextTierBody {
    id: String,
    title: String,
    /// The remaining amount, in the unit of the program's tiers.
    remaining: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct ExpiringBody {
    points: i64,
    /// RFC 3339.
    at: String,
}

/// A page of the ledger, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntriesBody {
    entries: Vec<EntryBody>,
    /// Send it as `cursor` for older ones; null at the end.
    next: Option<String>,
    bookmark: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reset: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EntryBody {
    id: String,
    kind: &'static str,
    points: i64,
    /// RFC 3339.
    at: String,
    available_at: String,
    expires_at: Option<String>,
    cause: CauseBody,
}

#[derive(Debug, Serialize, ToSchema)]
struct CauseBody {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
}

/// The program in words and numbers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgramBody {
    title: String,
    version: String,
    /// How points are earned, in the merchant's words.
    earning: String,
    /// The rules of earning.
    rules: Vec<RuleBody>,
    /// Multipliers of earned points.
    multipliers: Vec<MultiplierBody>,
    /// Days for which points stay pending.
    pending_days: u32,
    /// Days for which they can be used after that; null: without limit.
    expiry_days: Option<u32>,
    /// Minutes for which points stay held for an undecided redemption.
    hold_minutes: u64,
    /// Days that count towards a tier.
    window_days: u32,
    /// What the thresholds count: `points`, `spend` in minor units, `orders`, or `own`.
    tiers_by: &'static str,
    /// Days for which a tier remains after its threshold is no longer reached.
    tier_keep_days: u32,
    tiers: Vec<TierLevelBody>,
    rewards: Vec<RewardBody>,
}

#[derive(Debug, Serialize, ToSchema)]
struct TierLevelBody {
    id: String,
    title: String,
    /// The amount required within the window, in the unit of `tiers_by`.
    threshold: i64,
}

#[derive(Debug, Serialize, ToSchema)]
struct RuleBody {
    id: String,
    title: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct MultiplierBody {
    id: String,
    title: String,
    /// 200 is twice.
    percent: u32,
}

#[derive(Debug, Serialize, ToSchema)]
struct RewardBody {
    id: String,
    title: String,
    points: i64,
    /// `amount_off`, `percent_off`, `free_shipping` or `other`.
    kind: &'static str,
    /// Of `amount_off`, in minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    /// Of `percent_off`.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<u32>,
}

/// The page of entries that a query asks for.
pub(crate) struct Page {
    /// The most entries on it.
    pub(super) limit: usize,
    /// The last entry of the previous page; `None` asks for the first page.
    pub(super) before: Option<EntryKey>,
}

impl<S: Sync> FromRequestParts<S> for Page {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpProblem> {
        Self::read(parts.uri.query().unwrap_or_default())
    }
}

/// Balance, tier, the amount missing for the next tier, and expiries.
#[utoipa::path(get, path = "/v1/loyalty", tag = "loyalty",
    responses((status = 200, body = LoyaltyBody)))]
pub(crate) async fn show(
    State(shop): State<Arc<Shop>>,
    Client { holder: Customer(customer), view: client }: Client<Customer>,
) -> Result<Response, HttpProblem> {
    let program = shop.program().await?;
    let answer = client.answer(&shop.ledger, &customer, &shop.clock).await?;
    let reading = Reading { clock: shop.clock.now(), seen: client.merged.moment };
    let standing = Standing::of(&answer.view.account, &program.program, reading);
    let bookmark = Bookmark { moment: standing.moment, ..answer.bookmark };
    let bookmark = client.reply(&shop.config.keys, &bookmark)?;
    let body = body(customer, standing, bookmark.clone(), answer.reset);
    Ok((Freshness::of(answer.reset), [(BOOKMARK, bookmark)], Json(body)).into_response())
}

/// The ledger, newest first.
#[utoipa::path(get, path = "/v1/loyalty/entries", tag = "loyalty",
    params(("limit" = Option<u32>, Query, description = "1 to 100; the default is 20"),
        ("cursor" = Option<String>, Query, description = "`next` of the previous page")),
    responses((status = 200, body = EntriesBody)))]
pub(crate) async fn entries(
    State(shop): State<Arc<Shop>>,
    _: Customer,
    Page { limit, before }: Page,
    Client { holder: Customer(customer), view: client }: Client<Customer>,
) -> Result<Response, HttpProblem> {
    let (before, sent) = (before.as_ref(), &client.merged);
    let (page, read) = read_entries(&shop.ledger, &customer, (before, limit), sent).await?;
    let answer = read.answer(sent, shop.clock.now())?;
    let page = answer.view.page(page, before, limit, sent);
    let bookmark = client.reply(&shop.config.keys, &answer.bookmark)?;
    let body = EntriesBody {
        entries: page.entries.iter().map(entry).collect(),
        next: page.next.as_ref().map(cursor),
        bookmark: bookmark.clone(),
        reset: answer.reset,
    };
    Ok((Freshness::of(body.reset), [(BOOKMARK, bookmark)], Json(body)).into_response())
}

/// Tiers, rewards, earning in words.
#[utoipa::path(get, path = "/v1/loyalty/program", tag = "loyalty",
    responses((status = 200, body = ProgramBody)))]
pub(crate) async fn program(State(shop): State<Arc<Shop>>) -> Result<Response, HttpProblem> {
    let active = shop.program().await?;
    let body = ProgramBody::of(active.version, &active.program);
    Ok(([(TAGS, PublicContent::Program.tag())], Json(body)).into_response())
}

// === impl ProgramBody ===

impl ProgramBody {
    fn of(version: u64, program: &Program) -> Self {
        let earning = &program.earning;
        let rule = |rule: &Rule| RuleBody { id: rule.id.clone(), title: rule.title.clone() };
        let multiplier = |one: &Multiplier| MultiplierBody {
            id: one.id.clone(),
            title: one.title.clone(),
            percent: one.percent,
        };
        let tier = |tier: &Tier| TierLevelBody {
            id: tier.id.clone(),
            title: tier.title.clone(),
            threshold: tier.threshold,
        };
        Self {
            title: program.title.clone(),
            version: version.to_string(),
            earning: earning.description.clone(),
            rules: earning.rules.iter().map(rule).collect(),
            multipliers: earning.multipliers.iter().map(multiplier).collect(),
            pending_days: program.pending_days,
            expiry_days: program.expiry_days,
            hold_minutes: program.hold_ms / MINUTE_MS,
            window_days: program.window_days,
            tiers_by: program.tiers_by.unit.name(),
            tier_keep_days: program.tier_keep_days,
            tiers: program.tiers().map(tier).collect(),
            rewards: program.rewards.iter().map(RewardBody::of).collect(),
        }
    }
}

// === impl RewardBody ===

impl RewardBody {
    fn of(reward: &Reward) -> Self {
        let (amount, percent) = match reward.kind {
            RewardKind::AmountOff(amount) => (Some(amount.0), None),
            RewardKind::PercentOff(percent) => (None, Some(percent)),
            RewardKind::FreeShipping | RewardKind::Other => (None, None),
        };
        Self {
            id: reward.id.clone(),
            title: reward.title.clone(),
            points: reward.points.0,
            kind: reward.kind.name(),
            amount,
            percent,
        }
    }
}

fn body(customer_id: String, standing: Standing, bookmark: String, reset: bool) -> LoyaltyBody {
    let as_of = standing.as_of.map(|time| time.to_rfc3339());
    let StandingBody { balance, tier, next_tier, expiring, version } = StandingBody::of(standing);
    LoyaltyBody { customer_id, balance, tier, next_tier, expiring, as_of, version, bookmark, reset }
}

// === impl StandingBody ===

impl StandingBody {
    pub(super) fn of(standing: Standing) -> Self {
        Self {
            balance: standing.balance.into(),
            tier: TierBody { id: standing.tier.id, title: standing.tier.title },
            next_tier: standing.next_tier.map(|next| NextTierBody {
                id: next.id,
                title: next.title,
                remaining: next.remaining,
            }),
            expiring: standing
                .expiring
                .iter()
                .map(|lot| ExpiringBody { points: lot.points.0, at: lot.at.to_rfc3339() })
                .collect(),
            version: standing.version.to_string(),
        }
    }
}

impl From<Balance> for BalanceBody {
    fn from(balance: Balance) -> Self {
        Self { available: balance.available.0, pending: balance.pending.0, held: balance.held.0 }
    }
}

pub(super) fn entry(entry: &LedgerEntry) -> EntryBody {
    EntryBody {
        id: entry.id.clone(),
        kind: entry.kind.name(),
        points: entry.points.0,
        at: entry.at.to_rfc3339(),
        available_at: entry.available_at().to_rfc3339(),
        expires_at: entry.expires_at().map(|time| time.to_rfc3339()),
        cause: CauseBody { kind: entry.cause.kind.name(), id: entry.cause.id.clone() },
    }
}

// === impl Page ===

impl Page {
    /// Reads `limit` and `cursor`, each at most once.
    fn read(query: &str) -> Result<Self, HttpProblem> {
        let problem = |name: &str, message: &str| {
            HttpProblem::new(Code::ParameterInvalid, "See /v1/openapi.json.")
                .at(format!("query:{name}"), message)
        };
        let pairs = parse(query).map_err(|error| problem("", &error.to_string()))?;
        let (mut limit, mut before) = (None, None);
        for (name, value) in pairs {
            match name.as_ref() {
                "limit" if limit.is_none() => {
                    let parsed = value.parse().ok();
                    let in_range = parsed.filter(|limit| (1..=PAGE_ENTRIES_MAX).contains(limit));
                    limit = Some(in_range.ok_or_else(|| problem("limit", "must be 1 to 100"))?);
                }
                "cursor" if before.is_none() => {
                    let key = parse_cursor(&value);
                    before =
                        Some(key.ok_or_else(|| problem("cursor", "is not a cursor of this list"))?);
                }
                _ => return Err(problem(&name, "is unknown or repeated")),
            }
        }
        Ok(Self { limit: limit.unwrap_or(PAGE_ENTRIES_DEFAULT), before })
    }
}

/// The cursor of the entries older than `key`. It needs no signature, because it only selects a
/// position in the client's own ledger.
pub(super) fn cursor(key: &EntryKey) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}:{}", key.at.0, key.id))
}

fn parse_cursor(text: &str) -> Option<EntryKey> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let (at, id) = text.split_once(':')?;
    let at = Time(at.parse().ok()?);
    (id.len() <= ENTRY_ID_BYTES_MAX).then(|| EntryKey { at, id: id.to_owned() })
}

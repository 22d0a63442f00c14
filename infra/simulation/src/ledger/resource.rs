//! A customer's points as a client knows them: requests and answers.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain_core::id::CommandId;
use domain_core::time::Time;
use edge_wire::headers::BOOKMARK;
use http::header::AUTHORIZATION;
use http::{HeaderName, Method, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::oracle::LedgerOracle;
use crate::world::{
    CLOCK, Call, ClientRequest, Command, Resource, START, TokenMint, text, token_id,
};

/// The kind of resource.
pub(crate) struct Ledger;

/// A customer's request for a reward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redeem {
    pub(crate) reward: String,
    pub(crate) points: i64,
}

/// What a read is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LedgerRead {
    Account,
    Entries,
    Redemption(CommandId),
}

/// An answer about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LedgerBody {
    pub(crate) content: LedgerContent,
    pub(crate) bookmark: String,
    pub(crate) is_reset: bool,
    /// The clock of the instance that answered, at the start and when it was read last: for the oracle only. The
    /// answer is about a moment between them, since other parts of a request read the clock, too.
    pub(crate) start_ms: u64,
    pub(crate) clock_ms: u64,
}

/// What an answer shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LedgerContent {
    Account(ShownAccount),
    /// The ids and points of the newest entries, newest first, and whether there are older ones.
    Entries(Vec<(String, i64)>, bool),
    Redemption(ShownRedemption),
}

/// The points of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Balance {
    pub(crate) available: i64,
    pub(crate) pending: i64,
    pub(crate) held: i64,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShownAccount {
    pub(crate) version: u64,
    pub(crate) balance: Balance,
    pub(crate) tier: String,
    /// The next tier and the missing points.
    pub(crate) next: Option<(String, i64)>,
    /// Points and the time of their expiry.
    pub(crate) expiring: Vec<(i64, u64)>,
}

/// A redemption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShownRedemption {
    pub(crate) id: CommandId,
    pub(crate) status: String,
    pub(crate) code: Option<String>,
    pub(crate) balance: Balance,
}

/// The members of an answer that a client reads.
#[derive(Debug, Deserialize)]
struct Answer {
    balance: Option<Balance>,
    tier: Option<Tier>,
    next_tier: Option<Tier>,
    #[serde(default)]
    expiring: Vec<Expiring>,
    version: Option<String>,
    entries: Option<Vec<Entry>>,
    next: Option<String>,
    id: Option<String>,
    status: Option<String>,
    code: Option<String>,
    bookmark: String,
    #[serde(default)]
    reset: bool,
}

#[derive(Debug, Deserialize)]
struct Tier {
    id: String,
    #[serde(default)]
    remaining: i64,
}

#[derive(Debug, Deserialize)]
struct Expiring {
    points: i64,
    at: String,
}

#[derive(Debug, Deserialize)]
struct Entry {
    id: String,
    points: i64,
}

/// The number of entries that a client asks for.
const ENTRIES_MAX: usize = 100;

impl Resource for Ledger {
    type Action = Redeem;
    type Read = LedgerRead;
    type Body = LedgerBody;
    type Oracle = LedgerOracle;

    const FLUSH: &'static str = "loyalty.flush";
    const IS_READ_ON_CONDITION: bool = false;

    fn call_of_read(read: &LedgerRead) -> Call {
        match read {
            LedgerRead::Account => Call { method: "loyalty.balance", arguments: json!([]) },
            LedgerRead::Entries => {
                Call { method: "loyalty.entries", arguments: json!([{"limit": ENTRIES_MAX}]) }
            }
            LedgerRead::Redemption(id) => {
                Call { method: "loyalty.redemption", arguments: json!([id.to_hex()]) }
            }
        }
    }

    fn call_of_action(Redeem { reward, points }: &Redeem) -> Call {
        let arguments = json!([{"reward": reward, "points": points}, {"follow": false}]);
        Call { method: "loyalty.redeem", arguments }
    }

    fn action_of(method: &str, path: &str, body: &Value) -> Option<Redeem> {
        let is_redemption = (method, path) == ("POST", "/v1/loyalty/redemptions");
        let reward = body["reward"].as_str().filter(|_| is_redemption)?.to_owned();
        Some(Redeem { reward, points: body["points"].as_i64()? })
    }

    fn holder(headers: &BTreeMap<String, String>) -> Option<String> {
        headers.get(AUTHORIZATION.as_str()).and_then(|token| token_id(token)).map(str::to_owned)
    }

    fn customer(customer: &str) -> String {
        customer.to_owned()
    }

    fn unknown_read(path: &str) -> Option<LedgerRead> {
        let id = path.strip_prefix("/v1/loyalty/redemptions/")?;
        CommandId::from_hex(id).map(LedgerRead::Redemption)
    }

    fn read(customer: &str, read: &LedgerRead, mint: TokenMint<'_>) -> ClientRequest {
        let path = match read {
            LedgerRead::Account => "/v1/loyalty".to_owned(),
            LedgerRead::Entries => format!("/v1/loyalty/entries?limit={ENTRIES_MAX}"),
            LedgerRead::Redemption(id) => format!("/v1/loyalty/redemptions/{}", id.to_hex()),
        };
        ClientRequest::new(Method::GET, path).header(mint.customer(customer))
    }

    fn command(command: &Command<Self>, mint: TokenMint<'_>) -> ClientRequest {
        let Redeem { reward, points } = &command.action;
        ClientRequest::new(Method::POST, "/v1/loyalty/redemptions")
            .json(&json!({"reward": reward, "points": points}))
            .header(mint.customer(&command.resource))
            .key(&command.key)
    }

    fn command_id(command: &Command<Self>) -> CommandId {
        CommandId::of_key(&format!("loyalty/{}", command.resource), &command.key)
    }

    fn is_merge(_: &Command<Self>) -> bool {
        false
    }

    fn merge(_: &str) -> Option<Redeem> {
        None
    }

    fn other(action: &Redeem) -> Option<Redeem> {
        Some(Redeem { points: action.points + 1, ..action.clone() })
    }

    fn parse(answer: &Response<Bytes>) -> Result<LedgerBody, String> {
        let parsed: Answer =
            serde_json::from_slice(answer.body()).map_err(|error| error.to_string())?;
        if text(answer, &HeaderName::from_static(BOOKMARK)) != parsed.bookmark {
            return Err("header and body have different bookmarks".to_owned());
        }
        let moment = |name: &HeaderName| {
            let clock = text(answer, name);
            clock.parse().map_err(|_| format!("a clock of {clock:?}"))
        };
        let (start_ms, clock_ms) = (moment(&START)?, moment(&CLOCK)?);
        let (bookmark, is_reset) = (parsed.bookmark.clone(), parsed.reset);
        Ok(LedgerBody { content: parsed.content()?, bookmark, is_reset, start_ms, clock_ms })
    }

    fn bookmark(body: &LedgerBody) -> &str {
        &body.bookmark
    }

    /// Three kinds of answers share a view, so none is read on a condition.
    fn etag(_: &LedgerBody) -> &str {
        ""
    }
}

// === impl LedgerBody ===

impl LedgerBody {
    /// The available points, if it shows any.
    pub(crate) fn available(&self) -> Option<i64> {
        match &self.content {
            LedgerContent::Account(account) => Some(account.balance.available),
            LedgerContent::Redemption(redemption) => Some(redemption.balance.available),
            LedgerContent::Entries(..) => None,
        }
    }
}

// === impl Answer ===

impl Answer {
    fn content(self) -> Result<LedgerContent, String> {
        if let Some(entries) = self.entries {
            let entries = entries.into_iter().map(|one| (one.id, one.points)).collect();
            return Ok(LedgerContent::Entries(entries, self.next.is_some()));
        }
        let balance = self.balance.ok_or("no balance")?;
        if let (Some(id), Some(status)) = (self.id, self.status) {
            let id = CommandId::from_hex(&id).ok_or_else(|| format!("the id {id}"))?;
            let redemption = ShownRedemption { id, status, code: self.code, balance };
            return Ok(LedgerContent::Redemption(redemption));
        }
        let expiring = self.expiring.into_iter().map(|one| {
            let at = Time::from_rfc3339(&one.at).ok_or_else(|| format!("the time {}", one.at))?;
            Ok::<_, String>((one.points, at.0))
        });
        let version = self.version.and_then(|text| text.parse().ok()).ok_or("no version")?;
        Ok(LedgerContent::Account(ShownAccount {
            version,
            balance,
            tier: self.tier.ok_or("no tier")?.id,
            next: self.next_tier.map(|next| (next.id, next.remaining)),
            expiring: expiring.collect::<Result<_, _>>()?,
        }))
    }
}

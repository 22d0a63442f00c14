//! A shop's traffic in a month, and assumptions about durations.

use serde::{Deserialize, Serialize};

use crate::error::CostError;
use crate::money::Decimal;
use crate::prices::{form, read};

/// The profiles that come with this crate, by name.
pub const BUILT_IN: [(&str, &str); 2] = [
    ("orders", include_str!("../profiles/orders.json")),
    ("million", include_str!("../profiles/million.json")),
];
/// Most of anything in a month: a thousand billion. Products of such numbers do not overflow.
const COUNT_MAX: u64 = 1_000_000_000_000;

/// A month of traffic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// One line.
    pub title: String,
    /// Further assumptions as text.
    #[serde(default)]
    pub assumes: Vec<String>,
    /// A published price of such a month.
    pub claim: Option<Claim>,
    /// The region of everything but the edge.
    pub region: String,
    /// The functions' architecture.
    pub architecture: Architecture,
    /// The form of the edge function.
    pub edge: EdgeForm,
    /// Reads.
    pub reads: Reads,
    /// Commands and other writes.
    pub writes: Writes,
    /// Shopify's webhooks.
    pub webhooks: Webhooks,
    /// Products and programs published.
    pub publications: u64,
    /// The ratio of the busiest second to the average one.
    pub peak_factor: u64,
    /// Warm environments.
    pub warm: Warm,
    /// Values that can only be measured on AWS.
    pub assumed: Assumed,
    /// Costs that do not depend on traffic.
    pub fixed: Fixed,
}

/// A published price to compare with ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// `USD` or `INR`.
    pub currency: String,
    /// The lower bound.
    pub from: Decimal,
    /// The upper bound.
    pub to: Decimal,
    /// The traffic that the source states.
    pub says: String,
}

/// Of Lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Architecture {
    /// The default.
    #[serde(rename = "x86_64")]
    X86,
    /// A fifth cheaper.
    #[serde(rename = "arm64")]
    Arm64,
}

/// Of the viewer-request function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EdgeForm {
    /// The default.
    CloudfrontFunction,
    /// The Rust function as WebAssembly.
    LambdaAtEdge,
}

/// Reads by function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reads {
    /// Products, resolutions, the program: the same for all viewers.
    pub product: Read,
    /// The cart.
    pub cart: Read,
    /// Balance and entries.
    pub loyalty: Read,
}

/// One kind of reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// How many.
    pub a_month: u64,
    /// Of a hundred, answered by the edge.
    pub edge_hits_percent: u64,
    /// Of a hundred that reach a function, answered from its memory.
    pub memory_hits_percent: u64,
    /// Size of an answer with its headers.
    pub bytes: u64,
}

/// Commands and other writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Writes {
    /// Adds, changes, removals.
    pub cart_commands: u64,
    /// Carts and sessions opened: tokens, which cost no write.
    pub tokens: u64,
    /// Hand-overs to Shopify.
    pub checkouts: u64,
    /// Selections saved to be shared.
    pub selections: u64,
    /// Points spent.
    pub redemptions: u64,
    /// Size of a request's body.
    pub bytes_in: u64,
    /// Size of an answer with its headers.
    pub bytes_out: u64,
    /// Of a hundred personal reads and writes, preceded by a preflight, which the edge answers.
    pub preflights_percent: u64,
}

/// Deliveries of webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// Orders; each has two webhooks, when it is created and when it is paid.
    pub orders: Orders,
    /// Refunds.
    pub refunds: u64,
    /// Of every other topic.
    pub others: u64,
    /// Size of a payload.
    pub bytes: u64,
}

/// Orders of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Orders {
    /// How many.
    pub a_month: u64,
    /// Of a hundred, handed over from one of our carts.
    pub from_carts_percent: u64,
}

/// Warm environments of each read function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warm {
    /// Always.
    pub environments: u64,
    /// During campaigns.
    pub campaign_environments: u64,
    /// Hours of campaigns in a month.
    pub campaign_hours: u64,
}

/// Times and sizes that can only be measured on AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumed {
    /// A function's own work without waiting, ms.
    pub own_ms: u64,
    /// A call of DynamoDB, ms.
    pub table_call_ms: u64,
    /// A call of EventBridge, ms.
    pub publish_ms: u64,
    /// The edge function on Lambda@Edge, ms.
    pub edge_ms: u64,
    /// Messages in one batch of a consumer.
    pub messages_per_batch: u64,
    /// Of a hundred invocations, those whose start and report are logged.
    pub logged_percent: u64,
}

/// Resources that exist all month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixed {
    /// Bytes in both tables.
    pub table_bytes: u64,
    /// Alarms.
    pub alarms: u64,
    /// Dashboards.
    pub dashboards: u64,
    /// Secrets.
    pub secrets: u64,
}

// === impl Profile ===

impl Profile {
    /// Reads a profile; `what` names it in errors.
    ///
    /// # Errors
    /// Not JSON, not of this form, or a number out of range.
    pub fn parse(what: &str, text: &str) -> Result<Self, CostError> {
        let fix = "`forecourt cost orders --show` prints a profile to start from";
        let profile: Self = read(what, text, fix)?;
        for (at, number, least, most) in profile.bounds() {
            if !(least..=most).contains(&number) {
                let problem = format!("is {number}");
                let fix = format!("write a number from {least} to {most}");
                return Err(form(what, at, problem, fix));
            }
        }
        if let Some(claim) = &profile.claim
            && !["USD", "INR"].contains(&claim.currency.as_str())
        {
            let problem = format!("is {:?}", claim.currency);
            return Err(form(what, "claim.currency".into(), problem, "write USD or INR".into()));
        }
        Ok(profile)
    }

    /// Every number with its bounds.
    fn bounds(&self) -> Vec<(String, u64, u64, u64)> {
        let Self { reads, writes, webhooks, warm, assumed, fixed, .. } = self;
        let mut bounds = Vec::new();
        let mut bound = |at: &str, number, least, most| {
            bounds.push((at.to_owned(), number, least, most));
        };
        for (name, read) in
            [("product", reads.product), ("cart", reads.cart), ("loyalty", reads.loyalty)]
        {
            bound(&format!("reads.{name}.a_month"), read.a_month, 0, COUNT_MAX);
            let percents = [
                ("edge_hits_percent", read.edge_hits_percent),
                ("memory_hits_percent", read.memory_hits_percent),
            ];
            for (percent, number) in percents {
                bound(&format!("reads.{name}.{percent}"), number, 0, 100);
            }
            bound(&format!("reads.{name}.bytes"), read.bytes, 0, 5 << 20);
        }
        let counts = [
            ("writes.cart_commands", writes.cart_commands),
            ("writes.tokens", writes.tokens),
            ("writes.checkouts", writes.checkouts),
            ("writes.selections", writes.selections),
            ("writes.redemptions", writes.redemptions),
            ("webhooks.orders.a_month", webhooks.orders.a_month),
            ("webhooks.refunds", webhooks.refunds),
            ("webhooks.others", webhooks.others),
            ("publications", self.publications),
            ("fixed.alarms", fixed.alarms),
            ("fixed.dashboards", fixed.dashboards),
            ("fixed.secrets", fixed.secrets),
        ];
        counts.into_iter().for_each(|(at, number)| bound(at, number, 0, COUNT_MAX));
        bound("fixed.table_bytes", fixed.table_bytes, 0, COUNT_MAX * 1_000);
        bound("writes.bytes_in", writes.bytes_in, 0, 64 << 10);
        bound("writes.bytes_out", writes.bytes_out, 0, 5 << 20);
        bound("writes.preflights_percent", writes.preflights_percent, 0, 100);
        let from_carts = webhooks.orders.from_carts_percent;
        bound("webhooks.orders.from_carts_percent", from_carts, 0, 100);
        bound("webhooks.bytes", webhooks.bytes, 0, 5 << 20);
        bound("peak_factor", self.peak_factor, 1, 100_000);
        bound("warm.environments", warm.environments, 0, 10_000);
        bound("warm.campaign_environments", warm.campaign_environments, 0, 10_000);
        bound("warm.campaign_hours", warm.campaign_hours, 0, crate::usage::HOURS);
        let times = [
            ("assumed.own_ms", assumed.own_ms),
            ("assumed.table_call_ms", assumed.table_call_ms),
            ("assumed.publish_ms", assumed.publish_ms),
            ("assumed.edge_ms", assumed.edge_ms),
        ];
        times.into_iter().for_each(|(at, number)| bound(at, number, 1, 30_000));
        bound("assumed.messages_per_batch", assumed.messages_per_batch, 1, 10);
        bound("assumed.logged_percent", assumed.logged_percent, 0, 100);
        bounds
    }
}

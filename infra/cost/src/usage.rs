//! The usage of every counted item in a month of a profile.

use std::collections::BTreeMap;

use edge_wire::function::{ConsumerFunction, Function, HttpFunction};

use crate::deployed::{memory_mb, queues};
use crate::footprint::{Footprint, Operation};
use crate::item::Item;
use crate::profile::{Architecture, EdgeForm, Profile, Read};

/// Hours of a month in AWS's own examples.
pub(crate) const HOURS: u64 = 730;
/// Milliseconds of an hour.
const HOUR_MS: u64 = 3_600_000;
/// Events and messages are charged by chunks of this size (EventBridge and SQS pricing).
const CHUNK_BYTES: u64 = 64 * 1024;
/// Long polls of one queue at the same time: an event source mapping with a maximum concurrency
/// never has fewer (Lambda Developer Guide, "Configuring scaling behavior for SQS event source
/// mappings").
const POLLERS: u64 = 5;
/// Long polls an hour of one poller: each waits 20 s, SQS's maximum.
const POLLS_AN_HOUR: u64 = 180;
/// Days that the archive stores events (`infra/cdk/lib/events.ts`), and that logs are stored.
const ARCHIVE_DAYS: u64 = 20;
const LOG_DAYS: u64 = 14;
const MONTH_DAYS: u64 = 30;
/// Memory of the edge function on Lambda@Edge, MB.
const EDGE_MB: u64 = 128;
/// Bytes of the response to a webhook or a preflight, with headers.
const EMPTY_ANSWER_BYTES: u64 = 600;
/// Lines that Lambda itself writes for an invocation in its JSON format (Lambda Developer Guide,
/// "Lambda Telemetry API Event schema reference").
const PLATFORM_LINES: [&str; 2] = [
    r#"{"time":"2026-11-20T07:00:00.000Z","type":"platform.start","record":{"requestId":"6f7f0961-f834-4211-8aa5-40fc0fdb39b3","functionArn":"arn:aws:lambda:us-east-1:111122223333:function:forecourt-staging-cart-read:live","version":"17"}}"#,
    r#"{"time":"2026-11-20T07:00:00.012Z","type":"platform.report","record":{"requestId":"6f7f0961-f834-4211-8aa5-40fc0fdb39b3","metrics":{"durationMs":11.482,"billedDurationMs":12,"memorySizeMB":512,"maxMemoryUsedMB":41},"status":"success"}}"#,
];
/// The access log's line of one request through the HTTP API, in `infra/cdk/lib/edge.ts`'s format.
const ACCESS_LINE: &str = r#"{"at":"1795251600000","route":"ANY /v1/cart/lines/{rest+}","status":"202","ms":"57","error":"-","id":"JKJaXmPLvHcESHA="}"#;

/// The work of one kind of one function in a month.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work {
    pub(crate) function: Function,
    pub(crate) times: u64,
    /// The usage of one such work.
    pub(crate) takes: Footprint,
    pub(crate) by: Through,
}

/// How work reaches its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Through {
    /// A function URL.
    Url,
    /// The HTTP API.
    Api,
    /// A queue.
    Queue,
}

/// The quantity of every counted item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage(pub(crate) BTreeMap<Item, u128>);

// === impl Usage ===

impl Usage {
    /// The usage of a month.
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
        let mut usage = Self::default();
        usage.edge(profile);
        for work in work(profile) {
            usage.work(profile, &work);
        }
        usage.warm(profile);
        usage.fixed(profile);
        usage
    }

    /// The quantity of `item`.
    #[must_use]
    pub fn get(&self, item: Item) -> u128 {
        self.0.get(&item).copied().unwrap_or_default()
    }

    fn add(&mut self, item: Item, amount: u128) {
        if amount > 0 {
            *self.0.entry(item).or_default() += amount;
        }
    }

    fn edge(&mut self, profile: &Profile) {
        let traffic = EdgeTraffic::of(profile);
        let requests = u128::from(traffic.requests);
        self.add(Item::EdgeRequests, requests);
        self.add(Item::EdgeBytesOut, traffic.bytes_out);
        self.add(Item::EdgeBytesToOrigin, traffic.bytes_to_origin);
        match profile.edge {
            EdgeForm::CloudfrontFunction => {
                self.add(Item::EdgeFunctionCalls, requests);
                // Each call reads the configuration.
                self.add(Item::EdgeStoreReads, requests);
            }
            EdgeForm::LambdaAtEdge => {
                self.add(Item::EdgeLambdaRequests, requests);
                let mb_ms = EDGE_MB * profile.assumed.edge_ms;
                self.add(Item::EdgeLambdaTime, requests * u128::from(mb_ms));
            }
        }
        self.add(Item::Invalidations, u128::from(profile.publications));
    }

    fn work(&mut self, profile: &Profile, work: &Work) {
        let Work { function, times, takes, by } = *work;
        let of = |each: u64| u128::from(times) * u128::from(each);
        let invocations = invocations(profile, work);
        self.add(Item::LambdaRequests, u128::from(invocations));
        let memory = memory_mb(function).unwrap_or_default();
        let is_warm = by == Through::Url && profile.warm.environments > 0;
        let time = match (profile.architecture, is_warm) {
            (Architecture::X86, false) => Item::LambdaTimeX86,
            (Architecture::X86, true) => Item::LambdaWarmTimeX86,
            (Architecture::Arm64, false) => Item::LambdaTimeArm64,
            (Architecture::Arm64, true) => Item::LambdaWarmTimeArm64,
        };
        self.add(time, of(memory * duration_ms(profile, &takes)));
        self.add(Item::TableWrites, of(takes.write_units));
        self.add(Item::TableReads, of(takes.read_halves));
        if let Some(event_bytes) = takes.event_bytes.checked_div(takes.events) {
            let chunks = chunks(event_bytes);
            self.add(Item::Events, of(takes.events * chunks));
            // The rule sends each message; the poller receives and deletes a batch at once.
            let sent = of(takes.messages * chunks);
            self.add(Item::QueueRequests, sent);
            let polled = 2 * of(takes.messages * chunks);
            let batch = u128::from(profile.assumed.messages_per_batch);
            self.add(Item::QueueRequests, polled.div_ceil(batch));
            self.add(Item::ArchivedBytes, of(takes.event_bytes));
            let stored = of(takes.event_bytes) * u128::from(ARCHIVE_DAYS);
            self.add(Item::ArchiveStored, stored / u128::from(MONTH_DAYS));
        }
        if by == Through::Api {
            self.add(Item::ApiRequests, u128::from(times));
            self.log(of(ACCESS_LINE.len() as u64));
        }
        self.log(of(takes.log_bytes));
        let platform: usize = PLATFORM_LINES.iter().map(|line| line.len()).sum();
        let logged = u128::from(invocations) * u128::from(profile.assumed.logged_percent) / 100;
        self.log(logged * platform as u128);
    }

    fn log(&mut self, bytes: u128) {
        self.add(Item::LogBytes, bytes);
        self.add(Item::LogStored, bytes * u128::from(LOG_DAYS) / u128::from(MONTH_DAYS));
    }

    fn warm(&mut self, profile: &Profile) {
        let warm = profile.warm;
        let quiet = HOURS - warm.campaign_hours;
        let most = warm.campaign_environments.max(warm.environments);
        let hours = warm.environments * quiet + most * warm.campaign_hours;
        let reads = HttpFunction::ALL.iter().filter(|function| !function.is_behind_api());
        let memory = reads.filter_map(|function| memory_mb(Function::Http(*function)));
        let memory: u64 = memory.sum();
        let item = match profile.architecture {
            Architecture::X86 => Item::LambdaWarmX86,
            Architecture::Arm64 => Item::LambdaWarmArm64,
        };
        self.add(item, u128::from(hours) * u128::from(memory) * u128::from(HOUR_MS));
    }

    fn fixed(&mut self, profile: &Profile) {
        let fixed = profile.fixed;
        self.add(Item::TableStored, u128::from(fixed.table_bytes));
        self.add(Item::TableBackup, u128::from(fixed.table_bytes));
        self.add(Item::Alarms, u128::from(fixed.alarms));
        self.add(Item::Dashboards, u128::from(fixed.dashboards));
        self.add(Item::Secrets, u128::from(fixed.secrets));
        let polls = queues() * POLLERS * POLLS_AN_HOUR * HOURS;
        self.add(Item::QueueRequests, u128::from(polls));
    }
}

/// The traffic through the edge in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EdgeTraffic {
    pub(crate) requests: u64,
    pub(crate) bytes_out: u128,
    bytes_to_origin: u128,
}

// === impl EdgeTraffic ===

impl EdgeTraffic {
    pub(crate) fn of(profile: &Profile) -> Self {
        let Profile { reads, writes, .. } = profile;
        let webhooks = deliveries(profile);
        let sent = writes.cart_commands + writes.tokens + writes.checkouts + writes.selections;
        let sent = sent + writes.redemptions;
        let personal = reads.cart.a_month + reads.loyalty.a_month + sent;
        let preflights = percent(personal, writes.preflights_percent);
        let bytes = |times: u64, each: u64| u128::from(times) * u128::from(each);
        let read = |read: Read| bytes(read.a_month, read.bytes);
        Self {
            requests: reads.product.a_month + personal + preflights + webhooks,
            bytes_out: read(reads.product)
                + read(reads.cart)
                + read(reads.loyalty)
                + bytes(sent, writes.bytes_out)
                + bytes(preflights + webhooks, EMPTY_ANSWER_BYTES),
            bytes_to_origin: bytes(sent, writes.bytes_in) + bytes(webhooks, profile.webhooks.bytes),
        }
    }
}

/// Webhooks of a month.
pub(crate) fn deliveries(profile: &Profile) -> u64 {
    let webhooks = &profile.webhooks;
    2 * webhooks.orders.a_month + webhooks.refunds + webhooks.others
}

/// All work of functions and consumers in a month.
pub(crate) fn work(profile: &Profile) -> Vec<Work> {
    use Operation as Op;
    let Profile { reads, writes, webhooks, .. } = profile;
    let mut all = Vec::new();
    let mut work = |function, by, times, takes| all.push(Work { function, times, takes, by });
    let read = [
        (HttpFunction::ConfiguratorRead, reads.product, Op::ReadProduct),
        (HttpFunction::CartRead, reads.cart, Op::ReadCart),
        (HttpFunction::LoyaltyRead, reads.loyalty, Op::ReadLoyalty),
    ];
    for (function, read, operation) in read {
        let reached = read.a_month - percent(read.a_month, read.edge_hits_percent);
        let remembered = percent(reached, read.memory_hits_percent);
        work(Function::Http(function), Through::Url, remembered, Footprint::default());
        work(Function::Http(function), Through::Url, reached - remembered, operation.footprint());
    }
    let sent = [
        (writes.cart_commands, Op::AcceptCommand.footprint()),
        (writes.tokens, Footprint::default()),
        (writes.checkouts, Op::CheckOut.footprint()),
        (writes.selections, Op::SaveSelection.footprint()),
        (writes.redemptions, Op::AcceptRedemption.footprint()),
    ];
    for (times, takes) in sent {
        work(Function::Http(HttpFunction::Commands), Through::Api, times, takes);
    }
    let webhook = |messages| Footprint {
        event_bytes: Op::ReceiveWebhook.footprint().event_bytes + webhooks.bytes,
        messages,
        ..Op::ReceiveWebhook.footprint()
    };
    let orders = webhooks.orders.a_month;
    let received = [
        // `orders/paid` goes to the ledger's queue and the carts', `orders/create` to the carts' only.
        (orders, webhook(2)),
        (orders + webhooks.refunds, webhook(1)),
        // No queue takes the others.
        (webhooks.others, webhook(0)),
    ];
    for (times, takes) in received {
        work(Function::Http(HttpFunction::Webhooks), Through::Api, times, takes);
    }
    let linked = percent(orders, webhooks.orders.from_carts_percent);
    let applied = [
        (ConsumerFunction::Cart, writes.cart_commands, Op::ApplyCommand),
        (ConsumerFunction::Cart, linked, Op::TakeFromCart),
        (ConsumerFunction::Cart, linked, Op::TakeFromCartAgain),
        (ConsumerFunction::Cart, 2 * (orders - linked), Op::TakeFromNoCart),
        (ConsumerFunction::Loyalty, orders, Op::AbsorbPaid),
        (ConsumerFunction::Loyalty, webhooks.refunds, Op::AbsorbRefund),
        (ConsumerFunction::Loyalty, writes.redemptions, Op::CarryRedemption),
    ];
    for (function, times, operation) in applied {
        work(Function::Consumer(function), Through::Queue, times, operation.footprint());
    }
    all
}

/// Invocations that do this work.
pub(crate) fn invocations(profile: &Profile, work: &Work) -> u64 {
    match work.by {
        Through::Queue => work.times.div_ceil(profile.assumed.messages_per_batch),
        _ => work.times,
    }
}

/// The duration of one such work, ms: its calls are sequential.
pub(crate) fn duration_ms(profile: &Profile, takes: &Footprint) -> u64 {
    let assumed = profile.assumed;
    assumed.own_ms
        + takes.table_calls * assumed.table_call_ms
        + takes.publishes * assumed.publish_ms
}

fn percent(of: u64, percent: u64) -> u64 {
    of / 100 * percent + of % 100 * percent / 100
}

fn chunks(bytes: u64) -> u64 {
    bytes.div_ceil(CHUNK_BYTES).max(1)
}

//! Maintenance of a bus and the table beside it. Errors are one line for the terminal.

use domain_cart::{CartEvent, Reissue, reissue};
use domain_core::resource::CommandEvent as _;
use domain_core::time::Time;
use infra_bus::{Bus, Entry, Redrive, Replay};
use infra_dynamo::{Embedded, Partitions};
use origin_adapters::CartRepository;
use origin_adapters::schema::{CARTS_BEGIN_WITH, HOT_KEY};
use origin_adapters::table::SharedTable;
use origin_functions::consumers::{OrderReading, Orders};
use origin_functions::runtime::clock::Clock;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::messages::{
    DeadLetter, PageRequest, RedriveRejection, RedriveRequest, RedriveResult, ReplayRequest,
    ReplayResult, Selector,
};
use crate::demo;
use crate::wiring::CART_QUEUE;

/// The demo shop's carts, as partitions.
const CARTS: Partitions<'static> =
    Partitions { table: demo::HOT_TABLE, keys: &HOT_KEY, prefix: CARTS_BEGIN_WITH };

/// Why a replay of carts is rejected.
const NOT_EMPTY: &str = "the table holds carts, and a replay fills an empty table only: a cart \
    would reject commands it no longer remembers. Stop Forecourt and add --fresh to rebuild all carts \
    from the archive, or replay another rule with --rule";

/// Maintains one data folder.
#[derive(Clone)]
pub(crate) struct Maintenance {
    bus: Bus,
    table: Embedded,
    carts: CartRepository,
    orders: Orders,
    clock: Clock,
    is_served: bool,
}

/// The payload of an event.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    detail: &'a RawValue,
}

// === impl Maintenance ===

impl Maintenance {
    /// Maintenance of a running process's data, or of files at rest.
    pub(crate) fn new(
        bus: Bus,
        table: Embedded,
        tables: &SharedTable,
        orders: Orders,
        is_served: bool,
    ) -> Self {
        let carts = CartRepository::new(tables);
        Self { bus, table, carts, orders, clock: Clock::system(), is_served }
    }

    /// The names of the queues.
    pub(crate) fn queues(&self) -> impl Iterator<Item = &str> {
        self.bus.queues()
    }

    /// A page of a queue's dead letters.
    pub(crate) async fn dead_letters(&self, page: &PageRequest) -> Result<Vec<DeadLetter>, String> {
        self.expect_queue(&page.queue)?;
        let page = self.bus.dead_letters(&page.queue, page.after).await.map_err(message)?;
        page.into_iter().map(DeadLetter::try_from).collect()
    }

    /// Delivers dead letters again.
    pub(crate) async fn redrive(&self, request: &RedriveRequest) -> Result<RedriveResult, String> {
        let (queues, ids) = match &request.selector {
            Selector::All => (self.queues().collect(), None),
            Selector::Queue(queue) => (vec![self.expect_queue(queue)?], None),
            Selector::Ids(ids) => (self.queues().collect(), Some(ids.as_slice())),
        };
        let mut redriven = RedriveResult::default();
        for queue in queues {
            if request.as_new && queue == CART_QUEUE {
                self.reissue(ids, &mut redriven).await?;
                continue;
            }
            let selection = ids.map_or(Redrive::All, |ids| Redrive::Ids(ids.to_vec()));
            redriven.redriven += self.bus.redrive(queue, selection).await.map_err(message)?;
        }
        let handled = redriven.redriven + redriven.reissued + redriven.rejections.len() as u64;
        match ids {
            Some(ids) if handled < ids.len() as u64 => {
                Err(format!("only {handled} of these {} dead letters exist", ids.len()))
            }
            _ => Ok(redriven),
        }
    }

    /// Publishes commands that came too late again, at a new time; redrives the others.
    async fn reissue(
        &self,
        ids: Option<&[u64]>,
        redriven: &mut RedriveResult,
    ) -> Result<(), String> {
        let (mut after, newest) = (0, self.newest_letter(CART_QUEUE).await?);
        loop {
            let page = self.bus.dead_letters(CART_QUEUE, after).await.map_err(message)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            let is_selected = |letter: &&infra_bus::DeadLetter| {
                letter.id <= newest && ids.is_none_or(|ids| ids.contains(&letter.id))
            };
            for letter in page.iter().filter(is_selected) {
                self.reissue_one(letter, redriven).await?;
            }
            if after >= newest {
                return Ok(());
            }
        }
    }

    /// The last dead letter of the queue now: a redriven one may come back at once.
    async fn newest_letter(&self, queue: &str) -> Result<u64, String> {
        let mut newest = 0;
        loop {
            let page = self.bus.dead_letters(queue, newest).await.map_err(message)?;
            let Some(last) = page.last() else { return Ok(newest) };
            newest = last.id;
        }
    }

    async fn reissue_one(
        &self,
        letter: &infra_bus::DeadLetter,
        redriven: &mut RedriveResult,
    ) -> Result<(), String> {
        let verdict = match command_of(&self.orders, &letter.body) {
            Some(event) => reissue(&self.carts, &event, self.clock.now()).await.map_err(message)?,
            // Not a command: the consumer rejects it again.
            None => Reissue::Unchanged,
        };
        match verdict {
            Reissue::Unchanged => {
                let one = Redrive::Ids(vec![letter.id]);
                redriven.redriven += self.bus.redrive(CART_QUEUE, one).await.map_err(message)?;
            }
            Reissue::TooOld => {
                let reason = "too old: the cart no longer remembers whether it has it".to_owned();
                redriven.rejections.push(RedriveRejection { id: letter.id, reason });
            }
            Reissue::Restamped(event) => {
                // Put before discard: if the process ends in between, the same command goes out
                // twice, and the cart recognises its id.
                let event = event.to_event();
                let mut entry =
                    Entry::new(event.kind.source(), event.kind.detail_type(), event.detail);
                entry.event_bus_name = Some(demo::BUS.to_owned());
                let put = self.bus.put(&[entry]).await.map_err(message)?;
                if let Some(Err(error)) = put.first() {
                    return Err(error.error_message.clone());
                }
                self.bus.discard(CART_QUEUE, letter.id).await.map_err(message)?;
                redriven.reissued += 1;
            }
        }
        Ok(())
    }

    /// Delivers archived events again.
    pub(crate) async fn replay(&self, request: ReplayRequest) -> Result<ReplayResult, String> {
        if request.rule.as_deref().is_none_or(|rule| rule == CART_QUEUE) {
            self.expect_no_carts(request.fresh).await?;
        }
        let generated = || format!("replay-{}", self.clock.now().unix_s());
        let mut replay = Replay::named(request.name.unwrap_or_else(generated));
        let (first, last) = (*replay.time_s.start(), *replay.time_s.end());
        replay.time_s = request.from_s.unwrap_or(first)..=request.to_s.unwrap_or(last);
        replay.rules = request.rule.map(|rule| vec![rule]);
        let deliveries = self.bus.replay(&replay).await.map_err(message)?;
        Ok(ReplayResult { name: replay.name, deliveries, is_served: self.is_served })
    }

    async fn expect_no_carts(&self, delete: bool) -> Result<(), String> {
        if delete && self.is_served {
            return Err(
                "--fresh deletes the carts: stop Forecourt first, start it after".to_owned()
            );
        }
        let table = self.table.clone();
        let check = move || match delete {
            true => table.delete(&CARTS).map(|_| false),
            false => table.holds_any(&CARTS),
        };
        let holds_any =
            tokio::task::spawn_blocking(check).await.map_err(message)?.map_err(message)?;
        if holds_any { Err(NOT_EMPTY.to_owned()) } else { Ok(()) }
    }

    fn expect_queue<'a>(&self, queue: &'a str) -> Result<&'a str, String> {
        if self.queues().any(|name| name == queue) {
            return Ok(queue);
        }
        let all: Vec<_> = self.queues().collect();
        Err(format!("there is no queue `{queue}`; there are {}", all.join(", ")))
    }
}

// === impl DeadLetter ===

impl TryFrom<infra_bus::DeadLetter> for DeadLetter {
    type Error = String;

    fn try_from(letter: infra_bus::DeadLetter) -> Result<Self, String> {
        Ok(Self {
            id: letter.id,
            queue: letter.queue,
            reason: letter.reason,
            attempts: letter.attempts,
            sent_at: Time(letter.sent_ms).to_rfc3339(),
            died_at: Time(letter.died_ms).to_rfc3339(),
            event: RawValue::from_string(letter.body).map_err(message)?,
        })
    }
}

fn message(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The command in an event of the carts' queue: a shopper's, or an order's.
fn command_of(orders: &Orders, body: &str) -> Option<CartEvent> {
    let Envelope { detail } = serde_json::from_str(body).ok()?;
    if let Ok(event) = serde_json::from_str(detail.get()) {
        return Some(event);
    }
    match orders.read(detail.get()) {
        Ok(OrderReading::Bought(event)) => Some(event),
        _ => None,
    }
}

//! The keeper: carries out an order on a bus and the table beside it.

use infra_bus::{Bus, DeadLetter, Entry, Redrive, Replay};
use infra_dynamo::{Embedded, Partitions};
use origin_adapters::schema::{CARTS_BEGIN_WITH, HOT_KEY};
use origin_adapters::{Aws, DynamoCarts};
use origin_domain::cart::{CartEvent, Reissue, reissue};
use origin_domain::time::Time;
use origin_functions::clock::Clock;
use origin_functions::consume::Told;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use super::order::{Letter, Order, Redriven, Refused, ReplayOrder, Replayed, Report, Which};
use crate::demo;
use crate::local::orders;
use crate::wiring::CART_QUEUE;

/// The demo shop's carts, as partitions.
const CARTS: Partitions<'static> =
    Partitions { table: demo::HOT_TABLE, keys: &HOT_KEY, prefix: CARTS_BEGIN_WITH };

/// Why a replay of carts is refused.
const NOT_EMPTY: &str = "the table holds carts, and a replay fills an empty table only: a cart \
    would refuse what it no longer remembers. Stop Forecourt and add --fresh to rebuild all carts \
    from the archive, or replay another rule with --rule";

/// Looks after one data folder.
#[derive(Clone)]
pub(crate) struct Keeper {
    bus: Bus,
    table: Embedded,
    carts: DynamoCarts,
    clock: Clock,
    is_served: bool,
}

/// The part of an event that says what happened.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    detail: &'a RawValue,
}

/// Where reports go; its other end bounds how many wait.
pub(crate) type Reports = mpsc::Sender<Report>;

// === impl Keeper ===

impl Keeper {
    /// A keeper of what a process serves, or of files at rest.
    pub(crate) fn new(bus: Bus, table: Embedded, aws: &Aws, is_served: bool) -> Self {
        Self { bus, table, carts: DynamoCarts::new(aws), clock: Clock::system(), is_served }
    }

    /// Carries out an order; the reports end when it is done.
    ///
    /// # Errors
    /// One line for whoever gave the order.
    pub(crate) async fn carry_out(&self, order: Order, reports: &Reports) -> Result<(), String> {
        let report = match order {
            Order::List { queue } => return self.list(queue.as_deref(), reports).await,
            Order::Redrive { which, as_new } => {
                Report::Redriven(self.redrive(&which, as_new).await?)
            }
            Order::Replay(order) => Report::Replayed(self.replay(order).await?),
        };
        // Whoever has gone away does not want to know.
        let _ = reports.send(report).await;
        Ok(())
    }

    async fn list(&self, queue: Option<&str>, reports: &Reports) -> Result<(), String> {
        for queue in self.queues(queue)? {
            let mut after = 0;
            loop {
                let page = self.bus.dead_letters(queue, after).await.map_err(told)?;
                let Some(last) = page.last() else { break };
                after = last.id;
                for letter in page {
                    let letter = Letter::try_from(letter)?;
                    if reports.send(Report::Letter(letter)).await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    async fn redrive(&self, which: &Which, as_new: bool) -> Result<Redriven, String> {
        let mut redriven = Redriven::default();
        let named = if let Which::Queue(queue) = which { Some(queue.as_str()) } else { None };
        let asked = if let Which::Ids(ids) = which { Some(ids.as_slice()) } else { None };
        for queue in self.queues(named)? {
            if as_new && queue == CART_QUEUE {
                self.issue_anew(asked, &mut redriven).await?;
                continue;
            }
            let which = asked.map_or(Redrive::All, |ids| Redrive::Ids(ids.to_vec()));
            redriven.redriven += self.bus.redrive(queue, which).await.map_err(told)?;
        }
        let found = redriven.redriven + redriven.issued_anew + redriven.refused.len() as u64;
        match asked {
            Some(ids) if found < ids.len() as u64 => {
                Err(format!("only {found} of these {} dead letters were there", ids.len()))
            }
            _ => Ok(redriven),
        }
    }

    /// Gives commands that came too late a new time; what does not need one is redriven.
    async fn issue_anew(
        &self,
        asked: Option<&[u64]>,
        redriven: &mut Redriven,
    ) -> Result<(), String> {
        let (mut after, newest) = (0, self.newest_letter(CART_QUEUE).await?);
        loop {
            let page = self.bus.dead_letters(CART_QUEUE, after).await.map_err(told)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            let asked = |letter: &&DeadLetter| {
                letter.id <= newest && asked.is_none_or(|ids| ids.contains(&letter.id))
            };
            for letter in page.iter().filter(asked) {
                self.issue_one_anew(letter, redriven).await?;
            }
            if after >= newest {
                return Ok(());
            }
        }
    }

    /// The end of the queue's dead letters as they are now: what is redriven may be back at once.
    async fn newest_letter(&self, queue: &str) -> Result<u64, String> {
        let mut newest = 0;
        loop {
            let page = self.bus.dead_letters(queue, newest).await.map_err(told)?;
            let Some(last) = page.last() else { return Ok(newest) };
            newest = last.id;
        }
    }

    async fn issue_one_anew(
        &self,
        letter: &DeadLetter,
        redriven: &mut Redriven,
    ) -> Result<(), String> {
        let verdict = match commanded(&letter.body) {
            Some(event) => reissue(&self.carts, &event, self.clock.now()).await.map_err(told)?,
            // Not a command: as it is, it will be refused for what it is.
            None => Reissue::AsItIs,
        };
        match verdict {
            Reissue::AsItIs => {
                let one = Redrive::Ids(vec![letter.id]);
                redriven.redriven += self.bus.redrive(CART_QUEUE, one).await.map_err(told)?;
            }
            Reissue::TooOld => {
                let reason = "too old: the cart no longer remembers whether it has it".to_owned();
                redriven.refused.push(Refused { id: letter.id, reason });
            }
            Reissue::Anew(event) => {
                // Put first: if the process ends in between, the same command goes out twice, and
                // the cart knows it the second time.
                let event = event.to_event();
                let mut entry =
                    Entry::new(event.kind.source(), event.kind.detail_type(), event.detail);
                entry.event_bus_name = Some(demo::BUS.to_owned());
                let put = self.bus.put(&[entry]).await.map_err(told)?;
                if let Some(Err(error)) = put.first() {
                    return Err(error.error_message.clone());
                }
                self.bus.discard(CART_QUEUE, letter.id).await.map_err(told)?;
                redriven.issued_anew += 1;
            }
        }
        Ok(())
    }

    async fn replay(&self, order: ReplayOrder) -> Result<Replayed, String> {
        if order.rule.as_deref().is_none_or(|rule| rule == CART_QUEUE) {
            self.expect_no_carts(order.fresh).await?;
        }
        let made_up = || format!("replay-{}", self.clock.now().unix_s());
        let mut replay = Replay::named(order.name.unwrap_or_else(made_up));
        let (first, last) = (*replay.time_s.start(), *replay.time_s.end());
        replay.time_s = order.from_s.unwrap_or(first)..=order.to_s.unwrap_or(last);
        replay.rules = order.rule.map(|rule| vec![rule]);
        let deliveries = self.bus.replay(&replay).await.map_err(told)?;
        Ok(Replayed { name: replay.name, deliveries, is_served: self.is_served })
    }

    async fn expect_no_carts(&self, forget: bool) -> Result<(), String> {
        if forget && self.is_served {
            return Err(
                "--fresh forgets the carts: stop Forecourt first, start it after".to_owned()
            );
        }
        let table = self.table.clone();
        let look = move || match forget {
            true => table.forget(&CARTS).map(|_| false),
            false => table.holds_any(&CARTS),
        };
        let holds_any = tokio::task::spawn_blocking(look).await.map_err(told)?.map_err(told)?;
        if holds_any { Err(NOT_EMPTY.to_owned()) } else { Ok(()) }
    }

    fn queues<'a>(&'a self, named: Option<&'a str>) -> Result<Vec<&'a str>, String> {
        let all: Vec<&str> = self.bus.queues().collect();
        match named {
            None => Ok(all),
            Some(queue) if all.contains(&queue) => Ok(vec![queue]),
            Some(queue) => {
                Err(format!("there is no queue `{queue}`; there are {}", all.join(", ")))
            }
        }
    }
}

// === impl Letter ===

impl TryFrom<DeadLetter> for Letter {
    type Error = String;

    fn try_from(letter: DeadLetter) -> Result<Self, String> {
        Ok(Self {
            id: letter.id,
            queue: letter.queue,
            reason: letter.reason,
            attempts: letter.attempts,
            sent_at: Time(letter.sent_ms).to_rfc3339(),
            died_at: Time(letter.died_ms).to_rfc3339(),
            event: RawValue::from_string(letter.body).map_err(told)?,
        })
    }
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The command that an event of the carts' queue holds: a shopper's, or that of an order.
fn commanded(body: &str) -> Option<CartEvent> {
    let Envelope { detail } = serde_json::from_str(body).ok()?;
    if let Ok(event) = serde_json::from_str(detail.get()) {
        return Some(event);
    }
    match orders().read(detail.get()) {
        Ok(Told::Bought(event)) => Some(event),
        _ => None,
    }
}

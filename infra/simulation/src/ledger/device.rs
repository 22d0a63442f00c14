//! One device of a customer: it reads, asks for rewards, and asks again what it does not know before
//! it goes on. It does one thing at a time, so it has one bookmark; what several tabs do with theirs
//! is shown in the worlds of carts.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use origin_domain::id::CommandId;
use origin_domain::time::DAY_MS;

use super::instance::{Instance, Page, Redeem, Refused, Told};
use super::judge::{Bench, Heard};
use super::plan::Plan;
use crate::counts::Occasion;
use crate::fleet::Fleet;
use crate::tempo::Tempo;
use crate::way::Way;

/// How often a command of unknown fate is sent again before the device does nothing else.
const ROUNDS_MAX: usize = 8;
/// How long a device goes on retrying.
const RETRIED_MS_MAX: u64 = 14 * DAY_MS;
/// How often a command is sent twice at once, per million.
const TWICE: u32 = 50_000;
/// How often a device asks for a reward at a price nobody told it, per million commands.
const HAGGLES: u32 = 10_000;

/// One device.
pub(crate) struct Device {
    pub(crate) customer: String,
    pub(crate) way: Rc<Way>,
    pub(crate) fleet: Rc<Fleet<Instance>>,
    pub(crate) bench: Bench,
    /// The judge's number for it.
    pub(crate) number: usize,
    bookmark: RefCell<Option<String>>,
    unknown: RefCell<Option<Sent>>,
    latest: Cell<Option<CommandId>>,
    /// The points it was last told of.
    available: Cell<i64>,
    keys: Cell<u32>,
}

#[derive(Clone)]
struct Sent {
    ask: Rc<Redeem>,
    asked_at_ms: u64,
}

// === impl Device ===

impl Device {
    pub(crate) fn new(
        customer: String,
        way: Rc<Way>,
        fleet: Rc<Fleet<Instance>>,
        bench: Bench,
    ) -> Self {
        let number = bench.judge().admit();
        let (bookmark, unknown, latest) = (RefCell::default(), RefCell::default(), Cell::default());
        let (available, keys) = (Cell::new(0), Cell::new(0));
        Self { customer, way, fleet, bench, number, bookmark, unknown, latest, available, keys }
    }

    /// Looks and asks until nothing is left to do.
    pub(crate) async fn spend(self: Rc<Self>, tempo: Rc<Tempo>, plan: Rc<RefCell<Plan>>) {
        while tempo.next().await {
            if !self.make_ready().await {
                continue;
            }
            match self.way.sky.dice.below(10) {
                0..=2 => self.read().await,
                3 => self.leaf().await,
                4 => self.follow_up().await,
                _ => {
                    let ask = self.wish(&plan.borrow());
                    self.redeem(ask).await;
                }
            }
        }
    }

    /// Asks what is still to be asked, and looks once more.
    pub(crate) async fn close(&self) {
        self.make_ready().await;
        self.follow_up().await;
        self.read().await;
        self.leaf().await;
    }

    pub(crate) async fn read(&self) {
        let (customer, bookmarks) = (self.customer.clone(), self.bookmarks());
        let sent = bookmarks.clone();
        let told =
            self.ask(move |instance| async move { instance.read(&customer, &bookmarks).await });
        if let Some(told) = self.answered(told.await) {
            self.hear(&sent, told, None);
        }
    }

    /// Reads its ledger.
    async fn leaf(&self) {
        let (customer, bookmarks) = (self.customer.clone(), self.bookmarks());
        let sent = bookmarks.clone();
        let page =
            self.ask(move |instance| async move { instance.entries(&customer, &bookmarks).await });
        if let Some(page) = self.answered(page.await) {
            let Page { bookmark, .. } = &page;
            *self.bookmark.borrow_mut() = Some(bookmark.clone());
            self.bench.judge().leafed(self.number, &self.customer, &sent, &page);
        }
    }

    /// Looks what became of the latest redemption.
    async fn follow_up(&self) {
        let Some(id) = self.latest.get() else { return };
        let (customer, bookmarks) = (self.customer.clone(), self.bookmarks());
        let sent = bookmarks.clone();
        let told = self.ask(move |instance| async move {
            instance.redemption(&customer, id, &bookmarks).await
        });
        if let Some(told) = self.answered(told.await) {
            self.hear(&sent, told, None);
        }
    }

    async fn redeem(&self, ask: Redeem) {
        let id = CommandId::of_key(&format!("loyalty/{}", ask.customer), &ask.key);
        self.bench.judge().asked(self.number, id, &ask);
        self.attempt(Sent { ask: Rc::new(ask), asked_at_ms: self.now_ms() }, id).await;
    }

    async fn attempt(&self, sent: Sent, id: CommandId) {
        let sent_at_ms = self.now_ms();
        self.bench.judge().trace(|| format!("client  {} sends {:?}", self.number, sent.ask));
        if self.way.sky.dice.chance(TWICE) {
            let (fleet, ask) = (Rc::clone(&self.fleet), Rc::clone(&sent.ask));
            let bookmarks = self.bookmarks();
            self.way.send_and_forget(async move {
                fleet.ask(|one| async move { one.redeem(&ask, &bookmarks).await }).await
            });
        }
        let (ask, bookmarks) = (Rc::clone(&sent.ask), self.bookmarks());
        let enclosed = bookmarks.clone();
        let told = self.ask(move |one| async move { one.redeem(&ask, &bookmarks).await }).await;
        *self.unknown.borrow_mut() = None;
        match told {
            Some(Ok(told)) => {
                self.latest.set(Some(id));
                self.hear(&enclosed, told, Some(id));
            }
            Some(Err(Refused::Unavailable)) | None => {
                *self.unknown.borrow_mut() = Some(sent);
                self.bench.judge().note(Occasion::FateUnknown);
            }
            Some(Err(refused)) => self.bench.judge().refused(id, sent_at_ms, &refused),
        }
    }

    /// Retries what is unknown; whether that is done.
    async fn make_ready(&self) -> bool {
        for _ in 0..ROUNDS_MAX {
            let Some(sent) = self.unknown.borrow().clone() else { return true };
            if self.now_ms() > sent.asked_at_ms + RETRIED_MS_MAX {
                *self.unknown.borrow_mut() = None;
                return true;
            }
            self.bench.judge().note(Occasion::Retry);
            let id = CommandId::of_key(&format!("loyalty/{}", self.customer), &sent.ask.key);
            self.attempt(sent, id).await;
        }
        false
    }

    fn wish(&self, plan: &Plan) -> Redeem {
        let dice = &self.way.sky.dice;
        // As much as it can, so that two devices cannot both; sometimes more.
        let affordable = plan.rewards.iter().filter(|(_, points)| *points <= self.available.get());
        let dearest = affordable.max_by_key(|(_, points)| *points).filter(|_| dice.below(4) > 0);
        let any = plan.rewards[dice.index(plan.rewards.len())];
        let (reward, points) = dearest.copied().unwrap_or(any);
        let points = if dice.chance(HAGGLES) { points - 1 } else { points };
        let key = format!("key-{}-{:012}", self.number, self.keys.replace(self.keys.get() + 1));
        Redeem { customer: self.customer.clone(), key, reward: reward.to_owned(), points }
    }

    fn hear(&self, sent: &[String], told: Told, acknowledged: Option<CommandId>) {
        *self.bookmark.borrow_mut() = Some(told.bookmark.clone());
        self.available.set(told.available);
        let (client, customer) = (self.number, self.customer.as_str());
        let heard = Heard { client, customer, sent, told: &told, acknowledged };
        self.bench.judge().heard(&heard);
    }

    /// What is in an answer, if there is something in it.
    fn answered<T>(&self, answer: Option<Result<T, Refused>>) -> Option<T> {
        match answer? {
            Ok(told) => Some(told),
            Err(Refused::Unavailable) => None,
            Err(refused) => {
                self.bench.judge().astonished(&format!("{refused:?}"));
                None
            }
        }
    }

    async fn ask<T: 'static, F>(
        &self,
        act: impl FnOnce(Rc<Instance>) -> F + 'static,
    ) -> Option<Result<T, Refused>>
    where
        F: Future<Output = Result<T, Refused>> + 'static,
    {
        let fleet = Rc::clone(&self.fleet);
        let answer = async move { fleet.ask(act).await.unwrap_or(Err(Refused::Unavailable)) };
        self.way.send(answer).await
    }

    fn bookmarks(&self) -> Vec<String> {
        self.bookmark.borrow().iter().cloned().collect()
    }

    fn now_ms(&self) -> u64 {
        self.way.sky.timeline.now_ms()
    }
}

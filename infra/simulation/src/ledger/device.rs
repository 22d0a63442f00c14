//! One device of a customer: it reads, redeems rewards, and retries a redemption of unknown outcome
//! before it sends another. It sends one request at a time, so it has one bookmark; the worlds of
//! carts cover several tabs.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use domain_core::id::CommandId;
use domain_core::time::DAY_MS;

use super::instance::{AccountBody, EntriesBody, ErrorReply, Instance, RedeemRequest};
use super::oracle::{OracleHandle, ReceivedAnswer};
use super::plan::Plan;
use crate::coverage::Coverage;
use crate::fleet::Fleet;
use crate::link::Link;
use crate::workload::Workload;

/// How many times a command of unknown outcome is retried before the next operation.
const ROUNDS_MAX: usize = 8;
/// How long a device retries.
const RETRY_MS_MAX: u64 = 14 * DAY_MS;
/// How often a command is sent twice at once, per million.
const DOUBLE_SENDS: u32 = 50_000;
/// How often a device asks for a reward at a price that was never shown, per million commands.
const WRONG_PRICES: u32 = 10_000;

/// One device.
pub(crate) struct Device {
    pub(crate) customer: String,
    pub(crate) link: Rc<Link>,
    pub(crate) fleet: Rc<Fleet<Instance>>,
    pub(crate) oracle: OracleHandle,
    /// Its number in the oracle.
    pub(crate) number: usize,
    bookmark: RefCell<Option<String>>,
    unknown: RefCell<Option<SentCommand>>,
    latest: Cell<Option<CommandId>>,
    /// The available points in the latest answer.
    available: Cell<i64>,
    keys: Cell<u32>,
}

#[derive(Clone)]
struct SentCommand {
    request: Rc<RedeemRequest>,
    first_sent_ms: u64,
}

// === impl Device ===

impl Device {
    pub(crate) fn new(
        customer: String,
        link: Rc<Link>,
        fleet: Rc<Fleet<Instance>>,
        oracle: OracleHandle,
    ) -> Self {
        let number = oracle.lock().add_client();
        let (bookmark, unknown, latest) = (RefCell::default(), RefCell::default(), Cell::default());
        let (available, keys) = (Cell::new(0), Cell::new(0));
        Self { customer, link, fleet, oracle, number, bookmark, unknown, latest, available, keys }
    }

    /// Runs until no operation remains.
    pub(crate) async fn run(self: Rc<Self>, workload: Rc<Workload>, plan: Rc<RefCell<Plan>>) {
        while workload.next().await {
            if !self.make_ready().await {
                continue;
            }
            match self.link.faults.rng.below(10) {
                0..=2 => self.read().await,
                3 => self.read_entries().await,
                4 => self.follow_up().await,
                _ => {
                    let request = self.choose_reward(&plan.borrow());
                    self.redeem(request).await;
                }
            }
        }
    }

    /// Finishes all retries and reads once more.
    pub(crate) async fn close(&self) {
        self.make_ready().await;
        self.follow_up().await;
        self.read().await;
        self.read_entries().await;
    }

    pub(crate) async fn read(&self) {
        let (customer, bookmarks) = (self.customer.clone(), self.bookmarks());
        let sent = bookmarks.clone();
        let body =
            self.call(move |instance| async move { instance.read(&customer, &bookmarks).await });
        if let Some(body) = self.content(body.await) {
            self.receive(&sent, body, None);
        }
    }

    /// Reads the entries of its ledger.
    async fn read_entries(&self) {
        let (customer, bookmarks) = (self.customer.clone(), self.bookmarks());
        let sent = bookmarks.clone();
        let page =
            self.call(move |instance| async move { instance.entries(&customer, &bookmarks).await });
        if let Some(page) = self.content(page.await) {
            let EntriesBody { bookmark, .. } = &page;
            *self.bookmark.borrow_mut() = Some(bookmark.clone());
            self.oracle.lock().entries_received(self.number, &self.customer, &sent, &page);
        }
    }

    /// Reads the state of the latest redemption.
    async fn follow_up(&self) {
        let Some(id) = self.latest.get() else { return };
        let (customer, bookmarks) = (self.customer.clone(), self.bookmarks());
        let sent = bookmarks.clone();
        let body = self.call(move |instance| async move {
            instance.redemption(&customer, id, &bookmarks).await
        });
        if let Some(body) = self.content(body.await) {
            self.receive(&sent, body, None);
        }
    }

    async fn redeem(&self, request: RedeemRequest) {
        let id = CommandId::of_key(&format!("loyalty/{}", request.customer), &request.key);
        self.oracle.lock().command_sent(self.number, id, &request);
        self.attempt(SentCommand { request: Rc::new(request), first_sent_ms: self.now_ms() }, id)
            .await;
    }

    async fn attempt(&self, sent: SentCommand, id: CommandId) {
        let sent_at_ms = self.now_ms();
        self.oracle.lock().trace(|| format!("client  {} sends {:?}", self.number, sent.request));
        if self.link.faults.rng.chance(DOUBLE_SENDS) {
            let (fleet, request) = (Rc::clone(&self.fleet), Rc::clone(&sent.request));
            let bookmarks = self.bookmarks();
            self.link.send_and_forget(async move {
                fleet.call(|one| async move { one.redeem(&request, &bookmarks).await }).await
            });
        }
        let (request, bookmarks) = (Rc::clone(&sent.request), self.bookmarks());
        let sent_bookmarks = bookmarks.clone();
        let body =
            self.call(move |one| async move { one.redeem(&request, &bookmarks).await }).await;
        *self.unknown.borrow_mut() = None;
        match body {
            Some(Ok(body)) => {
                self.latest.set(Some(id));
                self.receive(&sent_bookmarks, body, Some(id));
            }
            Some(Err(ErrorReply::Unavailable)) | None => {
                *self.unknown.borrow_mut() = Some(sent);
                self.oracle.lock().count(Coverage::FateUnknown);
            }
            Some(Err(error)) => self.oracle.lock().rejection_received(id, sent_at_ms, &error),
        }
    }

    /// Retries a command of unknown outcome; returns whether none is left.
    async fn make_ready(&self) -> bool {
        for _ in 0..ROUNDS_MAX {
            let Some(sent) = self.unknown.borrow().clone() else { return true };
            if self.now_ms() > sent.first_sent_ms + RETRY_MS_MAX {
                *self.unknown.borrow_mut() = None;
                return true;
            }
            self.oracle.lock().count(Coverage::Retry);
            let id = CommandId::of_key(&format!("loyalty/{}", self.customer), &sent.request.key);
            self.attempt(sent, id).await;
        }
        false
    }

    fn choose_reward(&self, plan: &Plan) -> RedeemRequest {
        let rng = &self.link.faults.rng;
        // The most expensive affordable reward, so that two devices cannot both have it; sometimes
        // a more expensive one.
        let affordable = plan.rewards.iter().filter(|(_, points)| *points <= self.available.get());
        let most_expensive =
            affordable.max_by_key(|(_, points)| *points).filter(|_| rng.below(4) > 0);
        let any = plan.rewards[rng.index(plan.rewards.len())];
        let (reward, points) = most_expensive.copied().unwrap_or(any);
        let points = if rng.chance(WRONG_PRICES) { points - 1 } else { points };
        let key = format!("key-{}-{:012}", self.number, self.keys.replace(self.keys.get() + 1));
        RedeemRequest { customer: self.customer.clone(), key, reward: reward.to_owned(), points }
    }

    fn receive(&self, sent: &[String], body: AccountBody, acknowledged: Option<CommandId>) {
        *self.bookmark.borrow_mut() = Some(body.bookmark.clone());
        self.available.set(body.available);
        let (client, customer) = (self.number, self.customer.as_str());
        let answer = ReceivedAnswer { client, customer, sent, body: &body, acknowledged };
        self.oracle.lock().answer_received(&answer);
    }

    /// The content of an answer, if it has any.
    fn content<T>(&self, answer: Option<Result<T, ErrorReply>>) -> Option<T> {
        match answer? {
            Ok(body) => Some(body),
            Err(ErrorReply::Unavailable) => None,
            Err(error) => {
                self.oracle.lock().unexpected(&format!("{error:?}"));
                None
            }
        }
    }

    async fn call<T: 'static, F>(
        &self,
        act: impl FnOnce(Rc<Instance>) -> F + 'static,
    ) -> Option<Result<T, ErrorReply>>
    where
        F: Future<Output = Result<T, ErrorReply>> + 'static,
    {
        let fleet = Rc::clone(&self.fleet);
        let answer = async move { fleet.call(act).await.unwrap_or(Err(ErrorReply::Unavailable)) };
        self.link.send(answer).await
    }

    fn bookmarks(&self) -> Vec<String> {
        self.bookmark.borrow().iter().cloned().collect()
    }

    fn now_ms(&self) -> u64 {
        self.link.faults.timeline.now_ms()
    }
}

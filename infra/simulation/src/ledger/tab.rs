//! One tab of a customer's device: it reads, and redeems rewards.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::plan::Plan;
use super::resource::{Ledger, LedgerRead, Redeem};
use crate::engine::Rng;
use crate::world::{Client, Operator, Resource as _, TabView, Workload};

/// How often a device asks for a reward at a price that was never shown, per million commands.
const WRONG_PRICES: u32 = 10_000;

/// One tab.
pub(crate) struct Tab {
    device: Rc<Client<Ledger>>,
    view: Rc<TabView<Ledger>>,
    /// The available points in the latest answer with any.
    available: Cell<i64>,
}

/// What the customers of a world have in common.
pub(crate) struct CustomerProfile {
    pub(crate) rng: Rng,
    pub(crate) workload: Rc<Workload>,
    pub(crate) operator: Rc<Operator>,
    /// The program that customers read.
    pub(crate) plan: Rc<RefCell<Plan>>,
}

// === impl Tab ===

impl Tab {
    pub(crate) fn new(device: &Rc<Client<Ledger>>) -> Rc<Self> {
        let (view, available) = (device.new_tab(), Cell::new(0));
        Rc::new(Self { device: Rc::clone(device), view, available })
    }

    /// Runs until no operation remains.
    pub(crate) async fn run(self: Rc<Self>, customers: Rc<CustomerProfile>) {
        let account = LedgerRead::Account;
        while customers.workload.next().await {
            if let Some(at_ms) = customers.operator.advance(customers.workload.remaining()) {
                customers.workload.pause_until(at_ms);
            }
            if !self.device.make_ready(&account, &self.view).await {
                continue;
            }
            match customers.rng.below(10) {
                0..=2 => self.read(account).await,
                3 => self.read(LedgerRead::Entries).await,
                4 => self.follow_up().await,
                _ => {
                    let request = self.choose_reward(&customers);
                    self.device.send_command(request, &account, &self.view).await;
                    self.note_available();
                }
            }
        }
    }

    /// Finishes all retries and reads once more.
    pub(crate) async fn close(&self) {
        self.device.make_ready(&LedgerRead::Account, &self.view).await;
        self.follow_up().await;
        self.read(LedgerRead::Account).await;
        self.read(LedgerRead::Entries).await;
    }

    async fn read(&self, what: LedgerRead) {
        self.device.read(&what, &self.view).await;
        self.note_available();
    }

    /// Reads the state of the latest redemption.
    async fn follow_up(&self) {
        let latest = self.device.latest();
        if let Some(command) = latest {
            self.read(LedgerRead::Redemption(Ledger::command_id(&command))).await;
        }
    }

    fn note_available(&self) {
        if let Some(available) = self.view.shown.borrow().as_ref().and_then(|it| it.available()) {
            self.available.set(available);
        }
    }

    fn choose_reward(&self, customers: &CustomerProfile) -> Redeem {
        let (rng, plan) = (&customers.rng, customers.plan.borrow());
        // The most expensive affordable reward, so that two devices cannot both have it; sometimes
        // a more expensive one.
        let affordable = plan.rewards.iter().filter(|(_, points)| *points <= self.available.get());
        let most_expensive =
            affordable.max_by_key(|(_, points)| *points).filter(|_| rng.below(4) > 0);
        let any = plan.rewards[rng.index(plan.rewards.len())];
        let (reward, points) = most_expensive.copied().unwrap_or(any);
        let points = if rng.chance(WRONG_PRICES) { points - 1 } else { points };
        Redeem { reward: reward.to_owned(), points }
    }
}

//! One tab of a device, which sends the shopper's operations.

use std::rc::Rc;

use super::checkout::Checkout;
use super::command::CommandGenerator;
use super::merchant::Merchant;
use super::resource::Carts;
use crate::engine::{Executor, Rng, TaskGroup};
use crate::world::{Client, Operator, TabView, Workload};

/// The maximum number of commands in one burst: more than the bookmarks a request may carry.
const BURST_MAX: u64 = 6;

/// The rate of bursts after a silence, per million commands.
const RUSH_BURSTS: u32 = 250_000;

/// How often a shopper buys what the tab shows, per million operations.
const PURCHASES: u32 = 40_000;

/// One tab.
pub(crate) struct Tab {
    pub(crate) device: Rc<Client<Carts>>,
    pub(crate) view: Rc<TabView<Carts>>,
}

/// The behaviour of the shoppers of a world.
#[derive(Clone)]
pub(crate) struct ShopperProfile {
    pub(crate) executor: Executor,
    pub(crate) group: TaskGroup,
    pub(crate) rng: Rng,
    pub(crate) generator: CommandGenerator,
    pub(crate) workload: Rc<Workload>,
    pub(crate) operator: Rc<Operator>,
    pub(crate) checkout: Rc<Checkout>,
    pub(crate) merchant: Rc<Merchant>,
    /// The rates of sign-ins and of commands, per million operations.
    pub(crate) sign_ins: u32,
    pub(crate) commands: u32,
    /// The rate of bursts, whose commands are not awaited one by one, per million commands.
    pub(crate) bursts: u32,
}

// === impl Tab ===

impl Tab {
    pub(crate) fn new(device: &Rc<Client<Carts>>) -> Rc<Self> {
        Rc::new(Self { device: Rc::clone(device), view: device.new_tab() })
    }

    /// Buys some of the shown lines.
    fn buy(&self, shopper: &ShopperProfile) {
        let Some(body) = self.view.shown.borrow().clone() else { return };
        let bought = |(variant, (quantity, _)): (&u32, &(u32, i64))| {
            let quantity = 1 + shopper.rng.below(u64::from(*quantity));
            Some((*variant, u32::try_from(quantity).ok()?))
        };
        let lines: Vec<(u32, u32)> = body.contents.lines.iter().filter_map(bought).collect();
        if !lines.is_empty() {
            shopper.checkout.sell(&self.device.current(), lines);
        }
    }

    /// Sends a command without waiting for its answer.
    fn click(self: &Rc<Self>, shopper: &ShopperProfile) {
        let (tab, action) = (Rc::clone(self), shopper.generator.next(&shopper.rng));
        let click = async move {
            tab.device.send_command(action, &(), &tab.view).await;
        };
        shopper.executor.spawn(&shopper.group, click);
    }

    /// Finishes all retries and reads once more.
    pub(crate) async fn close(&self) {
        self.device.make_ready(&(), &self.view).await;
        self.device.read(&(), &self.view).await;
    }

    /// Runs until no operation remains.
    pub(crate) async fn shop(self: Rc<Self>, shopper: Rc<ShopperProfile>) {
        while shopper.workload.next().await {
            if let Some(at_ms) = shopper.operator.advance(shopper.workload.remaining()) {
                shopper.workload.pause_until(at_ms);
            }
            shopper.merchant.work().await;
            let bursts = if shopper.workload.is_rush() {
                RUSH_BURSTS.max(shopper.bursts)
            } else {
                shopper.bursts
            };
            if shopper.rng.chance(shopper.sign_ins) {
                // In half of the cases the tab sends a command while the merge is on its way.
                if shopper.rng.coin() {
                    self.click(&shopper);
                }
                self.device.sign_in(&(), &self.view).await;
            } else if shopper.rng.chance(PURCHASES) {
                self.buy(&shopper);
            } else if !shopper.rng.chance(shopper.commands) {
                self.device.read(&(), &self.view).await;
            } else if shopper.rng.chance(bursts) {
                for _ in 0..shopper.rng.within(2..=BURST_MAX) {
                    self.click(&shopper);
                }
            } else {
                let action = shopper.generator.next(&shopper.rng);
                self.device.send_command(action, &(), &self.view).await;
            }
        }
    }
}

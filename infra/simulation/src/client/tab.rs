//! One tab of a device, shopping.

use std::rc::Rc;

use origin_domain::cart::Line;

use super::device::{Device, Held};
use crate::ask::Taste;
use crate::crew::{Crew, Life};
use crate::dice::Dice;
use crate::shop::{Operator, Sales};
use crate::tempo::Tempo;

/// Most commands of one burst of impatience: more than a request takes bookmarks.
const BURST_MAX: u64 = 6;

/// How often there are bursts after a silence, per million commands.
const RUSH_BURSTS: u32 = 250_000;

/// How often somebody buys what they see, per million operations.
const PURCHASES: u32 = 40_000;

/// One tab.
pub(crate) struct Tab {
    pub(crate) device: Rc<Device>,
    pub(crate) held: Held,
}

/// How the tabs of a world shop.
pub(crate) struct Manners {
    pub(crate) crew: Crew,
    pub(crate) life: Life,
    pub(crate) dice: Dice,
    pub(crate) taste: Taste,
    pub(crate) tempo: Tempo,
    pub(crate) operator: Rc<Operator>,
    pub(crate) sales: Rc<Sales>,
    /// How often a guest signs in, and a command is sent, per million operations.
    pub(crate) sign_ins: u32,
    pub(crate) commands: u32,
    /// Commands that are not waited for, per million commands.
    pub(crate) bursts: u32,
}

// === impl Tab ===

impl Tab {
    /// Buys some of what it shows.
    fn buy(&self, manners: &Manners) {
        let Some(shown) = self.held.borrow().clone() else { return };
        let bought = |line: &Line| {
            let variant: u32 = line.offer.variant_id.as_ref()?.parse().ok()?;
            let quantity = 1 + manners.dice.below(u64::from(line.quantity));
            Some((variant, u32::try_from(quantity).ok()?))
        };
        let lines: Vec<(u32, u32)> = shown.contents.lines.values().filter_map(bought).collect();
        if !lines.is_empty() {
            manners.sales.sell(self.device.cart(), lines);
        }
    }

    /// Sends a command without waiting for its answer.
    fn click(self: &Rc<Self>, manners: &Manners) {
        let (tab, ask) = (Rc::clone(self), manners.taste.ask(&manners.dice));
        let click = async move { tab.device.ask(ask, &tab.held).await };
        manners.crew.spawn(&manners.life, click);
    }

    /// Shops until nothing is left to do.
    pub(crate) async fn shop(self: Rc<Self>, manners: Rc<Manners>) {
        while manners.tempo.next().await {
            if let Some(at_ms) = manners.operator.watch(manners.tempo.left()) {
                manners.tempo.rest_until(at_ms);
            }
            let bursts = if manners.tempo.is_rush() {
                RUSH_BURSTS.max(manners.bursts)
            } else {
                manners.bursts
            };
            if manners.dice.chance(manners.sign_ins) {
                // As often as not somebody clicks while the merge is on its way.
                if manners.dice.coin() {
                    self.click(&manners);
                }
                self.device.sign_in(&self.held).await;
            } else if manners.dice.chance(PURCHASES) {
                self.buy(&manners);
            } else if !manners.dice.chance(manners.commands) {
                self.device.read(&self.held).await;
            } else if manners.dice.chance(bursts) {
                for _ in 0..manners.dice.within(2..=BURST_MAX) {
                    self.click(&manners);
                }
            } else {
                self.device.ask(manners.taste.ask(&manners.dice), &self.held).await;
            }
        }
    }
}

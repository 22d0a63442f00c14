//! One world of carts, from a seed to its end.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use domain_cart::{FOLD_WINDOW_MS, cart_of};
use domain_core::event::Event;
use domain_core::time::{HOUR_MS, Time};
use origin_adapters::memory::MemoryTable;
use origin_adapters::table::ItemKey;

use super::checkout::Checkout;
use super::command::CommandGenerator;
use super::merchant::Merchant;
use super::oracle::CartOracle;
use super::resource::{CartBody, Carts};
use super::size::Size;
use super::tab::{ShopperProfile, Tab};
use crate::engine::{Handle, Mutant};
use crate::world::{
    Base, Client, Device, Lateness, Oracle, Owned, ScriptDevices, Workload, World, WorldParts,
};

/// How many devices start as a guest, per million.
const GUESTS: u32 = 350_000;
/// With the twelve hours in which a retry is honoured, a broken consumer and a dead letter, a
/// straggler stays under the 48 hours that the cart waits.
const STRAGGLER_MS_MAX: u64 = 24 * HOUR_MS;
const POISON_MS_MAX: u64 = 6 * HOUR_MS;
/// How long a dead letter waits in a shop that watches its alarms, and in one that does not.
const DEAD_LETTER_MS_MAX: [u64; 3] = [2 * HOUR_MS, 2 * HOUR_MS, 100 * HOUR_MS];
/// How long before the first shopper the product is published.
const OPENED_MS: u64 = 2_000;
/// Clocks differ, so the order of a replay stays this far inside the window.
const MARGIN_MS: u64 = 60_000;

struct CartWorld {
    size: Size,
    world: World,
    oracle: Handle<CartOracle>,
    customers: Vec<String>,
    guests: Vec<String>,
    tabs: Vec<Rc<Tab>>,
    mutant: Option<Mutant>,
    /// The devices, if a program plays them.
    script: Option<Rc<ScriptDevices<Carts>>>,
}

/// Plays a world of carts to its end.
pub(crate) fn play(base: Base) {
    let mut world = CartWorld::new(base);
    world.run();
    world.close();
    world.world.executor.shut_down();
}

// === impl CartWorld ===

impl CartWorld {
    fn new(mut base: Base) -> Self {
        let rng = base.faults.rng.clone();
        let size = Size::random(&mut base);
        let oracle = Handle::new(CartOracle::new(
            base.faults.timeline.clone(),
            base.run_log.clone(),
            base.keys.clone(),
        ));
        let lateness = Lateness {
            straggler_ms_max: STRAGGLER_MS_MAX,
            poison_ms_max: POISON_MS_MAX,
            dead_letter_ms_max: rng.pick(&DEAD_LETTER_MS_MAX),
        };
        let (mutant, script) = (base.mutant, base.script.clone());
        let shared: Arc<Mutex<dyn Oracle>> = oracle.shared();
        let oracles = vec![Handle::of(shared)];
        let world = World::new(WorldParts { base, oracles, queues: &["cart"], lateness });
        let customers = (1..=size.customers).map(|n| cart_of(&n.to_string())).collect();
        let (guests, tabs) = (Vec::new(), Vec::new());
        let script = script
            .map(|process| ScriptDevices::new(process, Rc::clone(&world.network), oracle.clone()));
        Self { size, world, oracle, customers, guests, tabs, mutant, script }
    }

    /// Runs all shoppers until the operations are used up and every message has arrived.
    fn run(&mut self) {
        let Size { operations, devices_max, tabs_max, silences, .. } = self.size;
        let Size { commands, bursts, has_one_writer, .. } = self.size;
        let (world, rng) = (&self.world, self.world.faults.rng.clone());
        let merchant = Rc::new(Merchant::new(&world.table, &rng));
        let opened = Rc::clone(&merchant);
        let now_ms = world.faults.timeline.now_ms();
        let timeline = world.faults.timeline.clone();
        world.finish(async move {
            opened.open(now_ms).await;
            // No replica lags so far behind.
            timeline.sleep(OPENED_MS).await;
        });
        let checkout = Checkout {
            network: Rc::clone(&world.network),
            oracle: self.oracle.clone(),
            orders: Cell::new(0),
        };
        let shopper = Rc::new(ShopperProfile {
            executor: world.executor.clone(),
            group: world.group.clone(),
            rng: rng.clone(),
            generator: CommandGenerator::random(&rng),
            operator: world.operator(operations, true, false),
            checkout: Rc::new(checkout),
            merchant,
            workload: Rc::new(Workload::random(operations, world, silences)),
            sign_ins: rng.pick(&[100_000, 100_000, 400_000]),
            commands,
            bursts,
        });
        let reader = Rc::new(ShopperProfile { commands: 0, ..(*shopper).clone() });
        for own in self.customers.clone() {
            for number in 0..rng.within(1..=devices_max) {
                let shopper = if has_one_writer && number > 0 { &reader } else { &shopper };
                let guest = rng.chance(GUESTS).then(|| format!("{:032x}", self.guests.len() + 1));
                self.guests.extend(guest.clone());
                let device = Rc::new(self.client(Owned { own: own.clone(), guest }));
                for _ in 0..rng.within(1..=tabs_max) {
                    let tab = Tab::new(&device);
                    self.world.spawn(Rc::clone(&tab).shop(Rc::clone(shopper)));
                    self.tabs.push(tab);
                }
            }
        }
        self.world.executor.run();
    }

    /// Without faults, every client finishes its retries and reads once more; then the final states
    /// are checked.
    fn close(&self) {
        let world = &self.world;
        world.end_faults();
        for tab in &self.tabs {
            let tab = Rc::clone(tab);
            world.finish(async move { tab.close().await });
        }
        let now = Time(world.faults.timeline.now_ms());
        let replayed = self.replayed();
        for table in [&world.table, &replayed] {
            table.sweep_expired(now);
        }
        for cart in self.customers.iter().chain(&self.guests) {
            if world.run_log.has_violation() {
                return;
            }
            let newest = self.view_of_new_client(cart);
            let key = ItemKey::Cart { cart }.key();
            let stored = |table: &MemoryTable| table.item(&key).map(|item| item.document);
            let (stored, replayed) = (stored(&world.table), stored(&replayed));
            let mut oracle = self.oracle.lock();
            oracle.check_cart(cart, newest.as_deref(), stored.as_deref(), replayed.as_deref());
        }
    }

    /// The cart as a new client sees it; `None` if it was merged into another.
    fn view_of_new_client(&self, cart: &str) -> Option<Rc<CartBody>> {
        if self.oracle.lock().is_merged(cart) {
            return None;
        }
        let device = self.reference(Owned { own: cart.to_owned(), guest: None });
        let device = Rc::new(device);
        let new_tab = Tab::new(&device);
        let tab = Rc::clone(&new_tab);
        self.world.finish(async move { tab.device.read(&(), &tab.view).await });
        let shown = new_tab.view.shown.borrow().clone();
        if shown.is_none() {
            self.oracle.lock().report_unanswered(cart);
        }
        shown
    }

    /// The table after a replay of every absorbed event: without those lost with a table and those
    /// that came too late. No event is overtaken by one 48 hours younger, and some come twice.
    fn replayed(&self) -> MemoryTable {
        let rng = &self.world.faults.rng;
        let mut deliveries: Vec<(u64, Rc<Event>)> = Vec::new();
        for event in self.world.queues.archived() {
            let Some(at_ms) = self.oracle.lock().absorbed_at(&event) else { continue };
            let due_ms = at_ms + rng.below(FOLD_WINDOW_MS - MARGIN_MS);
            if rng.coin() {
                let again_ms = due_ms + rng.below(2 * FOLD_WINDOW_MS);
                deliveries.push((again_ms, Rc::clone(&event)));
            }
            deliveries.push((due_ms, event));
        }
        // The check compares the resulting bytes.
        self.world.replay(MemoryTable::new(), deliveries).table
    }

    fn client(&self, owned: Owned) -> Client<Carts> {
        match &self.script {
            Some(script) => Client::Script(script.device(owned)),
            None => self.reference(owned),
        }
    }

    fn reference(&self, owned: Owned) -> Client<Carts> {
        let network = Rc::clone(&self.world.network);
        Client::Reference(Box::new(Device::new(owned, network, self.oracle.clone(), self.mutant)))
    }
}

//! Runs the storm and checks the final state.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use infra_local::local::{Local, LocalShop, Options};
use infra_local::wiring::CART_QUEUE;
use origin_functions::runtime::clock::Clock;
use serde_json::Value;
use tokio::runtime::Runtime;
use ureq::http::Request;

use super::consistency_checker::{ABSENT, REMOVED, SHARED, State, states};
use super::counters::{Alarm, Counters};
use super::device::Device;
use super::site::{Process, Site};
use super::wire::{agent, once};

/// How large a storm.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    /// Decides the shoppers' commands. Timing of process and network differs in each run.
    pub(crate) seed: u64,
    pub(crate) carts: usize,
    /// Devices of a cart.
    pub(crate) devices: usize,
    /// Tabs of a device.
    pub(crate) tabs: usize,
    /// Commands of a tab.
    pub(crate) commands: u64,
    /// How often the process is killed before the last time.
    pub(crate) kills: u64,
    /// Faults that the bus injects.
    pub(crate) faults: String,
}

/// Counts of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tally {
    /// Commands acknowledged.
    pub(crate) commands: u64,
    /// Answers shown and checked.
    pub(crate) answers: u64,
    /// Requests without an answer.
    pub(crate) lost: u64,
    /// Requests rejected with a retryable status.
    pub(crate) rejected: u64,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { commands, answers, lost, rejected } = self;
        write!(f, "{commands} commands, {answers} answers shown, ")?;
        write!(f, "{lost} requests without an answer, {rejected} rejected for a retry")
    }
}

/// A cart and its devices.
struct Cart<'a> {
    token: String,
    devices: Vec<Device<'a>>,
}

/// Runs a storm on a new shop.
///
/// # Panics
/// With the anomaly, if a device saw one.
pub(crate) fn storm(binary: &Path, scale: &Scale) -> Tally {
    eprintln!("{scale:?}");
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut process = Process::start(binary, &data, &scale.faults);
    let (site, counters) = (Site::at(process.url.clone()), Counters::default());
    let carts: Vec<_> = (0..scale.carts).map(|n| cart(n, scale, &site, &counters)).collect();
    let per_cart = scale.devices as u64 * scale.tabs as u64 * scale.commands;
    let commands = per_cart * scale.carts as u64;
    let mut rng = Rng::with_seed(scale.seed);
    std::thread::scope(|scope| {
        let devices = carts.iter().flat_map(|cart| &cart.devices);
        for device in devices {
            for tab in 0..scale.tabs {
                let rng = rng.fork();
                scope.spawn(move || {
                    let _alarm = Alarm(device.counters);
                    device.tab(tab, scale.commands, rng);
                });
            }
        }
        process.restart_repeatedly(scale.kills, commands, &counters, &site);
    });
    process.kill();
    last_start(&data, |local, runtime| {
        check_final_state(local, runtime, &site, &carts, per_cart);
    });
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    Tally {
        commands,
        answers: count(&counters.answers),
        lost: count(&counters.lost),
        rejected: count(&counters.rejected),
    }
}

fn cart<'a>(n: usize, scale: &Scale, site: &'a Site, counters: &'a Counters) -> Cart<'a> {
    let url = format!("{}/v1/carts", site.now().url);
    let created = once(&agent(), Request::builder().method("POST").uri(url), None).unwrap();
    let token = created.body["token"].as_str().unwrap().to_owned();
    let device =
        |device: usize| Device::new(format!("{n}-{device}"), token.clone(), site, counters);
    Cart { devices: (0..scale.devices).map(device).collect(), token }
}

/// Waits until everything is absorbed, and compares.
fn check_final_state(
    local: &Local,
    runtime: &Runtime,
    site: &Site,
    carts: &[Cart<'_>],
    per_cart: u64,
) {
    runtime.block_on(local.bus().idle());
    let dead = runtime.block_on(local.bus().dead_letters(CART_QUEUE, 0)).unwrap();
    assert_eq!(dead, [], "every command was in time");
    site.move_to(local.url());
    for cart in carts {
        let expected = expected_lines(cart);
        let body = read(&local.url(), &cart.token);
        assert_eq!(states(&body), expected, "the cart has the acknowledged commands");
        assert_eq!(body["version"], per_cart.to_string(), "every command was absorbed once");
        for device in &cart.devices {
            device.read(&agent());
            let mut lines = device.checker().last_states;
            lines.retain(|_, state| *state != ABSENT && *state != REMOVED);
            assert_eq!(lines, expected, "{} sees the same cart", device.name);
        }
    }
}

/// Starts the shop a last time, in this process and without faults, and inspects it.
pub(super) fn last_start(data: &Path, inspect: impl FnOnce(&Local, &Runtime)) {
    let runtime = Runtime::new().unwrap();
    let options = Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        data: data.to_owned(),
        shopify: None,
        fresh: false,
        faults: None,
        replaying: false,
        shop: LocalShop::demo(),
        clock: Clock::system(),
    };
    let local = runtime.block_on(Local::start(options)).unwrap();
    inspect(&local, &runtime);
    runtime.block_on(local.stop()).unwrap();
}

/// The lines after the acknowledged commands of all devices.
fn expected_lines(cart: &Cart<'_>) -> BTreeMap<String, State> {
    let mut lines = BTreeMap::new();
    for device in &cart.devices {
        for (name, progress) in device.checker().own {
            assert_eq!(progress.issued, progress.acknowledged, "{name}: every outcome is known");
            *lines.entry(name).or_insert(ABSENT) += progress.acknowledged;
        }
    }
    for device in &cart.devices {
        for (name, state) in device.checker().last_states {
            let is_gone = state == REMOVED && lines.get(&name) != Some(&REMOVED);
            assert!(!is_gone, "I2: {name} disappeared without a removal");
        }
    }
    lines.retain(|name, state| *state != REMOVED && (name != SHARED || *state != ABSENT));
    lines
}

fn read(url: &str, token: &str) -> Value {
    let request = Request::builder().method("GET").uri(format!("{url}/v1/cart"));
    let reply = once(&agent(), request.header("forecourt-cart", token), None).unwrap();
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body
}

//! The storm itself, and what must be true when it is over.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;

use infra_local::demo;
use infra_local::local::{Local, Options};
use infra_local::wiring::CART_QUEUE;
use origin_functions::clock::Clock;
use serde_json::Value;
use tokio::runtime::Runtime;
use ureq::http::Request;

use super::counters::{Alarm, Counters};
use super::device::Device;
use super::draw::Draw;
use super::site::{Process, Site};
use super::wire::{agent, once};
use super::witness::{ABSENT, REMOVED, SHARED, State, states};

/// How large a storm.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    /// Decides what the shoppers do. What the process and the network make of it differs each time.
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
    /// What the bus does wrong.
    pub(crate) faults: String,
}

/// What happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tally {
    /// Commands acknowledged.
    pub(crate) commands: u64,
    /// Answers shown and judged.
    pub(crate) shown: u64,
    /// Requests without an answer.
    pub(crate) lost: u64,
    /// Requests told to try again.
    pub(crate) refused: u64,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { commands, shown, lost, refused } = self;
        write!(f, "{commands} commands, {shown} answers shown, ")?;
        write!(f, "{lost} requests without an answer, {refused} told to try again")
    }
}

/// A cart and who used it.
struct Cart<'a> {
    token: String,
    devices: Vec<Device<'a>>,
}

/// Lets a storm pass over a shop of its own.
///
/// # Panics
/// With the anomaly, if anybody saw one.
pub(crate) fn storm(binary: &Path, scale: &Scale) -> Tally {
    eprintln!("{scale:?}");
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (mut process, url) = Process::start(binary, &data, &scale.faults);
    let (site, counters) = (Site::at(url), Counters::default());
    let carts: Vec<_> = (0..scale.carts).map(|n| cart(n, scale, &site, &counters)).collect();
    let per_cart = scale.devices as u64 * scale.tabs as u64 * scale.commands;
    let commands = per_cart * scale.carts as u64;
    std::thread::scope(|scope| {
        let devices = carts.iter().flat_map(|cart| &cart.devices);
        for (n, device) in devices.enumerate() {
            for tab in 0..scale.tabs {
                let draw = Draw::of(scale.seed, (n * scale.tabs + tab) as u64);
                scope.spawn(move || {
                    let _alarm = Alarm(device.counters);
                    device.tab(tab, scale.commands, draw);
                });
            }
        }
        for kill in 1..=scale.kills {
            if !counters.wait_for(commands * kill / (scale.kills + 1)) {
                break;
            }
            process.kill();
            let url;
            (process, url) = Process::start(binary, &data, &scale.faults);
            site.move_to(url);
        }
    });
    process.kill();
    last_start(&data, |local, runtime| {
        aftermath((local, runtime), &site, &carts, per_cart);
    });
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    Tally {
        commands,
        shown: count(&counters.shown),
        lost: count(&counters.lost),
        refused: count(&counters.refused),
    }
}

fn cart<'a>(n: usize, scale: &Scale, site: &'a Site, counters: &'a Counters) -> Cart<'a> {
    let url = format!("{}/v1/carts", site.now().1);
    let created = once(&agent(), Request::builder().method("POST").uri(url), None).unwrap();
    let token = created.body["token"].as_str().unwrap().to_owned();
    let device =
        |device: usize| Device::new(format!("{n}-{device}"), token.clone(), site, counters);
    Cart { devices: (0..scale.devices).map(device).collect(), token }
}

/// Lets it absorb everything, and compares.
fn aftermath((local, runtime): (&Local, &Runtime), site: &Site, carts: &[Cart<'_>], per_cart: u64) {
    runtime.block_on(local.bus().idle());
    let dead = runtime.block_on(local.bus().dead_letters(CART_QUEUE, 0)).unwrap();
    assert_eq!(dead, [], "every command was in time");
    site.move_to(local.url());
    for cart in carts {
        let told = told(cart);
        let seen = read(&local.url(), &cart.token);
        assert_eq!(states(&seen), told, "what is there is what was acknowledged");
        assert_eq!(seen["version"], per_cart.to_string(), "every command was absorbed once");
        for device in &cart.devices {
            device.read(&agent());
            let mut shown = device.witness().seen;
            shown.retain(|_, state| *state != ABSENT && *state != REMOVED);
            assert_eq!(shown, told, "{} sees what everybody sees", device.name);
        }
    }
}

/// Starts the shop a last time, in this process and without faults, and looks at it.
pub(super) fn last_start(data: &Path, look: impl FnOnce(&Local, &Runtime)) {
    let runtime = Runtime::new().unwrap();
    let options = Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        data: data.to_owned(),
        fresh: false,
        faults: None,
        staff_tokens: demo::STAFF_TOKEN.to_owned(),
        clock: Clock::system(),
    };
    let local = runtime.block_on(Local::start(options)).unwrap();
    look(&local, &runtime);
    runtime.block_on(local.stop()).unwrap();
}

/// The lines that the acknowledged commands of all devices amount to.
fn told(cart: &Cart<'_>) -> BTreeMap<String, State> {
    let mut lines = BTreeMap::new();
    for device in &cart.devices {
        for (name, asked) in device.witness().own {
            assert_eq!(asked.issued, asked.acknowledged, "{name}: no fate is unknown any more");
            *lines.entry(name).or_insert(ABSENT) += asked.acknowledged;
        }
    }
    for device in &cart.devices {
        for (name, state) in device.witness().seen {
            let is_gone = state == REMOVED && lines.get(&name) != Some(&REMOVED);
            assert!(!is_gone, "I2: {name} was seen, then missed, and nobody removed it");
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

//! A third resource, which is a type and its fold: several instances serve a wish list through
//! their caches, in front of a table with lagging replicas and a bus that delivers late, repeatedly
//! and in any order.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain_core::event::Event;
use domain_core::idempotency::Fingerprint;
use domain_core::resource::{Answer, CommandRequest, Commands, Reader as _, Rejection};
use domain_core::time::Time;
use edge_wire::headers::BOOKMARK;
use edge_wire::keys::KeyRing;
use edge_wire::resource::Resource;
use http::HeaderMap;
use origin_functions::caches::cached_reader::CachedReader;
use origin_functions::http::bookmarks::ClientView;
use origin_functions::runtime::clock::Clock;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::world::KEYS;
use wish_list::{AlreadyMade, Memory, WishList, wish, withdraw};

#[path = "../../../domain/core/tests/it/wish_list.rs"]
mod wish_list;

const ANN: &str = "ann";
const BEN: &str = "ben";
const NOON: u64 = 1_795_262_400_000;
/// How far the clock of each instance is ahead.
const AHEAD_MS: [u64; 3] = [1_000, 0, 1_700];

/// One table, one bus, and the instances that use them.
struct Shop {
    memory: Memory,
    /// Everything that was published: the bus may deliver it again and again.
    archive: Vec<Event>,
    instances: [Instance; AHEAD_MS.len()],
    now: Arc<AtomicU64>,
    keys: KeyRing,
}

struct Instance {
    commands: Commands<CachedReader<WishList, Memory>, Memory, Memory>,
    clock: Clock,
}

/// A client, which sends one request at a time.
#[derive(Debug, Default)]
struct Client {
    name: &'static str,
    bookmark: Option<String>,
    /// The number of its accepted commands.
    accepted: u32,
    /// Its own wishes, as its commands leave them.
    own: BTreeSet<String>,
    /// What it saw of the other client's wishes.
    others: BTreeSet<String>,
    version: u64,
}

/// One step of a history.
#[derive(Debug, Clone)]
enum Step {
    /// A client makes a wish, or withdraws it, at an instance. The bus may fail: the client then
    /// retries at the next instance.
    Command {
        client: usize,
        wish: u8,
        is_made: bool,
        at: usize,
        is_bus_down: bool,
    },
    Read {
        client: usize,
        at: usize,
    },
    Deliver(prop::sample::Index),
    Wait {
        ms: u64,
    },
    Lag {
        states: usize,
    },
}

// === impl Shop ===

impl Shop {
    fn open() -> Self {
        let (memory, now) = (Memory::default(), Arc::new(AtomicU64::new(NOON)));
        let instances = AHEAD_MS.map(|ahead_ms| {
            let now = Arc::clone(&now);
            let clock = Clock::new(move || Time(now.load(Ordering::SeqCst) + ahead_ms));
            let reader = CachedReader::new(memory.clone(), &clock);
            let commands = Commands { reader, log: memory.clone(), events: memory.clone() };
            Instance { commands, clock }
        });
        let keys = KeyRing::parse(KEYS).unwrap();
        Self { memory, archive: Vec::new(), instances, now, keys }
    }

    fn view(&self, client: &Client) -> ClientView {
        let mut headers = HeaderMap::new();
        if let Some(bookmark) = &client.bookmark {
            headers.insert(BOOKMARK, bookmark.parse().unwrap());
        }
        // The wire has no kind for a wish list: the bookmark names a cart.
        ClientView::read(&self.keys, &headers, Resource::Cart("ann".to_owned())).unwrap()
    }

    async fn read(&self, client: &mut Client, at: usize) {
        let (view, instance) = (self.view(client), &self.instances[at]);
        let read = instance.commands.reader.read("ann", &view.merged).await.unwrap();
        let answer = read.answer(&view.merged, instance.clock.now()).unwrap();
        client.see(&answer, view.reply(&self.keys, &answer.bookmark).unwrap());
    }

    async fn command(
        &mut self,
        client: &mut Client,
        (text, is_made): (&str, bool),
        at: usize,
    ) -> Result<(), Rejection<AlreadyMade>> {
        let (view, instance) = (self.view(client), &self.instances[at % AHEAD_MS.len()]);
        let request = CommandRequest {
            resource: "ann".to_owned(),
            key: format!("{}-{}", client.name, client.accepted),
            fingerprint: Fingerprint::of("POST", "/v1/wishes", text.as_bytes()),
            bookmark: view.merged.clone(),
            now: instance.clock.now(),
        };
        let accepted = instance.commands.accept(&request, |draft| {
            if is_made { wish(draft, text) } else { Ok(withdraw(draft, text)) }
        });
        let answer = accepted.await?.answer;
        self.archive.append(&mut self.memory.state().published);
        client.accepted += 1;
        if is_made {
            client.own.insert(text.to_owned());
        } else {
            client.own.remove(text);
        }
        client.see(&answer, view.reply(&self.keys, &answer.bookmark).unwrap());
        Ok(())
    }

    async fn step(&mut self, clients: &mut [Client; 2], step: Step) {
        match step {
            Step::Command { client, wish, is_made, at, is_bus_down } => {
                let client = &mut clients[client];
                let text = format!("{} {wish}", client.name);
                self.memory.state().is_bus_down = is_bus_down;
                let mut accepted = self.command(client, (&text, is_made), at).await;
                if is_bus_down && matches!(accepted, Err(Rejection::Port(_))) {
                    self.memory.state().is_bus_down = false;
                    accepted = self.command(client, (&text, is_made), at + 1).await;
                }
                self.memory.state().is_bus_down = false;
                if is_made && client.own.contains(&text) && accepted.is_err() {
                    assert_eq!(accepted, Err(Rejection::Check(AlreadyMade)));
                } else {
                    accepted.unwrap();
                }
            }
            Step::Read { client, at } => self.read(&mut clients[client], at).await,
            Step::Deliver(event) if !self.archive.is_empty() => {
                self.memory.absorb(event.get(&self.archive));
            }
            Step::Deliver(_) => {}
            Step::Wait { ms } => {
                self.now.fetch_add(ms, Ordering::SeqCst);
            }
            Step::Lag { states } => self.memory.state().lag = states,
        }
    }
}

// === impl Client ===

impl Client {
    /// Sees an answer: its own wishes are exactly what its commands made them, and nothing that Ann
    /// has seen of Ben's is gone, who withdraws no wishes.
    fn see(&mut self, answer: &Answer<WishList>, bookmark: String) {
        let (own, others): (BTreeSet<String>, BTreeSet<String>) =
            answer.view.iter().cloned().partition(|wish| wish.starts_with(self.name));
        assert_eq!(own, self.own, "{} sees its own commands", self.name);
        if self.name == ANN {
            assert!(others.is_superset(&self.others), "{others:?} after {:?}", self.others);
        }
        assert!(answer.version >= self.version, "{} after {}", answer.version, self.version);
        assert!(!answer.reset);
        (self.others, self.version, self.bookmark) = (others, answer.version, Some(bookmark));
    }
}

fn step() -> impl Strategy<Value = Step> {
    let client = 0..2_usize;
    let at = 0..AHEAD_MS.len();
    let command = (client.clone(), 0..4_u8, any::<bool>(), at.clone(), prop::bool::weighted(0.1));
    prop_oneof![
        3 => command.prop_map(|(client, wish, is_made, at, is_bus_down)| {
            let is_made = is_made || client == 1;
            Step::Command { client, wish, is_made, at, is_bus_down }
        }),
        4 => (client, at).prop_map(|(client, at)| Step::Read { client, at }),
        4 => any::<prop::sample::Index>().prop_map(Step::Deliver),
        1 => (0..7_000_u64).prop_map(|ms| Step::Wait { ms }),
        1 => (0..4_usize).prop_map(|states| Step::Lag { states }),
    ]
}

/// Runs a future whose ports never have to wait.
fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

proptest! {
    /// I1 and I2: at any instance, under any delay, repetition and order of deliveries, a client
    /// sees all of its own commands and never less than before.
    #[test]
    fn a_client_never_sees_its_own_data_going_backwards(steps in vec(step(), 1..60)) {
        run(async {
            let mut shop = Shop::open();
            let client = |name| Client { name, ..Client::default() };
            let mut clients = [client(ANN), client(BEN)];
            for step in steps {
                shop.step(&mut clients, step).await;
            }
        });
    }
}

#[test]
fn a_cached_list_below_the_floor_is_read_again() {
    run(async {
        let mut shop = Shop::open();
        let (mut ann, mut ben) = (Client { name: ANN, ..Client::default() }, Client::default());
        shop.read(&mut ben, 1).await;
        shop.command(&mut ann, ("ann 1", true), 0).await.unwrap();
        let event = shop.archive[0].clone();
        shop.memory.absorb(&event);
        shop.memory.state().lag = 1;
        // Instance 1 has cached that there is no list, and its replica is behind.
        shop.read(&mut ann, 1).await;
        assert_eq!((ann.version, ann.own.len()), (1, 1));
        let settled = ann.bookmark.clone();
        shop.read(&mut ann, 2).await;
        assert_eq!(ann.bookmark, settled, "an unchanged bookmark is the same bytes");
    });
}

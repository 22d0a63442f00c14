//! A shop with two customers whose answers can be told apart, and what each of them sends.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Mutex;

use edge_wire::routes::{Class, Door, ROUTES, Route, find};
use infra_local::wiring::CART_QUEUE;
use serde_json::json;

use super::raw::{Answer, exchange, exchange_and_hang_up};
use super::wiring::{Change, Edge, Wiring};
use crate::journey::{add, new_cart, session};
use crate::shop::Shop;

/// Who sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Who {
    Ada,
    Ben,
    Nobody,
}

use Who::{Ada, Ben, Nobody};

/// A customer with a cart.
pub(super) struct Person {
    who: Who,
    pub(super) customer: &'static str,
    pub(super) token: String,
    pub(super) cart_token: String,
    pub(super) cart: String,
    /// The bookmarks of all personal answers.
    pub(super) bookmarks: Vec<String>,
    /// What stands in this person's answers only.
    marks: Vec<String>,
}

/// The shop and its people.
pub(super) struct Scene {
    pub(super) shop: Shop,
    pub(super) ada: Person,
    pub(super) ben: Person,
    plain: Mutex<HashMap<(Who, String), Answer>>,
}

/// One edge of a scene, and the first thing that went wrong there.
pub(super) struct Visit<'s> {
    pub(super) scene: &'s Scene,
    pub(super) edge: Edge,
    breach: RefCell<Option<String>>,
}

/// A request in the making.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) method: &'static str,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
}

// === impl Ask ===

impl Ask {
    pub(super) fn new(method: &'static str, target: impl Into<String>) -> Self {
        Self { method, target: target.into(), headers: Vec::new() }
    }

    pub(super) fn get(target: impl Into<String>) -> Self {
        Self::new("GET", target)
    }

    pub(super) fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut head =
            format!("{} {} HTTP/1.1\r\nHost: edge.example\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        (head + "Connection: close\r\n\r\n").into_bytes()
    }
}

// === impl Scene ===

impl Scene {
    pub(super) fn open() -> Self {
        let shop = Shop::open();
        let (ada, ben) = (person(&shop, Ada, "1001", 2), person(&shop, Ben, "1002", 1));
        let mut scene = Self { shop, ada, ben, plain: Mutex::default() };
        for who in [Ada, Ben] {
            let bookmarks = scene.bookmarks(who);
            let marks = bookmarks.iter().map(|bookmark| resource_of(bookmark));
            let marks = marks.chain([scene.person(who).unwrap().cart.clone()]).collect();
            let person = if who == Ada { &mut scene.ada } else { &mut scene.ben };
            (person.bookmarks, person.marks) = (bookmarks, marks);
        }
        scene
    }

    pub(super) fn person(&self, who: Who) -> Option<&Person> {
        match who {
            Ada => Some(&self.ada),
            Ben => Some(&self.ben),
            Nobody => None,
        }
    }

    /// An edge with these changes.
    pub(super) fn visit(&self, changes: &[Change]) -> Visit<'_> {
        let deployed = Wiring::deployed(self.shop.edge_parts());
        let wiring = changes.iter().fold(deployed, |wiring, change| change(wiring));
        let edge = wiring.serve(self.shop.runtime());
        Visit { scene: self, edge, breach: RefCell::new(None) }
    }

    /// What `who` gets at a path of an edge that nobody has used before.
    pub(super) fn plain(&self, who: Who, path: &str) -> Answer {
        let mut plain = self.plain.lock().unwrap();
        let answer = plain.entry((who, path.to_owned()));
        answer.or_insert_with(|| self.visit(&[]).read(who, path)).clone()
    }

    /// The bookmark of every personal route's answer.
    fn bookmarks(&self, who: Who) -> Vec<String> {
        let has_answer = |(route, _): &(&Route, String)| !route.path.contains('{');
        let bookmark = |(_, path): (&Route, String)| {
            let answer = self.plain(who, &path);
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            answer.header("forecourt-bookmark").to_owned()
        };
        personal().into_iter().filter(has_answer).map(bookmark).collect()
    }
}

/// Every personal read, and a path of it.
pub(super) fn personal() -> Vec<(&'static Route, String)> {
    of_class(Class::Personal)
}

/// Every public read, and a path of it.
pub(super) fn public() -> Vec<String> {
    of_class(Class::Public).into_iter().map(|(_, path)| path).collect()
}

/// Every personal read that the App Proxy forwards too.
pub(super) fn proxied() -> Vec<String> {
    let by_proxy = personal().into_iter().filter(|(route, _)| route.door != Door::Direct);
    by_proxy.map(|(_, path)| format!("/proxy{path}")).collect()
}

fn of_class(class: Class) -> Vec<(&'static Route, String)> {
    let reads = ROUTES.iter().filter(|route| route.class == class && route.method == "GET");
    let found: Vec<_> = reads.map(|route| (route, path_of(route))).collect();
    assert!(!found.is_empty());
    found
}

/// A path of a route: products are the demo shop's, what else stands in braces is of nobody.
fn path_of(route: &Route) -> String {
    let path = route.path.replace("{product}", "bike");
    match path.split_once('{') {
        Some((before, _)) => format!("{before}nobodys-000000000"),
        None => path,
    }
}

/// `b1.<kid>.<resource>.` of a bookmark.
fn resource_of(bookmark: &str) -> String {
    let ends: Vec<usize> = bookmark.match_indices('.').map(|(at, _)| at).collect();
    bookmark[..=ends[2]].to_owned()
}

fn person(shop: &Shop, who: Who, customer: &'static str, commands: usize) -> Person {
    let token = session(shop, customer);
    let (cart_token, bookmark) = new_cart(shop);
    for number in 0..commands {
        let wanted = json!({"product": "tee", "quantity": 1, "properties": {"for": customer},
            "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
        let added = add(shop, &cart_token, &bookmark, &format!("{customer}-{number}"), &wanted);
        assert_eq!(added.status, 202, "{}", added.text);
    }
    shop.drained(CART_QUEUE);
    let cart = shop.cart(&cart_token, "")["id"].as_str().unwrap().to_owned();
    let (bookmarks, marks) = (Vec::new(), Vec::new());
    Person { who, customer, token, cart_token, cart, bookmarks, marks }
}

// === impl Visit ===

impl Visit<'_> {
    /// Sends a request with the credentials of `who`, and watches the answer.
    pub(super) fn send(&self, who: Who, ask: &Ask) -> Option<Answer> {
        let answer = exchange(self.edge.address, &self.signed_in(who, ask).to_bytes())?;
        self.watch(who, ask, &answer);
        Some(answer)
    }

    /// Sends a request of `who` that has its credentials elsewhere.
    pub(super) fn send_as_is(&self, who: Who, ask: &Ask) -> Option<Answer> {
        let answer = exchange(self.edge.address, &ask.to_bytes())?;
        self.watch(who, ask, &answer);
        Some(answer)
    }

    /// Reads a path as `who`, who must get an answer.
    pub(super) fn read(&self, who: Who, path: &str) -> Answer {
        self.send(who, &Ask::get(path)).unwrap()
    }

    /// Sends a request, credentials and all, with a body.
    pub(super) fn send_with_body(&self, who: Who, ask: &Ask, body: &str) -> Option<Answer> {
        let with_length = ask.clone().with("Content-Length", body.len().to_string());
        let mut bytes = with_length.to_bytes();
        bytes.extend_from_slice(body.as_bytes());
        let answer = exchange(self.edge.address, &bytes)?;
        self.watch(who, ask, &answer);
        Some(answer)
    }

    /// Sends bytes as they are.
    pub(super) fn send_bytes(&self, bytes: &[u8]) {
        if let Some(answer) = exchange_and_hang_up(self.edge.address, bytes) {
            self.watch(Nobody, &Ask::get("/v1/loyalty"), &answer);
        }
    }

    /// The request with the tokens of `who`.
    pub(super) fn signed_in(&self, who: Who, ask: &Ask) -> Ask {
        let Some(person) = self.scene.person(who) else { return ask.clone() };
        let with = ask.clone().with("Authorization", format!("Bearer {}", person.token));
        with.with("Forecourt-Cart", person.cart_token.as_str())
    }

    /// A reader who sends nothing odd must get what an unused edge answers.
    pub(super) fn expect_plain(&self, who: Who, path: &str) {
        let (expected, found) = (self.scene.plain(who, path), self.read(who, path));
        let essence = |answer: &Answer| {
            let encoding = answer.header("content-encoding").to_owned();
            (answer.status, encoding, answer.text())
        };
        if essence(&expected) != essence(&found) {
            self.note(format!("{path} is poisoned for {who:?}: {} {}", found.status, found.text()));
        }
    }

    /// Something went wrong. The first counts.
    pub(super) fn note(&self, breach: String) {
        self.breach.borrow_mut().get_or_insert(breach);
    }

    /// What went wrong.
    pub(super) fn into_breach(self) -> Option<String> {
        self.breach.into_inner()
    }

    /// What must hold of every answer: nothing of others, nothing personal under a path that is no
    /// route, nothing personal for a browser to keep, no header that a request invented.
    pub(super) fn watch(&self, who: Who, ask: &Ask, answer: &Answer) {
        let (whole, target) = (answer.whole(), &ask.target);
        for person in [&self.scene.ada, &self.scene.ben] {
            if !person.marks.iter().any(|mark| whole.contains(mark)) {
                continue;
            }
            if person.who != who {
                self.note(format!("{who:?} reads {:?}'s answer at {target}", person.who));
            }
            let path = target.split(['?', '#']).next().unwrap();
            if find(ask.method, path.strip_prefix("/proxy").unwrap_or(path)).is_err() {
                self.note(format!("a personal answer at {target}, which is no route"));
            }
            if !answer.header("cache-control").contains("no-store") {
                self.note(format!("a browser may keep {target}"));
            }
        }
        if !answer.header("x-injected").is_empty() {
            self.note(format!("{target} wrote a header of the answer"));
        }
    }
}

//! A shop with two customers with distinguishable answers, and their requests.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Mutex;

use edge_wire::routes::{Class, Exposure, ROUTES, Route, find};
use infra_local::wiring::CART_QUEUE;
use serde_json::json;

use super::raw::{Answer, exchange, exchange_and_hang_up};
use super::wiring::{Change, Edge, Wiring};
use crate::client::{add, new_cart, session};
use crate::shop::Shop;

/// Who sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Who {
    Ada,
    Ben,
    Anonymous,
}

use Who::{Ada, Anonymous, Ben};

/// A customer with a cart.
pub(super) struct Person {
    who: Who,
    pub(super) customer: &'static str,
    pub(super) token: String,
    pub(super) cart_token: String,
    pub(super) cart: String,
    /// The bookmarks of all personal answers.
    pub(super) bookmarks: Vec<String>,
    /// Texts that occur in this person's answers only.
    marks: Vec<String>,
}

/// The shop and its customers.
pub(super) struct Scene {
    pub(super) shop: Shop,
    pub(super) ada: Person,
    pub(super) ben: Person,
    plain: Mutex<HashMap<(Who, String), Answer>>,
}

/// One edge of a scene, and the first breach there.
pub(super) struct Visit<'s> {
    pub(super) scene: &'s Scene,
    pub(super) edge: Edge,
    breach: RefCell<Option<String>>,
}

/// Builds a request.
#[derive(Debug, Clone)]
pub(super) struct RequestBuilder {
    pub(super) method: &'static str,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
}

// === impl RequestBuilder ===

impl RequestBuilder {
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
            Anonymous => None,
        }
    }

    /// An edge with these changes.
    pub(super) fn visit(&self, changes: &[Change]) -> Visit<'_> {
        let deployed = Wiring::deployed(self.shop.edge_parts());
        let wiring = changes.iter().fold(deployed, |wiring, change| change(wiring));
        let edge = wiring.serve(self.shop.runtime());
        Visit { scene: self, edge, breach: RefCell::new(None) }
    }

    /// The answer to `who` at a path of an unused edge.
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
    let by_proxy = personal().into_iter().filter(|(route, _)| route.exposure != Exposure::Direct);
    by_proxy.map(|(_, path)| format!("/proxy{path}")).collect()
}

fn of_class(class: Class) -> Vec<(&'static Route, String)> {
    let reads = ROUTES.iter().filter(|route| route.class == class && route.method == "GET");
    let routes: Vec<_> = reads.map(|route| (route, path_of(route))).collect();
    assert!(!routes.is_empty());
    routes
}

/// A path of a route: with a product of the demo shop; other parameters are unknown ids.
fn path_of(route: &Route) -> String {
    let path = route.path.replace("{product}", "bike");
    let part = |part: &str| match part.starts_with('{') {
        true => "unknown-000000000".to_owned(),
        false => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
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
        let new_line = json!({"product": "tee", "quantity": 1, "properties": {"for": customer},
            "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
        let added = add(shop, &cart_token, &bookmark, &format!("{customer}-{number}"), &new_line);
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
    pub(super) fn send(&self, who: Who, request: &RequestBuilder) -> Option<Answer> {
        let answer = exchange(self.edge.address, &self.signed_in(who, request).to_bytes())?;
        self.watch(who, request, &answer);
        Some(answer)
    }

    /// Sends a request of `who` with its own credentials.
    pub(super) fn send_as_is(&self, who: Who, request: &RequestBuilder) -> Option<Answer> {
        let answer = exchange(self.edge.address, &request.to_bytes())?;
        self.watch(who, request, &answer);
        Some(answer)
    }

    /// Reads a path as `who` and expects an answer.
    pub(super) fn read(&self, who: Who, path: &str) -> Answer {
        self.send(who, &RequestBuilder::get(path)).unwrap()
    }

    /// Sends a request with a body, without adding credentials.
    pub(super) fn send_with_body(
        &self,
        who: Who,
        request: &RequestBuilder,
        body: &str,
    ) -> Option<Answer> {
        let with_length = request.clone().with("Content-Length", body.len().to_string());
        let mut bytes = with_length.to_bytes();
        bytes.extend_from_slice(body.as_bytes());
        let answer = exchange(self.edge.address, &bytes)?;
        self.watch(who, request, &answer);
        Some(answer)
    }

    /// Sends bytes as they are.
    pub(super) fn send_bytes(&self, bytes: &[u8]) {
        if let Some(answer) = exchange_and_hang_up(self.edge.address, bytes) {
            self.watch(Anonymous, &RequestBuilder::get("/v1/loyalty"), &answer);
        }
    }

    /// The request with the tokens of `who`.
    pub(super) fn signed_in(&self, who: Who, request: &RequestBuilder) -> RequestBuilder {
        let Some(person) = self.scene.person(who) else { return request.clone() };
        let with = request.clone().with("Authorization", format!("Bearer {}", person.token));
        with.with("Forecourt-Cart", person.cart_token.as_str())
    }

    /// A plain request must get the answer of an unused edge.
    pub(super) fn expect_plain(&self, who: Who, path: &str) {
        let (expected, actual) = (self.scene.plain(who, path), self.read(who, path));
        let essence = |answer: &Answer| {
            let encoding = answer.header("content-encoding").to_owned();
            (answer.status, encoding, answer.text())
        };
        if essence(&expected) != essence(&actual) {
            self.note(format!(
                "{path} is poisoned for {who:?}: {} {}",
                actual.status,
                actual.text()
            ));
        }
    }

    /// Records a breach; the first counts.
    pub(super) fn note(&self, breach: String) {
        self.breach.borrow_mut().get_or_insert(breach);
    }

    /// The first breach.
    pub(super) fn into_breach(self) -> Option<String> {
        self.breach.into_inner()
    }

    /// Checks an answer: it has no data of others, nothing personal at a path without a route,
    /// nothing personal that a browser may store, and no header injected by a request.
    pub(super) fn watch(&self, who: Who, request: &RequestBuilder, answer: &Answer) {
        let (whole, target) = (answer.whole(), &request.target);
        for person in [&self.scene.ada, &self.scene.ben] {
            if !person.marks.iter().any(|mark| whole.contains(mark)) {
                continue;
            }
            if person.who != who {
                self.note(format!("{who:?} reads {:?}'s answer at {target}", person.who));
            }
            let path = target.split(['?', '#']).next().unwrap();
            if find(request.method, path.strip_prefix("/proxy").unwrap_or(path)).is_err() {
                self.note(format!("a personal answer at {target}, which has no route"));
            }
            if !answer.header("cache-control").contains("no-store") {
                self.note(format!("a browser may store {target}"));
            }
        }
        if !answer.header("x-injected").is_empty() {
            self.note(format!("{target} wrote a header of the answer"));
        }
    }
}

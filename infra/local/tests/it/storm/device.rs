//! A shopper's device: tabs that share bookmarks and send one command after the other.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use fastrand::Rng;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Request;
use ureq::http::request::Builder;

use super::consistency_checker::{ConsistencyChecker, REMOVED, SHARED, State};
use super::counters::Counters;
use super::jar::{BookmarkJar, SentBookmarks};
use super::site::Site;
use super::wire::{Reply, agent, once};

/// How often one request is tried: many times more than the process is killed.
const TRIES_MAX: u32 = 500;
/// The quantity after which a line is removed.
const LAST_QUANTITY: State = 3;

/// One device of one shopper.
pub(crate) struct Device<'a> {
    pub(crate) name: String,
    pub(crate) token: String,
    pub(crate) site: &'a Site,
    pub(crate) counters: &'a Counters,
    /// Bookmarks, and the checker of the answers shown with them.
    state: Mutex<(BookmarkJar, ConsistencyChecker)>,
    /// Held until a command's outcome is known: then the next is sent.
    commands: Mutex<()>,
}

/// A line of a tab that is not removed.
struct Line {
    name: String,
    quantity: State,
    id: String,
}

/// A command, the same for every attempt.
struct Command {
    line: String,
    method: &'static str,
    path: String,
    body: Option<Value>,
    key: String,
}

// === impl Device ===

impl<'a> Device<'a> {
    pub(crate) fn new(name: String, token: String, site: &'a Site, counters: &'a Counters) -> Self {
        Self { name, token, site, counters, state: Mutex::default(), commands: Mutex::default() }
    }

    /// Its commands and the states shown to it.
    pub(crate) fn checker(&self) -> ConsistencyChecker {
        self.state().1.clone()
    }

    /// Runs one tab.
    pub(crate) fn tab(&self, tab: usize, commands: u64, mut rng: Rng) {
        let agent = agent();
        let mut lines: Vec<Line> = Vec::new();
        for n in 0..commands {
            let key = format!("storm-{}-{tab}-{n:06}", self.name);
            let is_doubled = rng.u8(..4) == 0;
            match rng.u8(..8) {
                0 | 1 => {
                    self.command(&agent, &add(SHARED, key), |now| now + 1, is_doubled);
                }
                2..=4 if !lines.is_empty() => {
                    let at = rng.usize(..lines.len());
                    let line = &mut lines[at];
                    line.quantity =
                        if line.quantity < LAST_QUANTITY { line.quantity + 1 } else { REMOVED };
                    let to = line.quantity;
                    self.command(&agent, &change(line, key), |_| to, is_doubled);
                    lines.retain(|line| line.quantity != REMOVED);
                }
                _ => {
                    let name = format!("{}-{tab}-{n}", self.name);
                    let body = self.command(&agent, &add(&name, key), |_| 1, is_doubled);
                    lines.push(Line { id: line_id(&body, &name), name, quantity: 1 });
                }
            }
            for _ in 0..rng.u8(..3) {
                self.read(&agent);
            }
        }
    }

    /// Reads the cart with all bookmarks; with more than a request takes, merges them first without
    /// showing the answer.
    pub(crate) fn read(&self, agent: &Agent) {
        loop {
            let (sent, due, is_crowded) = self.next_request();
            let etag = sent.etag.as_deref().filter(|_| !is_crowded);
            let reply = self.settled(|url| {
                let mut request = self.request("GET", &format!("{url}/v1/cart"), &sent);
                if let Some(etag) = etag {
                    request = request.header("if-none-match", etag);
                }
                once(agent, request, None)
            });
            let mut state = self.state();
            let body = match reply.status {
                200 => reply.body,
                304 => match state.0.unchanged(&sent) {
                    Some(body) => body,
                    // Another tab has replaced the cached body.
                    None => continue,
                },
                status => panic!("a read answered {status}: {}", reply.body),
            };
            self.arrived(&mut state, &sent, &due, (&reply.etag, &body));
            if !is_crowded {
                return;
            }
        }
    }

    /// Sends a command until it is acknowledged; sometimes twice at once, as a double click.
    /// `change` maps its line's state to the next.
    fn command(
        &self,
        agent: &Agent,
        command: &Command,
        change: impl Fn(State) -> State,
        is_doubled: bool,
    ) -> Value {
        let _alone = self.commands.lock().unwrap();
        {
            let mut state = self.state();
            let progress = state.1.own.entry(command.line.clone()).or_default();
            progress.issued = change(progress.issued);
        }
        let body = std::thread::scope(|scope| {
            let second = is_doubled.then(|| scope.spawn(|| self.send(agent, command)));
            let body = self.send(agent, command);
            if let Some(second) = second {
                second.join().unwrap();
            }
            body
        });
        self.counters.acknowledge();
        body
    }

    fn send(&self, agent: &Agent, command: &Command) -> Value {
        let (sent, mut due) = loop {
            let (sent, due, is_crowded) = self.next_request();
            if !is_crowded {
                break (sent, due);
            }
            self.read(agent);
        };
        let reply = self.settled(|url| {
            let request = self
                .request(command.method, &format!("{url}{}", command.path), &sent)
                .header("idempotency-key", &command.key);
            once(agent, request, command.body.as_ref())
        });
        assert_eq!(reply.status, 202, "{}: {}", command.line, reply.body);
        let mut state = self.state();
        let progress = state.1.own.get_mut(&command.line).unwrap();
        progress.acknowledged = progress.issued;
        // The answer to a command shows the command.
        due.insert(command.line.clone(), progress.issued);
        self.arrived(&mut state, &sent, &due, (&reply.etag, &reply.body));
        reply.body
    }

    /// The bookmarks of a request, and the states its answer must show.
    fn next_request(&self) -> (SentBookmarks, BTreeMap<String, State>, bool) {
        let state = self.state();
        (state.0.send(), state.1.acknowledged(), state.0.is_crowded())
    }

    fn arrived(
        &self,
        (jar, checker): &mut (BookmarkJar, ConsistencyChecker),
        sent: &SentBookmarks,
        due: &BTreeMap<String, State>,
        (etag, body): (&str, &Value),
    ) {
        if jar.receive(sent, etag, body) {
            checker.look(body, due);
            self.counters.show();
        }
    }

    /// Retries until there is a definite answer, also after restarts.
    fn settled(&self, send: impl Fn(&str) -> Result<Reply, ureq::Error>) -> Reply {
        for _ in 0..TRIES_MAX {
            let (process, url) = self.site.now();
            match send(&url) {
                Ok(reply) if matches!(reply.status, 429 | 502..=504) => {
                    self.counters.refuse();
                    self.site.rest(process);
                }
                Ok(reply) => return reply,
                Err(_) => {
                    self.counters.lose();
                    self.site.wait_for_restart(process);
                }
            }
        }
        panic!("no answer in {TRIES_MAX} tries");
    }

    fn request(&self, method: &str, url: &str, sent: &SentBookmarks) -> Builder {
        let request =
            Request::builder().method(method).uri(url).header("forecourt-cart", &self.token);
        if sent.bookmarks.is_empty() {
            return request;
        }
        request.header("forecourt-bookmark", sent.bookmarks.join(", "))
    }

    fn state(&self) -> MutexGuard<'_, (BookmarkJar, ConsistencyChecker)> {
        self.state.lock().unwrap()
    }
}

fn add(line: &str, key: String) -> Command {
    let mut body = json!({"product": "tee", "quantity": 1,
        "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
    if line != SHARED {
        body["properties"] = json!({ "name": line });
    }
    let path = "/v1/cart/lines".to_owned();
    Command { line: line.to_owned(), method: "POST", path, body: Some(body), key }
}

fn change(line: &Line, key: String) -> Command {
    let (method, body) = match line.quantity {
        REMOVED => ("DELETE", None),
        quantity => ("PATCH", Some(json!({ "quantity": quantity }))),
    };
    let path = format!("/v1/cart/lines/{}", line.id);
    Command { line: line.name.clone(), method, path, body, key }
}

fn line_id(body: &Value, name: &str) -> String {
    let lines = body["lines"].as_array().unwrap();
    let line = lines.iter().find(|line| line["properties"]["name"] == name);
    line.unwrap_or_else(|| panic!("I1: {name} was acknowledged: {body}"))["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

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
use super::site::{Address, Site};
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
    state: Mutex<DeviceState>,
    /// Held until a command's outcome is known: then the next is sent.
    commands: Mutex<()>,
}

/// The bookmarks of a device, and the checker of the answers shown with them.
#[derive(Default)]
struct DeviceState {
    jar: BookmarkJar,
    checker: ConsistencyChecker,
}

/// The bookmarks of the next request, and the states of the lines that its answer must show.
struct NextRequest {
    sent: SentBookmarks,
    due: BTreeMap<String, State>,
    /// There are more bookmarks than a request takes.
    is_crowded: bool,
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
        self.state().checker.clone()
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
            let next = self.next_request();
            let etag = next.sent.etag.as_deref().filter(|_| !next.is_crowded);
            let reply = self.settled(|url| {
                let mut request = self.request("GET", &format!("{url}/v1/cart"), &next.sent);
                if let Some(etag) = etag {
                    request = request.header("if-none-match", etag);
                }
                once(agent, request, None)
            });
            let mut state = self.state();
            let body = match reply.status {
                200 => reply.body,
                304 => match state.jar.unchanged(&next.sent) {
                    Some(body) => body,
                    // Another tab has replaced the cached body.
                    None => continue,
                },
                status => panic!("a read answered {status}: {}", reply.body),
            };
            self.arrived(&mut state, &next, &reply.etag, &body);
            if !next.is_crowded {
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
            let progress = state.checker.own.entry(command.line.clone()).or_default();
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
        let mut next = self.next_request();
        while next.is_crowded {
            self.read(agent);
            next = self.next_request();
        }
        let reply = self.settled(|url| {
            let request = self
                .request(command.method, &format!("{url}{}", command.path), &next.sent)
                .header("idempotency-key", &command.key);
            once(agent, request, command.body.as_ref())
        });
        assert_eq!(reply.status, 202, "{}: {}", command.line, reply.body);
        let mut state = self.state();
        let progress = state.checker.own.get_mut(&command.line).unwrap();
        progress.acknowledged = progress.issued;
        // The answer to a command shows the command.
        next.due.insert(command.line.clone(), progress.issued);
        self.arrived(&mut state, &next, &reply.etag, &reply.body);
        reply.body
    }

    fn next_request(&self) -> NextRequest {
        let DeviceState { jar, checker } = &*self.state();
        NextRequest { sent: jar.send(), due: checker.acknowledged(), is_crowded: jar.is_crowded() }
    }

    /// Stores the bookmark of an answer, and checks the answer if it may be shown.
    fn arrived(&self, state: &mut DeviceState, request: &NextRequest, etag: &str, body: &Value) {
        if state.jar.receive(&request.sent, etag, body) {
            state.checker.look(body, &request.due);
            self.counters.show();
        }
    }

    /// Retries until there is a definite answer, also after restarts.
    fn settled(&self, send: impl Fn(&str) -> Result<Reply, ureq::Error>) -> Reply {
        for _ in 0..TRIES_MAX {
            let Address { process, url } = self.site.now();
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

    fn state(&self) -> MutexGuard<'_, DeviceState> {
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

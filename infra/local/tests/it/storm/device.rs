//! A shopper's device: tabs that share bookmarks and send one command after the other.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Request;
use ureq::http::request::Builder;

use super::counters::Counters;
use super::draw::Draw;
use super::jar::{Jar, Sent};
use super::site::Site;
use super::wire::{Reply, agent, once};
use super::witness::{REMOVED, SHARED, State, Witness};

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
    /// Bookmarks, and what was shown under them.
    state: Mutex<(Jar, Witness)>,
    /// Held while a command's fate is unknown: it is known before the next is sent.
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

    /// What it has asked and seen.
    pub(crate) fn witness(&self) -> Witness {
        self.state().1.clone()
    }

    /// One tab's afternoon.
    pub(crate) fn tab(&self, tab: usize, commands: u64, mut draw: Draw) {
        let agent = agent();
        let mut lines: Vec<Line> = Vec::new();
        for n in 0..commands {
            let key = format!("storm-{}-{tab}-{n:06}", self.name);
            let is_doubled = draw.one_in(4);
            match draw.below(8) {
                0 | 1 => {
                    self.command(&agent, &add(SHARED, key), |now| now + 1, is_doubled);
                }
                2..=4 if !lines.is_empty() => {
                    let at = draw.below(lines.len() as u64) as usize;
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
            for _ in 0..draw.below(3) {
                self.read(&agent);
            }
        }
    }

    /// Reads the cart with everything the device holds; with more than a request takes, brings
    /// that together first and shows nothing.
    pub(crate) fn read(&self, agent: &Agent) {
        loop {
            let (sent, due, is_crowded) = self.asking();
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
                    // The body it stands for has been replaced by another tab.
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

    /// Sends a command until it is acknowledged; now and then twice at once, as a double click.
    /// `change` makes its line's next state of the one before.
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
            let asked = state.1.own.entry(command.line.clone()).or_default();
            asked.issued = change(asked.issued);
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
            let (sent, due, is_crowded) = self.asking();
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
        let asked = state.1.own.get_mut(&command.line).unwrap();
        asked.acknowledged = asked.issued;
        // The answer to a command shows the command.
        due.insert(command.line.clone(), asked.issued);
        self.arrived(&mut state, &sent, &due, (&reply.etag, &reply.body));
        reply.body
    }

    /// What goes out with a request, and what its answer must show.
    fn asking(&self) -> (Sent, BTreeMap<String, State>, bool) {
        let state = self.state();
        (state.0.send(), state.1.acknowledged(), state.0.is_crowded())
    }

    fn arrived(
        &self,
        (jar, witness): &mut (Jar, Witness),
        sent: &Sent,
        due: &BTreeMap<String, State>,
        (etag, body): (&str, &Value),
    ) {
        if jar.receive(sent, etag, body) {
            witness.look(body, due);
            self.counters.show();
        }
    }

    /// Asks until there is an answer that settles something, wherever the shop is by then.
    fn settled(&self, ask: impl Fn(&str) -> Result<Reply, ureq::Error>) -> Reply {
        for _ in 0..TRIES_MAX {
            let (process, url) = self.site.now();
            match ask(&url) {
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

    fn request(&self, method: &str, url: &str, sent: &Sent) -> Builder {
        let request =
            Request::builder().method(method).uri(url).header("forecourt-cart", &self.token);
        if sent.bookmarks.is_empty() {
            return request;
        }
        request.header("forecourt-bookmark", sent.bookmarks.join(", "))
    }

    fn state(&self) -> MutexGuard<'_, (Jar, Witness)> {
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

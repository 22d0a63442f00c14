//! The devices that a program plays. Requests, commands and outcomes are read from what the program
//! sends and receives, not from what it says; only the numbers of bookmarks, and whether an answer is
//! shown, are the program's word.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use bytes::Bytes;
use domain_core::time::Time;
use edge_wire::headers::{BOOKMARK, CART, IDEMPOTENCY_KEY};
use http::header::{AUTHORIZATION, IF_NONE_MATCH};
use http::{HeaderName, Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::bookmark_jar::Bookmark;
use super::device::{DOUBLE_SENDS, EDGE_CHANGES, Owned, TabView};
use super::http::{ClientRequest, ErrorReply, token_id};
use super::network::Network;
use super::oracle::ClientOracle as _;
use super::resource::{Call, Command, ReceivedAnswer, ReceivedRejection, Resource};
use super::script::{Effect, ScriptProcess, ScriptRequest};
use crate::engine::{Coverage, Handle, Rng, RunLog};

/// Where the App Proxy answers with a customer's token.
const SESSION: &str = "/apps/forecourt/v1/session";

/// Where a device obtains a cart's token.
const CARTS: &str = "/v1/carts";

/// The devices of a world that a program plays.
pub(crate) struct ScriptDevices<R: Resource> {
    process: Rc<ScriptProcess>,
    network: Rc<Network>,
    oracle: Handle<R::Oracle>,
    log: RunLog,
    rng: Rng,
    state: RefCell<State<R>>,
}

struct State<R: Resource> {
    devices: Vec<DeviceState<R>>,
    requests: HashMap<u64, SentRequest<R>>,
    calls: HashMap<u64, oneshot::Sender<bool>>,
    calls_so_far: u64,
}

struct DeviceState<R: Resource> {
    owned: Owned,
    /// Its number in the oracle.
    number: usize,
    edge: usize,
    is_open: bool,
    /// Whether its guest's resource was merged into the customer's, or given up.
    is_merged: bool,
    /// By their keys, with their numbers in the oracle.
    commands: HashMap<String, (usize, Rc<Command<R>>)>,
    /// What was acknowledged, and not yet reported to a caller.
    acknowledged: Vec<R::Action>,
    latest: Option<Rc<Command<R>>>,
    /// The shown answers, by their `ETag`s.
    bodies: HashMap<String, Rc<R::Body>>,
    views: Vec<Rc<TabView<R>>>,
}

/// A request under way.
struct SentRequest<R: Resource> {
    device: usize,
    tab: usize,
    path: String,
    resource: String,
    bookmarks: BTreeMap<u64, Bookmark>,
    command: Option<(usize, Rc<Command<R>>)>,
    etag: Option<String>,
    at_ms: u64,
    /// What the answer shows, once it is there.
    body: Option<Rc<R::Body>>,
}

/// One device.
pub(crate) struct ScriptDevice<R: Resource> {
    devices: Rc<ScriptDevices<R>>,
    index: usize,
}

// === impl ScriptDevice ===

impl<R: Resource> ScriptDevice<R> {
    /// Adds a tab, before the first call.
    pub(crate) fn add_tab(&self, view: &Rc<TabView<R>>) {
        let views = &mut self.devices.state.borrow_mut().devices[self.index].views;
        view.tab.set(views.len());
        views.push(Rc::clone(view));
    }

    pub(crate) fn current(&self) -> String {
        let state = self.devices.state.borrow();
        let DeviceState { owned, is_merged, .. } = &state.devices[self.index];
        owned.guest.as_ref().filter(|_| !is_merged).unwrap_or(&owned.own).clone()
    }

    pub(crate) fn latest(&self) -> Option<Rc<Command<R>>> {
        self.devices.state.borrow().devices[self.index].latest.clone()
    }

    pub(crate) async fn read(&self, what: &R::Read, view: &TabView<R>) {
        self.devices.call(self.index, view, R::call_of_read(what)).await;
    }

    pub(crate) async fn send_command(&self, action: R::Action, view: &TabView<R>) {
        let is_done = self.devices.call(self.index, view, R::call_of_action(&action)).await;
        if !is_done {
            return;
        }
        let mut state = self.devices.state.borrow_mut();
        let acknowledged = &mut state.devices[self.index].acknowledged;
        match acknowledged.iter().position(|one| *one == action) {
            Some(at) => drop(acknowledged.swap_remove(at)),
            None => self.devices.unexpected(&format!("{action:?} succeeded without a 202")),
        }
    }

    pub(crate) async fn sign_in(&self, view: &TabView<R>) {
        if self.current() != self.devices.state.borrow().devices[self.index].owned.own {
            let call = Call { method: "session.start", arguments: json!([]) };
            self.devices.call(self.index, view, call).await;
        }
    }

    pub(crate) async fn make_ready(&self, view: &TabView<R>) -> bool {
        let call = Call { method: R::FLUSH, arguments: json!([]) };
        self.devices.call(self.index, view, call).await
    }
}

// === impl ScriptDevices ===

impl<R: Resource> ScriptDevices<R> {
    pub(crate) fn new(
        process: Rc<ScriptProcess>,
        network: Rc<Network>,
        oracle: Handle<R::Oracle>,
    ) -> Rc<Self> {
        let log = oracle.lock().log().clone();
        let rng = network.link.faults.rng.clone();
        let (devices, requests, calls) = (Vec::new(), HashMap::new(), HashMap::new());
        let state = State { devices, requests, calls, calls_so_far: 0 };
        let devices = Self { process, network, oracle, log, rng, state: RefCell::new(state) };
        let devices = Rc::new(devices);
        devices.report(json!({"what": "reset"}));
        devices
    }

    pub(crate) fn device(self: &Rc<Self>, owned: Owned) -> ScriptDevice<R> {
        let number = self.oracle.lock().add_client();
        let edge = self.rng.index(self.network.edges.len());
        let devices = &mut self.state.borrow_mut().devices;
        devices.push(DeviceState {
            owned,
            number,
            edge,
            is_open: false,
            is_merged: false,
            commands: HashMap::new(),
            acknowledged: Vec::new(),
            latest: None,
            bodies: HashMap::new(),
            views: Vec::new(),
        });
        ScriptDevice { devices: Rc::clone(self), index: devices.len() - 1 }
    }

    /// Calls a method of a tab; returns whether it succeeded.
    async fn call(self: &Rc<Self>, device: usize, view: &TabView<R>, call: Call) -> bool {
        self.open(device);
        let (sender, receiver) = oneshot::channel();
        let id = {
            let mut state = self.state.borrow_mut();
            state.calls_so_far += 1;
            let id = state.calls_so_far;
            state.calls.insert(id, sender);
            id
        };
        let Call { method, arguments } = call;
        self.log.trace(|| format!("device  {device} calls {method}{arguments}"));
        self.report(json!({"what": "call", "id": id, "device": device, "tab": view.tab.get(),
            "method": method, "args": arguments}));
        receiver.await.unwrap_or(false)
    }

    /// Opens a device's tabs, the first time.
    fn open(self: &Rc<Self>, index: usize) {
        let message = {
            let mut state = self.state.borrow_mut();
            let device = &mut state.devices[index];
            if std::mem::replace(&mut device.is_open, true) {
                return;
            }
            let now_ms = self.now_ms();
            let holder = |id: &String| json!({"id": id, "token": self.network.mint().cart_token(id), "at": now_ms});
            let guest = device.owned.guest.as_ref().map(holder);
            let customer = guest.is_none().then_some(&device.owned.own);
            json!({"what": "open", "device": index, "tabs": device.views.len().max(1),
                "guest": guest, "customer": customer})
        };
        self.report(message);
    }

    /// Reports to the program what happened, and does what its devices do.
    fn report(self: &Rc<Self>, mut message: Value) {
        message["t"] = json!(self.now_ms());
        match self.process.report(&message) {
            Ok(effects) => effects.into_iter().for_each(|effect| self.handle(effect)),
            Err(error) => self.unexpected(&error.to_string()),
        }
    }

    fn handle(self: &Rc<Self>, effect: Effect) {
        match effect {
            Effect::Send(request) => self.send(request),
            Effect::Sleep { id, ms } => {
                let devices = Rc::clone(self);
                self.spawn(async move {
                    devices.network.link.faults.timeline.sleep(ms).await;
                    devices.report(json!({"what": "answer", "id": id}));
                });
            }
            Effect::Done { id, error } => {
                self.log.trace(|| format!("device  ends call {id}: {error:?}"));
                let sender = self.state.borrow_mut().calls.remove(&id);
                // The caller of a world that has ended does not listen.
                let _ = sender.map(|sender| sender.send(error.is_none()));
            }
            Effect::Stored { request, number, shown } => self.stored(request, number, shown),
            Effect::Learned { request, number } => {
                let sent = self.state.borrow_mut().requests.remove(&request);
                let Some(SentRequest { device, bookmarks, command: Some(command), .. }) = sent
                else {
                    return self.unexpected("a merged cart's bookmark without a command");
                };
                let client = self.acknowledged(device, &command);
                self.oracle.lock().merge_learned(client, &bookmarks, number, command.0);
            }
            Effect::Dropped { request, remaining } => {
                let sent = self.state.borrow_mut().requests.remove(&request);
                let Some(SentRequest { device, bookmarks, .. }) = sent else { return };
                let client = self.state.borrow().devices[device].number;
                self.oracle.lock().bookmarks_dropped(client, &bookmarks, &remaining);
            }
            Effect::Expired { device, key } => {
                let state = self.state.borrow();
                let DeviceState { number: client, commands, .. } = &state.devices[device];
                let Some((number, _)) = commands.get(&key) else { return };
                self.report_rejection(*client, *number, self.now_ms(), &ErrorReply::Expired);
            }
            Effect::Abandoned { device } => {
                let client = {
                    let device = &mut self.state.borrow_mut().devices[device];
                    device.is_merged = true;
                    device.number
                };
                self.oracle.lock().guest_abandoned(client);
            }
        }
    }

    /// Sends a device's request; the answer goes back to the program.
    fn send(self: &Rc<Self>, request: ScriptRequest) {
        let (id, device) = (request.id, request.device);
        let devices = Rc::clone(self);
        if request.path == SESSION {
            let customer = R::customer(&self.state.borrow().devices[device].owned.own);
            self.spawn(async move {
                let network = Rc::clone(&devices.network);
                let session = async move { session(&network, &customer) };
                let answer = devices.network.link.send(session).await;
                devices.answered(id, answer);
            });
            return;
        }
        if self.rng.chance(EDGE_CHANGES) {
            let edge = self.rng.index(self.network.edges.len());
            self.state.borrow_mut().devices[device].edge = edge;
        }
        let edge = self.state.borrow().devices[device].edge;
        let Some(sent) = self.sent_request(&request) else { return };
        let http = self.http_request(&request);
        self.log.trace(|| format!("device  {device} sends {} {}", request.method, request.path));
        if sent.command.is_some() && self.rng.chance(DOUBLE_SENDS) {
            self.network.send_and_forget(edge, http.clone());
        }
        self.state.borrow_mut().requests.insert(id, sent);
        self.spawn(async move {
            let answer = devices.network.send(edge, http).await;
            devices.answered(id, answer);
        });
    }

    /// What a request is about; its command is reported when it is sent for the first time.
    fn sent_request(&self, request: &ScriptRequest) -> Option<SentRequest<R>> {
        let ScriptRequest { device, tab, method, path, headers, body, sent, .. } = request;
        let header = |name: &str| headers.get(name).map(String::as_str).unwrap_or_default();
        let texts: BTreeSet<&str> =
            header(BOOKMARK).split(',').filter(|it| !it.is_empty()).collect();
        if texts != sent.iter().map(|one| one.text.as_str()).collect() {
            self.unexpected("the header has other bookmarks than the device means to send");
            return None;
        }
        let bookmark = |text: &str, resource: &str| Bookmark {
            resource: resource.to_owned(),
            text: text.to_owned(),
        };
        let bookmarks = sent.iter().map(|one| (one.number, bookmark(&one.text, &one.resource)));
        // A cart's token is requested without bookmarks, and the answer is not shown.
        let is_of_resource = path != CARTS;
        let resource = R::holder(headers).filter(|_| is_of_resource).unwrap_or_default();
        let mut command = None;
        if let Some(key) = headers.get(IDEMPOTENCY_KEY) {
            let body = serde_json::from_str(body.as_deref().unwrap_or("null")).unwrap_or_default();
            let Some(action) = R::action_of(method, path, &body) else {
                self.unexpected(&format!("{method} {path} is no command"));
                return None;
            };
            command = Some(self.sent_command(
                *device,
                Command { resource: resource.clone(), key: key.clone(), action },
            )?);
        } else if is_of_resource {
            self.log.count(Coverage::Read);
        }
        Some(SentRequest {
            device: *device,
            tab: *tab,
            path: path.clone(),
            resource,
            bookmarks: bookmarks.collect(),
            command,
            etag: headers.get(IF_NONE_MATCH.as_str()).cloned(),
            at_ms: self.now_ms(),
            body: None,
        })
    }

    /// The number of a command; a repetition of another command under its key is an error.
    fn sent_command(&self, device: usize, command: Command<R>) -> Option<(usize, Rc<Command<R>>)> {
        let mut state = self.state.borrow_mut();
        let DeviceState { number: client, commands, .. } = &mut state.devices[device];
        if let Some((number, known)) = commands.get(&command.key) {
            self.log.count(Coverage::Retry);
            if (&known.resource, &known.action) != (&command.resource, &command.action) {
                self.unexpected(&format!("{command:?} with the key of {known:?}"));
                return None;
            }
            return Some((*number, Rc::clone(known)));
        }
        let number = self.oracle.lock().command_sent(*client, &command);
        let command = Rc::new(command);
        commands.insert(command.key.clone(), (number, Rc::clone(&command)));
        Some((number, command))
    }

    /// The request for the edge: what the program sent, with tokens of today's keys. A cart's token is
    /// valid for longer than the key of a bookmark, but a world has one ring for both.
    fn http_request(&self, request: &ScriptRequest) -> ClientRequest {
        let ScriptRequest { method, path, headers, body, .. } = request;
        let method = Method::from_bytes(method.as_bytes()).unwrap_or_default();
        let mut http = ClientRequest::new(method, path.clone());
        for (name, value) in headers {
            if name == IF_NONE_MATCH.as_str() && !R::IS_READ_ON_CONDITION {
                continue;
            }
            let value = match token_id(value) {
                Some(cart) if name == CART => self.network.mint().cart_token(cart),
                _ => value.clone(),
            };
            let name = HeaderName::try_from(name.as_str()).unwrap_or(AUTHORIZATION);
            http = http.header((name, value));
        }
        let from = body.as_deref().and_then(|body| serde_json::from_str::<Value>(body).ok());
        let from = from.as_ref().and_then(|body| token_id(body["from"].as_str()?));
        match (from, body) {
            (Some(guest), _) => {
                http.body(json!({"from": self.network.mint().cart_token(guest)}).to_string())
            }
            (None, Some(body)) => http.body(body.clone()),
            (None, None) => http,
        }
    }

    /// An answer arrived, or none did.
    fn answered(self: &Rc<Self>, id: u64, answer: Option<Response<Bytes>>) {
        let is_personal =
            self.state.borrow().requests.get(&id).is_some_and(|sent| !sent.resource.is_empty());
        if is_personal {
            self.received(id, answer.as_ref());
        }
        let Some(answer) = answer else {
            return self.report(json!({"what": "answer", "id": id}));
        };
        let headers: BTreeMap<&str, &str> = answer
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect();
        let is_success =
            answer.status().is_success() || answer.status() == StatusCode::NOT_MODIFIED;
        self.report(json!({"what": "answer", "id": id, "status": answer.status().as_u16(),
            "headers": headers, "body": String::from_utf8_lossy(answer.body())}));
        let left = self.state.borrow_mut().requests.remove(&id);
        if is_personal && is_success && left.is_some() {
            self.unexpected("an answer whose bookmark was not stored");
        }
    }

    /// Reads an answer, and reports the rejection of a command.
    fn received(&self, id: u64, answer: Option<&Response<Bytes>>) {
        let mut state = self.state.borrow_mut();
        let State { devices, requests, .. } = &mut *state;
        let Some(sent) = requests.get_mut(&id) else { return };
        let device = &devices[sent.device];
        let client = device.number;
        let error = match answer {
            Some(answer) if answer.status().is_success() => match R::parse(answer) {
                Ok(body) => {
                    sent.body = Some(Rc::new(body));
                    return;
                }
                Err(message) => return self.unexpected(&message),
            },
            Some(answer) if answer.status() == StatusCode::NOT_MODIFIED => {
                self.log.count(Coverage::NotModified);
                sent.body = sent.etag.as_ref().and_then(|etag| device.bodies.get(etag)).cloned();
                return;
            }
            Some(answer) => ErrorReply::of(answer),
            None => ErrorReply::Unavailable,
        };
        self.log.trace(|| format!("device  {} receives {error:?}", sent.device));
        match (&sent.command, error) {
            // The device says under which number it stores the bookmark.
            (Some(_), ErrorReply::Merged(Some(_))) => {}
            (Some((number, _)), ErrorReply::Bookmark) => {
                self.report_rejection(client, *number, sent.at_ms, &ErrorReply::Unavailable);
            }
            (Some((number, _)), error) => {
                self.report_rejection(client, *number, sent.at_ms, &error)
            }
            (None, ErrorReply::Unknown) => {
                if let Some(what) = R::unknown_read(&sent.path) {
                    self.oracle.lock().unknown_received(&sent.resource, &what);
                }
            }
            (None, ErrorReply::Bookmark | ErrorReply::Unavailable | ErrorReply::Merged(_)) => {}
            (None, other) => self.unexpected(&format!("{other:?} to a read")),
        }
    }

    /// The device stored the bookmark of an answer.
    fn stored(&self, id: u64, number: u64, is_shown: bool) {
        let Some(sent) = self.state.borrow_mut().requests.remove(&id) else {
            return self.unexpected("a bookmark of no answer");
        };
        let Some(body) = sent.body else {
            return self.unexpected("a bookmark without an answer");
        };
        {
            let mut state = self.state.borrow_mut();
            let device = &mut state.devices[sent.device];
            if is_shown {
                *device.views[sent.tab].shown.borrow_mut() = Some(Rc::clone(&body));
            }
            device.bodies.insert(R::etag(&body).to_owned(), Rc::clone(&body));
        }
        if let Some(command) = &sent.command {
            self.acknowledged(sent.device, command);
        }
        let client = self.state.borrow().devices[sent.device].number;
        self.oracle.lock().answer_received(&ReceivedAnswer {
            client,
            resource: &sent.resource,
            sent: &sent.bookmarks,
            body: &body,
            number,
            is_shown,
            acknowledged: sent.command.map(|(number, _)| number),
        });
    }

    /// A command of a device counts; returns the device's number in the oracle.
    fn acknowledged(&self, device: usize, (_, command): &(usize, Rc<Command<R>>)) -> usize {
        let device = &mut self.state.borrow_mut().devices[device];
        if R::is_merge(command) {
            device.is_merged = true;
        } else {
            device.acknowledged.push(command.action.clone());
        }
        device.latest = Some(Rc::clone(command));
        device.number
    }

    fn report_rejection(&self, client: usize, number: usize, sent_at_ms: u64, error: &ErrorReply) {
        let rejection = ReceivedRejection { client, number, sent_at_ms, error };
        self.oracle.lock().rejection_received(&rejection);
    }

    fn unexpected(&self, message: &str) {
        self.oracle.lock().unexpected(message);
    }

    fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.network.link.executor.spawn(&self.network.link.group, task);
    }

    fn now_ms(&self) -> u64 {
        self.network.link.faults.timeline.now_ms()
    }
}

/// What the App Proxy answers for a customer whom Shopify has signed in.
fn session(network: &Network, customer: &str) -> Response<Bytes> {
    let now_ms = network.link.faults.timeline.now_ms();
    let mint = network.mint();
    let token = mint.customer_token(customer);
    let expires_at = Time(mint.token_end_s() * 1_000).to_rfc3339();
    let body = json!({"token": token, "expires_at": expires_at, "customer_id": customer});
    let response = Response::builder().status(StatusCode::CREATED);
    let response = response.header("date", Time(now_ms).to_rfc3339());
    response.body(Bytes::from(body.to_string())).expect("a time is a valid header")
}

//! One device: it sends all its bookmarks, replaces exactly those it sent, shows only answers to its
//! latest request, and retries a command of unknown outcome before it sends another. It may start
//! as a guest; after sign-in it has its customer's resource, into which the guest's is merged.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use http::{Response, StatusCode};

use super::bookmark_jar::{
    Bookmark, BookmarkJar, RETRY_MS_MAX, Replacement, SentBookmarks, SentCommand, ShowRule,
};
use super::http::{ClientRequest, ErrorReply, TokenMint};
use super::network::Network;
use super::oracle::ClientOracle as _;
use super::resource::{Command, ReceivedAnswer, ReceivedRejection, Resource};
use crate::engine::{Coverage, Handle, Mutant, Rng, RunLog};

/// How often an answer that could not be shown is followed by another read, and a retry by another.
const ROUNDS_MAX: usize = 8;
/// How often a device changes its edge, per million requests.
pub(super) const EDGE_CHANGES: u32 = 20_000;
/// How often a key is reused for another command, per million acknowledgements.
const KEY_REUSES: u32 = 5_000;
/// How often a command is sent twice at once, per million.
pub(super) const DOUBLE_SENDS: u32 = 20_000;

/// One device with one kind of resource.
pub(crate) struct Device<R: Resource> {
    owned: Owned,
    /// The time of sign-in, if any.
    signed_in_at_ms: Cell<Option<u64>>,
    /// The time of the first sign-in attempt: weeks later the merge would be another command.
    merge_first_sent_ms: Cell<Option<u64>>,
    network: Rc<Network>,
    oracle: Handle<R::Oracle>,
    log: RunLog,
    rng: Rng,
    mutant: Option<Mutant>,
    /// Its number in the oracle.
    number: usize,
    jar: RefCell<BookmarkJar<R>>,
    edge: Cell<usize>,
    keys: Cell<u32>,
    /// The command that was acknowledged last.
    latest: RefCell<Option<Rc<Command<R>>>>,
}

/// The resources of a device.
#[derive(Debug, Clone)]
pub(crate) struct Owned {
    /// The customer's.
    pub(crate) own: String,
    /// The guest's until sign-in, if the device starts as a guest.
    pub(crate) guest: Option<String>,
}

/// What a tab shows.
pub(crate) struct TabView<R: Resource> {
    pub(crate) shown: RefCell<Option<Rc<R::Body>>>,
    /// The number of its tab, of a device that a program plays.
    pub(crate) tab: Cell<usize>,
}

// === impl TabView ===

impl<R: Resource> Default for TabView<R> {
    fn default() -> Self {
        Self { shown: RefCell::new(None), tab: Cell::new(0) }
    }
}

// === impl Device ===

impl<R: Resource> Device<R> {
    pub(crate) fn new(
        owned: Owned,
        network: Rc<Network>,
        oracle: Handle<R::Oracle>,
        mutant: Option<Mutant>,
    ) -> Self {
        let (number, log) = {
            let mut oracle = oracle.lock();
            (oracle.add_client(), oracle.log().clone())
        };
        let rng = network.link.faults.rng.clone();
        let edge = Cell::new(rng.index(network.edges.len()));
        let rule = if rng.coin() { ShowRule::Strict } else { ShowRule::NothingNew };
        let (jar, keys) = (RefCell::new(BookmarkJar::new(rule)), Cell::new(0));
        let (signed_in_at_ms, merge_first_sent_ms) = (Cell::new(None), Cell::new(None));
        let latest = RefCell::new(None);
        Self {
            owned,
            signed_in_at_ms,
            merge_first_sent_ms,
            network,
            oracle,
            log,
            rng,
            mutant,
            number,
            jar,
            edge,
            keys,
            latest,
        }
    }

    /// The current resource.
    pub(crate) fn current(&self) -> &str {
        let guest = self.owned.guest.as_deref().filter(|_| self.signed_in_at_ms.get().is_none());
        guest.unwrap_or(&self.owned.own)
    }

    /// The command that was acknowledged last.
    pub(crate) fn latest(&self) -> Option<Rc<Command<R>>> {
        self.latest.borrow().clone()
    }

    /// Reads until an answer can be shown.
    pub(crate) async fn read(&self, what: &R::Read, view: &TabView<R>) {
        for _ in 0..ROUNDS_MAX {
            if self.has_more_of_guest() {
                return Box::pin(self.merge(what, view)).await;
            }
            let resource = self.current();
            let bookmarks = self.jar.borrow().select(resource, None, self.mutant);
            let known = view.shown.borrow().clone().filter(|_| self.rng.coin());
            let known = known.filter(|body| !R::etag(body).is_empty());
            let request = R::read(resource, what, self.mint())
                .bookmarks(&bookmarks.texts())
                .if_none_match(known.as_deref().map(R::etag));
            self.log.count(Coverage::Read);
            let Some(answer) = self.send(request).await else { return };
            let body = match (answer.status(), known) {
                (StatusCode::OK, _) => match R::parse(&answer) {
                    Ok(body) => Rc::new(body),
                    Err(message) => return self.unexpected(&message),
                },
                (StatusCode::NOT_MODIFIED, Some(body)) => {
                    self.log.count(Coverage::NotModified);
                    body
                }
                _ => match ErrorReply::of(&answer) {
                    ErrorReply::Unavailable => return,
                    ErrorReply::Bookmark => {
                        self.drop_bookmarks(&bookmarks);
                        continue;
                    }
                    ErrorReply::Unknown => {
                        return self.oracle.lock().unknown_received(resource, what);
                    }
                    // Only a merge by this device removes the guest's cart.
                    ErrorReply::Merged(_) => return Box::pin(self.merge(what, view)).await,
                    other => return self.unexpected(&format!("{other:?} to a read")),
                },
            };
            if self.receive(&bookmarks, &body, view, None) {
                return;
            }
        }
    }

    /// Sends a command, once the outcome of every earlier command is known.
    pub(crate) async fn send_command(&self, action: R::Action, what: &R::Read, view: &TabView<R>) {
        if self.make_ready(what, view).await {
            self.attempt(&self.command(self.current(), action), what, view).await;
        }
    }

    /// Merges the guest's resource into the customer's.
    pub(crate) async fn sign_in(&self, what: &R::Read, view: &TabView<R>) {
        if self.current() != self.owned.own
            && self.make_ready(what, view).await
            && self.current() != self.owned.own
        {
            self.merge(what, view).await;
        }
    }

    /// Sends the merge of the guest's resource, for the first time or again, with the present
    /// bookmarks of it.
    async fn merge(&self, what: &R::Read, view: &TabView<R>) {
        let first_sent_ms = self.merge_first_sent_ms.get().unwrap_or(self.now_ms());
        self.merge_first_sent_ms.set(Some(first_sent_ms));
        if self.now_ms() > first_sent_ms + RETRY_MS_MAX {
            return self.abandon_guest();
        }
        if let Some(merge) = self.owned.guest.as_deref().and_then(R::merge) {
            let sent = self.command(&self.owned.own, merge);
            self.attempt(&sent, what, view).await;
        }
    }

    fn command(&self, resource: &str, action: R::Action) -> SentCommand<R> {
        let key = format!("key-{}-{:012}", self.number, self.keys.replace(self.keys.get() + 1));
        let command = Rc::new(Command { resource: resource.to_owned(), key, action });
        let number = self.oracle.lock().command_sent(self.number, &command);
        let first_sent_ms = self.now_ms();
        SentCommand { command, number, first_sent_ms, first_bookmarks: BTreeMap::new() }
    }

    /// Continues with the customer's resource, regardless of the outcome of the merge.
    fn abandon_guest(&self) {
        self.signed_in_at_ms.set(Some(self.now_ms()));
        self.jar.borrow_mut().drop_all();
        self.oracle.lock().guest_abandoned(self.number);
    }

    /// Reuses the key of an acknowledged command for another command, which no client should do.
    async fn reuse_key(&self, sent: &SentCommand<R>, action: R::Action) {
        if action == sent.command.action {
            return;
        }
        let command = Command { action, ..(*sent.command).clone() };
        let bookmarks = self.jar.borrow().select(&command.resource, None, self.mutant).texts();
        let request = R::command(&command, self.mint()).bookmarks(&bookmarks);
        let Some(answer) = self.send(request).await else { return };
        let error = (!answer.status().is_success()).then(|| ErrorReply::of(&answer));
        match error {
            Some(ErrorReply::Conflict) => self.log.count(Coverage::KeyConflict),
            Some(ErrorReply::Merged(_) | ErrorReply::Unavailable | ErrorReply::Bookmark) => {}
            other => self.unexpected(&format!("409 expected, {other:?}")),
        }
    }

    /// Retries commands of unknown outcome, reads until a request can carry all bookmarks, and
    /// repeats the merge while bookmarks of the guest's resource remain; returns whether all of
    /// that is done.
    pub(crate) async fn make_ready(&self, what: &R::Read, view: &TabView<R>) -> bool {
        let now_ms = self.now_ms();
        loop {
            let expired = self.jar.borrow_mut().expire_oldest(now_ms, self.mutant);
            let Some(sent) = expired else { break };
            self.report_rejection(sent.number, now_ms, &ErrorReply::Expired);
            if R::is_merge(&sent.command) {
                self.abandon_guest();
            }
        }
        for _ in 0..ROUNDS_MAX {
            let unknown = self.jar.borrow().unknown();
            let is_whole = self.jar.borrow().select(self.current(), None, self.mutant).is_whole;
            if !is_whole {
                self.log.count(Coverage::OverFour);
                self.read(what, view).await;
            } else if let Some(sent) = unknown {
                self.log.count(Coverage::Retry);
                self.attempt(&sent, what, view).await;
            } else if self.has_more_of_guest() {
                self.merge(what, view).await;
            } else {
                return true;
            }
        }
        false
    }

    /// Whether it has signed in and holds bookmarks of the guest's resource that are not too old to
    /// be merged.
    fn has_more_of_guest(&self) -> bool {
        let (Some(guest), Some(at_ms)) = (&self.owned.guest, self.signed_in_at_ms.get()) else {
            return false;
        };
        let mut jar = self.jar.borrow_mut();
        if self.now_ms() > at_ms + RETRY_MS_MAX {
            jar.remove(guest);
        }
        jar.has_any(guest)
    }

    /// The bookmarks for a command: for a merge also the guest's, and for the guest's resource after
    /// the merge those of the first attempt.
    fn bookmarks(&self, sent: &SentCommand<R>) -> SentBookmarks {
        let (jar, resource) = (self.jar.borrow(), sent.command.resource.as_str());
        let is_merged = self.owned.guest.as_deref() == Some(resource) && self.current() != resource;
        if is_merged && self.mutant != Some(Mutant::RetryForgetsGuest) {
            return jar.select_for_retry(sent, self.mutant);
        }
        let guest = self.owned.guest.as_deref().filter(|_| R::is_merge(&sent.command));
        jar.select(resource, guest, self.mutant)
    }

    async fn attempt(&self, sent: &SentCommand<R>, what: &R::Read, view: &TabView<R>) {
        let bookmarks = self.bookmarks(sent);
        let request = R::command(&sent.command, self.mint()).bookmarks(&bookmarks.texts());
        self.log.trace(|| format!("client  {} sends {:?}", self.number, sent.command));
        let sent_at_ms = self.now_ms();
        if self.rng.chance(DOUBLE_SENDS) {
            self.network.send_and_forget(self.edge.get(), request.clone());
        }
        let answer = self.send(request).await;
        if let Some(answer) = answer.as_ref().filter(|answer| answer.status().is_success()) {
            match R::parse(answer) {
                Ok(body) => self.accepted(sent, &bookmarks, (what, view), Rc::new(body)).await,
                Err(message) => self.unexpected(&message),
            }
            return;
        }
        match answer.as_ref().map_or(ErrorReply::Unavailable, ErrorReply::of) {
            ErrorReply::Merged(bookmark) => {
                self.jar.borrow_mut().settle(sent.number);
                self.learn_merge(sent, sent_at_ms, &bookmarks, bookmark);
                Box::pin(self.merge(what, view)).await;
            }
            ErrorReply::Unavailable => {
                self.jar.borrow_mut().mark_unknown(sent, &bookmarks.bookmarks, self.mutant);
                self.report_rejection(sent.number, sent_at_ms, &ErrorReply::Unavailable);
            }
            ErrorReply::Bookmark => {
                self.drop_bookmarks(&bookmarks);
                self.jar.borrow_mut().mark_unknown(sent, &BTreeMap::new(), self.mutant);
                self.report_rejection(sent.number, sent_at_ms, &ErrorReply::Unavailable);
            }
            error => {
                self.jar.borrow_mut().settle(sent.number);
                self.report_rejection(sent.number, sent_at_ms, &error);
                if R::is_merge(&sent.command) && error == ErrorReply::Expired {
                    self.abandon_guest();
                }
            }
        }
    }

    /// A command was acknowledged.
    async fn accepted(
        &self,
        sent: &SentCommand<R>,
        bookmarks: &SentBookmarks,
        (what, view): (&R::Read, &TabView<R>),
        body: Rc<R::Body>,
    ) {
        self.jar.borrow_mut().settle(sent.number);
        *self.latest.borrow_mut() = Some(Rc::clone(&sent.command));
        let is_merge = R::is_merge(&sent.command);
        if is_merge && self.signed_in_at_ms.get().is_none() {
            self.signed_in_at_ms.set(Some(self.now_ms()));
        }
        if !self.receive(bookmarks, &body, view, Some(sent.number)) {
            self.read(what, view).await;
        }
        if self.rng.chance(KEY_REUSES)
            && !is_merge
            && let Some(action) = R::other(&sent.command.action)
        {
            self.reuse_key(sent, action).await;
        }
    }

    /// The guest's resource was merged into the customer's: the command counts if the answer
    /// carries a bookmark.
    fn learn_merge(
        &self,
        sent: &SentCommand<R>,
        sent_at_ms: u64,
        bookmarks: &SentBookmarks,
        bookmark: Option<String>,
    ) {
        let Some(text) = bookmark else {
            return self.report_rejection(sent.number, sent_at_ms, &ErrorReply::Merged(None));
        };
        let bookmark = Bookmark { resource: sent.command.resource.clone(), text };
        let number = self.jar.borrow_mut().insert(bookmark);
        self.oracle.lock().merge_learned(self.number, &bookmarks.bookmarks, number, sent.number);
    }

    fn drop_bookmarks(&self, bookmarks: &SentBookmarks) {
        self.jar.borrow_mut().drop_sent(bookmarks, self.mutant);
        let remaining: Vec<u64> = self.jar.borrow().numbers().collect();
        self.oracle.lock().bookmarks_dropped(self.number, &bookmarks.bookmarks, &remaining);
    }

    fn report_rejection(&self, number: usize, sent_at_ms: u64, error: &ErrorReply) {
        let client = self.number;
        let rejection = ReceivedRejection { client, number, sent_at_ms, error };
        self.oracle.lock().rejection_received(&rejection);
    }

    fn unexpected(&self, message: &str) {
        self.oracle.lock().unexpected(message);
    }

    fn now_ms(&self) -> u64 {
        self.network.link.faults.timeline.now_ms()
    }

    fn mint(&self) -> TokenMint<'_> {
        self.network.mint()
    }

    /// Stores the bookmark of an answer; shows the answer if no other arrived in between.
    fn receive(
        &self,
        bookmarks: &SentBookmarks,
        body: &Rc<R::Body>,
        view: &TabView<R>,
        acknowledged: Option<usize>,
    ) -> bool {
        let resource = bookmarks.resource.as_str();
        let text = R::bookmark(body).to_owned();
        let bookmark = Bookmark { resource: resource.to_owned(), text };
        let Replacement { number, is_shown } =
            self.jar.borrow_mut().replace(bookmarks, bookmark, self.mutant);
        // The customer's resource does not contain what is still to be merged.
        let is_shown = is_shown && resource == self.current() && !self.has_more_of_guest();
        if is_shown {
            *view.shown.borrow_mut() = Some(Rc::clone(body));
        }
        self.oracle.lock().answer_received(&ReceivedAnswer {
            client: self.number,
            resource,
            sent: &bookmarks.bookmarks,
            body,
            number,
            is_shown,
            acknowledged,
        });
        is_shown
    }

    async fn send(&self, request: ClientRequest) -> Option<Response<Bytes>> {
        if self.rng.chance(EDGE_CHANGES) {
            self.edge.set(self.rng.index(self.network.edges.len()));
        }
        self.network.send(self.edge.get(), request).await
    }
}

//! One device with a cart: it sends all its bookmarks, replaces exactly those it sent, shows only
//! answers to its latest request, and retries a command of unknown outcome before it sends another.
//! It may start as a guest; after sign-in it has the customer's cart, into which the guest's cart
//! is merged.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::bookmark_jar::{
    Bookmark, BookmarkJar, RETRY_MS_MAX, Replacement, SentBookmarks, SentCommand, ShowRule,
};
use super::network::Network;
use crate::command::{ClientAction, Command};
use crate::coverage::Coverage;
use crate::mutant::Mutant;
use crate::oracle::{OracleHandle, ReceivedAnswer, ReceivedRejection};
use crate::rng::Rng;
use crate::shop::{Body, ErrorReply, Reply, Request};

/// How often an answer that could not be shown is followed by another read, and a retry by another.
const ROUNDS_MAX: usize = 8;
/// How often a device changes its edge, per million requests.
const EDGE_CHANGES: u32 = 20_000;
/// How often a key is reused for another command, per million acknowledgements.
const KEY_REUSES: u32 = 5_000;

/// How often a command is sent twice at once, per million.
const DOUBLE_SENDS: u32 = 20_000;

/// One device.
pub(crate) struct Device {
    carts: DeviceCarts,
    /// The time of sign-in, if any.
    signed_in_at_ms: Cell<Option<u64>>,
    /// The time of the first sign-in attempt: weeks later the merge would be another command.
    merge_first_sent_ms: Cell<Option<u64>>,
    pub(crate) network: Rc<Network>,
    pub(crate) oracle: OracleHandle,
    pub(crate) rng: Rng,
    pub(crate) mutant: Option<Mutant>,
    /// Its number in the oracle.
    number: usize,
    jar: RefCell<BookmarkJar>,
    edge: Cell<usize>,
    keys: Cell<u32>,
}

/// The carts of a device.
#[derive(Debug, Clone)]
pub(crate) struct DeviceCarts {
    /// The customer's cart.
    pub(crate) own: String,
    /// The guest's cart until sign-in, if the device starts as a guest.
    pub(crate) guest: Option<String>,
}

/// The answer that a tab shows.
pub(crate) type TabView = RefCell<Option<Rc<Body>>>;

// === impl Device ===

impl Device {
    pub(crate) fn new(
        carts: DeviceCarts,
        network: Rc<Network>,
        oracle: OracleHandle,
        mutant: Option<Mutant>,
    ) -> Self {
        let number = oracle.lock().add_client();
        let rng = network.link.faults.rng.clone();
        let edge = Cell::new(rng.index(network.edges.len()));
        let rule = if rng.coin() { ShowRule::Strict } else { ShowRule::NothingNew };
        let (jar, keys) = (RefCell::new(BookmarkJar::new(rule)), Cell::new(0));
        let (signed_in_at_ms, merge_first_sent_ms) = (Cell::new(None), Cell::new(None));
        Self {
            carts,
            signed_in_at_ms,
            merge_first_sent_ms,
            network,
            oracle,
            rng,
            mutant,
            number,
            jar,
            edge,
            keys,
        }
    }

    /// The current cart.
    pub(crate) fn cart(&self) -> &str {
        let guest = self.carts.guest.as_deref().filter(|_| self.signed_in_at_ms.get().is_none());
        guest.unwrap_or(&self.carts.own)
    }

    /// Reads until an answer can be shown.
    pub(crate) async fn read(&self, view: &TabView) {
        for _ in 0..ROUNDS_MAX {
            if self.has_more_of_guest() {
                return Box::pin(self.merge(view)).await;
            }
            let cart = self.cart();
            let bookmarks = self.jar.borrow().select(cart, None, self.mutant);
            let known = view.borrow().clone().filter(|_| self.rng.coin());
            let request = Request::Read {
                cart: cart.to_owned(),
                bookmarks: bookmarks.texts(),
                if_none_match: known.as_ref().map(|body| body.etag.clone()),
            };
            let body = match (self.send(request).await, known) {
                (Some(Reply::Cart(body)), _) => body,
                (Some(Reply::NotModified), Some(body)) => {
                    self.oracle.lock().count(Coverage::NotModified);
                    body
                }
                (Some(Reply::Error(ErrorReply::Unavailable)) | None, _) => return,
                (Some(Reply::Error(ErrorReply::Bookmark)), _) => {
                    self.drop_bookmarks(&bookmarks);
                    continue;
                }
                (Some(Reply::Merged(_)), _) => {
                    // Only a merge by this device removes the guest's cart.
                    return Box::pin(self.merge(view)).await;
                }
                (Some(other), _) => return self.oracle.lock().unexpected(&format!("{other:?}")),
            };
            if self.receive(&bookmarks, &body, view, None) {
                return;
            }
        }
    }

    /// Sends a command, once the outcome of every earlier command is known.
    pub(crate) async fn send_command(&self, action: ClientAction, view: &TabView) {
        if !self.make_ready(view).await {
            return;
        }
        self.attempt(&self.command(self.cart(), action), view).await;
    }

    /// Merges the guest's cart into the customer's.
    pub(crate) async fn sign_in(&self, view: &TabView) {
        if self.cart() != self.carts.own
            && self.make_ready(view).await
            && self.cart() != self.carts.own
        {
            self.merge(view).await;
        }
    }

    /// Sends the merge of the guest's cart, for the first time or again, with the present bookmarks
    /// of it.
    async fn merge(&self, view: &TabView) {
        let first_sent_ms = self.merge_first_sent_ms.get().unwrap_or(self.now_ms());
        self.merge_first_sent_ms.set(Some(first_sent_ms));
        if self.now_ms() > first_sent_ms + RETRY_MS_MAX {
            return self.abandon_guest();
        }
        if let Some(guest) = self.carts.guest.clone() {
            let sent = self.command(&self.carts.own, ClientAction::Merge { guest });
            self.attempt(&sent, view).await;
        }
    }

    fn command(&self, cart: &str, action: ClientAction) -> SentCommand {
        let key = format!("key-{}-{:012}", self.number, self.keys.replace(self.keys.get() + 1));
        let command = Rc::new(Command { cart: cart.to_owned(), key, action });
        let number = self.oracle.lock().command_sent(self.number, &command);
        SentCommand {
            command,
            number,
            first_sent_ms: self.now_ms(),
            first_bookmarks: BTreeMap::new(),
        }
    }

    /// Continues with the customer's cart, regardless of the outcome of the merge.
    fn abandon_guest(&self) {
        self.signed_in_at_ms.set(Some(self.now_ms()));
        self.jar.borrow_mut().drop_all();
        self.oracle.lock().guest_abandoned(self.number);
    }

    /// Finishes all retries and reads once more.
    pub(crate) async fn close(&self, view: &TabView) {
        self.make_ready(view).await;
        self.read(view).await;
    }

    /// Reuses the key of an acknowledged command for another command, which no client should do.
    async fn reuse_key(&self, sent: &SentCommand, action: ClientAction) {
        let command = Command { action, ..(*sent.command).clone() };
        if command == *sent.command {
            return;
        }
        let bookmarks = self.jar.borrow().select(&command.cart, None, self.mutant).texts();
        let request = Request::Command { command: Rc::new(command), bookmarks };
        match self.send(request).await {
            Some(Reply::Merged(_)) => {}
            Some(Reply::Error(ErrorReply::Conflict)) => {
                self.oracle.lock().count(Coverage::KeyConflict);
            }
            Some(Reply::Error(ErrorReply::Unavailable | ErrorReply::Bookmark)) | None => {}
            Some(other) => self.oracle.lock().unexpected(&format!("409 expected, {other:?}")),
        }
    }

    /// Retries commands of unknown outcome, reads until a request can carry all bookmarks, and
    /// repeats the merge while bookmarks of the guest's cart remain; returns whether all of that is
    /// done.
    async fn make_ready(&self, view: &TabView) -> bool {
        let now_ms = self.now_ms();
        loop {
            let expired = self.jar.borrow_mut().expire_oldest(now_ms, self.mutant);
            let Some(sent) = expired else { break };
            self.report_rejection(sent.number, now_ms, ErrorReply::Expired);
            if sent.is_merge() {
                self.abandon_guest();
            }
        }
        for _ in 0..ROUNDS_MAX {
            let unknown = self.jar.borrow().unknown();
            let is_whole = self.jar.borrow().select(self.cart(), None, self.mutant).is_whole;
            if !is_whole {
                self.oracle.lock().count(Coverage::OverFour);
                self.read(view).await;
            } else if let Some(sent) = unknown {
                self.oracle.lock().count(Coverage::Retry);
                self.attempt(&sent, view).await;
            } else if self.has_more_of_guest() {
                self.merge(view).await;
            } else {
                return true;
            }
        }
        false
    }

    /// Whether it has signed in and holds bookmarks of the guest's cart that are not too old to be
    /// merged.
    fn has_more_of_guest(&self) -> bool {
        let (Some(guest), Some(at_ms)) = (&self.carts.guest, self.signed_in_at_ms.get()) else {
            return false;
        };
        let mut jar = self.jar.borrow_mut();
        if self.now_ms() > at_ms + RETRY_MS_MAX {
            jar.remove_cart(guest);
        }
        jar.has_any(guest)
    }

    /// The bookmarks for a command: for a merge also the guest's, and for the guest's cart after
    /// the merge those of the first attempt.
    fn bookmarks(&self, sent: &SentCommand) -> SentBookmarks {
        let (jar, cart) = (self.jar.borrow(), sent.command.cart.as_str());
        let is_merged = self.carts.guest.as_deref() == Some(cart) && self.cart() != cart;
        if is_merged && self.mutant != Some(Mutant::RetryForgetsGuest) {
            return jar.select_for_retry(sent, self.mutant);
        }
        let guest = self.carts.guest.as_deref().filter(|_| sent.is_merge());
        jar.select(cart, guest, self.mutant)
    }

    async fn attempt(&self, sent: &SentCommand, view: &TabView) {
        let command = &*sent.command;
        let bookmarks = self.bookmarks(sent);
        let request =
            Request::Command { command: Rc::clone(&sent.command), bookmarks: bookmarks.texts() };
        self.oracle.lock().trace(|| format!("client  {} sends {command:?}", self.number));
        let sent_at_ms = self.now_ms();
        if self.rng.chance(DOUBLE_SENDS) {
            self.network.send_and_forget(self.edge.get(), request.clone());
        }
        match self.send(request).await {
            Some(Reply::Cart(body)) => {
                self.jar.borrow_mut().settle(sent.number);
                if sent.is_merge() && self.signed_in_at_ms.get().is_none() {
                    self.signed_in_at_ms.set(Some(self.now_ms()));
                }
                if !self.receive(&bookmarks, &body, view, Some(sent.number)) {
                    self.read(view).await;
                }
                if self.rng.chance(KEY_REUSES) && !sent.is_merge() {
                    self.reuse_key(sent, ClientAction::Clear).await;
                }
            }
            Some(Reply::Merged(bookmark)) => {
                self.jar.borrow_mut().settle(sent.number);
                self.learn_merge(sent, sent_at_ms, &bookmarks, bookmark);
                Box::pin(self.merge(view)).await;
            }
            Some(Reply::Error(ErrorReply::Unavailable)) | None => {
                self.jar.borrow_mut().mark_unknown(sent, &bookmarks.bookmarks, self.mutant);
                self.report_rejection(sent.number, sent_at_ms, ErrorReply::Unavailable);
            }
            Some(Reply::Error(ErrorReply::Bookmark)) => {
                self.drop_bookmarks(&bookmarks);
                self.jar.borrow_mut().mark_unknown(sent, &BTreeMap::new(), self.mutant);
                self.report_rejection(sent.number, sent_at_ms, ErrorReply::Unavailable);
            }
            Some(Reply::Error(error)) => {
                self.jar.borrow_mut().settle(sent.number);
                self.report_rejection(sent.number, sent_at_ms, error);
                if sent.is_merge() && error == ErrorReply::Expired {
                    self.abandon_guest();
                }
            }
            Some(Reply::NotModified) => self.oracle.lock().unexpected("a 304 to a command"),
        }
    }

    /// The guest's cart was merged into the customer's: the command counts if the answer carries a
    /// bookmark.
    fn learn_merge(
        &self,
        sent: &SentCommand,
        sent_at_ms: u64,
        bookmarks: &SentBookmarks,
        bookmark: Option<String>,
    ) {
        let Some(text) = bookmark else {
            return self.report_rejection(sent.number, sent_at_ms, ErrorReply::Merged);
        };
        let bookmark = Bookmark { cart: sent.command.cart.clone(), text };
        let number = self.jar.borrow_mut().insert(bookmark);
        self.oracle.lock().merge_learned(self.number, &bookmarks.bookmarks, number, sent.number);
    }

    fn drop_bookmarks(&self, bookmarks: &SentBookmarks) {
        self.jar.borrow_mut().drop_sent(bookmarks, self.mutant);
        let remaining: Vec<u64> = self.jar.borrow().numbers().collect();
        self.oracle.lock().bookmarks_dropped(self.number, &bookmarks.bookmarks, &remaining);
    }

    fn report_rejection(&self, number: usize, sent_at_ms: u64, error: ErrorReply) {
        let client = self.number;
        self.oracle.lock().rejection_received(&ReceivedRejection {
            client,
            number,
            sent_at_ms,
            error,
        });
    }

    fn now_ms(&self) -> u64 {
        self.network.link.faults.timeline.now_ms()
    }

    /// Stores the bookmark of an answer; shows the answer if no other arrived in between.
    fn receive(
        &self,
        bookmarks: &SentBookmarks,
        body: &Rc<Body>,
        view: &TabView,
        acknowledged: Option<usize>,
    ) -> bool {
        let cart = bookmarks.cart.as_str();
        let bookmark = Bookmark { cart: cart.to_owned(), text: body.bookmark.clone() };
        let Replacement { number, is_shown } =
            self.jar.borrow_mut().replace(bookmarks, bookmark, self.mutant);
        // The customer's cart does not contain what is still to be merged.
        let is_shown = is_shown && cart == self.cart() && !self.has_more_of_guest();
        if is_shown {
            *view.borrow_mut() = Some(Rc::clone(body));
        }
        self.oracle.lock().answer_received(&ReceivedAnswer {
            client: self.number,
            cart,
            sent: &bookmarks.bookmarks,
            body,
            number,
            is_shown,
            acknowledged,
        });
        is_shown
    }

    async fn send(&self, request: Request) -> Option<Reply> {
        if self.rng.chance(EDGE_CHANGES) {
            self.edge.set(self.rng.index(self.network.edges.len()));
        }
        self.network.send(self.edge.get(), request).await
    }
}

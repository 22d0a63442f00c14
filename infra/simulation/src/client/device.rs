//! One device with a cart: it sends all its bookmarks, replaces exactly those it sent, shows only
//! answers to what it asked last, and retries what it does not know before it goes on. It may begin
//! as a guest; once signed in it has the customer's cart, with what the guest put into its own.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::network::Network;
use super::shelf::{Bookmark, Enclosed, Kept, RETRIED_MS_MAX, Sent, Shelf, ShowRule};
use crate::ask::{Ask, Command};
use crate::bug::Bug;
use crate::counts::Occasion;
use crate::dice::Dice;
use crate::judge::{Bench, Denied, Heard};
use crate::shop::{Body, Refused, Reply, Request};

/// How often an answer that could not be shown is followed by a new read, and a retry by another.
const ROUNDS_MAX: usize = 8;
/// How often a device finds itself at another edge, per million requests.
const ROAMS: u32 = 20_000;
/// How often a key is used again for something else, per million acknowledgements.
const MISUSES: u32 = 5_000;

/// How often a command is sent twice at once, per million.
const TWICE: u32 = 20_000;

/// One device.
pub(crate) struct Device {
    carts: Carts,
    /// When it signed in, if it did.
    signed_in_at_ms: Cell<Option<u64>>,
    /// When it first asked for that: weeks later the merge would be another.
    merge_asked_at_ms: Cell<Option<u64>>,
    pub(crate) network: Rc<Network>,
    pub(crate) bench: Bench,
    pub(crate) dice: Dice,
    pub(crate) bug: Option<Bug>,
    /// The judge's number for it.
    number: usize,
    shelf: RefCell<Shelf>,
    edge: Cell<usize>,
    keys: Cell<u32>,
}

/// The carts of a device.
#[derive(Debug, Clone)]
pub(crate) struct Carts {
    /// The customer's.
    pub(crate) own: String,
    /// Its own until it signs in, if it begins as a guest.
    pub(crate) guest: Option<String>,
}

/// What a tab holds: the answer it shows.
pub(crate) type Held = RefCell<Option<Rc<Body>>>;

// === impl Device ===

impl Device {
    pub(crate) fn new(carts: Carts, network: Rc<Network>, bench: Bench, bug: Option<Bug>) -> Self {
        let number = bench.judge().admit();
        let dice = network.way.sky.dice.clone();
        let edge = Cell::new(dice.index(network.edges.len()));
        let rule = if dice.coin() { ShowRule::Strict } else { ShowRule::NothingNew };
        let (shelf, keys) = (RefCell::new(Shelf::new(rule)), Cell::new(0));
        let (signed_in_at_ms, merge_asked_at_ms) = (Cell::new(None), Cell::new(None));
        Self {
            carts,
            signed_in_at_ms,
            merge_asked_at_ms,
            network,
            bench,
            dice,
            bug,
            number,
            shelf,
            edge,
            keys,
        }
    }

    /// The cart it has at present.
    pub(crate) fn cart(&self) -> &str {
        let guest = self.carts.guest.as_deref().filter(|_| self.signed_in_at_ms.get().is_none());
        guest.unwrap_or(&self.carts.own)
    }

    /// Reads until there is something to show.
    pub(crate) async fn read(&self, held: &Held) {
        for _ in 0..ROUNDS_MAX {
            if self.has_more_of_guest() {
                return Box::pin(self.merge(held)).await;
            }
            let cart = self.cart();
            let enclosed = self.shelf.borrow().enclose(cart, None, self.bug);
            let known = held.borrow().clone().filter(|_| self.dice.coin());
            let request = Request::Read {
                cart: cart.to_owned(),
                bookmarks: enclosed.texts(),
                if_none_match: known.as_ref().map(|body| body.etag.clone()),
            };
            let body = match (self.send(request).await, known) {
                (Some(Reply::Cart(body)), _) => body,
                (Some(Reply::NotModified), Some(body)) => {
                    self.bench.judge().note(Occasion::NotModified);
                    body
                }
                (Some(Reply::Refused(Refused::Unavailable)) | None, _) => return,
                (Some(Reply::Refused(Refused::Bookmark)), _) => {
                    self.drop_bookmarks(&enclosed);
                    continue;
                }
                (Some(Reply::Merged(_)), _) => {
                    // Only a merge of its own takes a guest's cart away.
                    return Box::pin(self.merge(held)).await;
                }
                (Some(other), _) => return self.bench.judge().astonished(&format!("{other:?}")),
            };
            if self.hear(&enclosed, &body, held, None) {
                return;
            }
        }
    }

    /// Asks for something, once everything asked before is known to have happened or not.
    pub(crate) async fn ask(&self, ask: Ask, held: &Held) {
        if !self.make_ready(held).await {
            return;
        }
        self.attempt(&self.command(self.cart(), ask), held).await;
    }

    /// Takes what it has put into a guest's cart into the customer's own.
    pub(crate) async fn sign_in(&self, held: &Held) {
        if self.cart() != self.carts.own
            && self.make_ready(held).await
            && self.cart() != self.carts.own
        {
            self.merge(held).await;
        }
    }

    /// Merges its guest's cart, for the first time or again: with what bookmarks of it there are.
    async fn merge(&self, held: &Held) {
        let asked_at_ms = self.merge_asked_at_ms.get().unwrap_or(self.now_ms());
        self.merge_asked_at_ms.set(Some(asked_at_ms));
        if self.now_ms() > asked_at_ms + RETRIED_MS_MAX {
            return self.give_up_guest();
        }
        if let Some(guest) = self.carts.guest.clone() {
            let sent = self.command(&self.carts.own, Ask::Merge { guest });
            self.attempt(&sent, held).await;
        }
    }

    fn command(&self, cart: &str, ask: Ask) -> Sent {
        let key = format!("key-{}-{:012}", self.number, self.keys.replace(self.keys.get() + 1));
        let command = Rc::new(Command { cart: cart.to_owned(), key, ask });
        let number = self.bench.judge().asked(self.number, &command);
        Sent { command, number, asked_at_ms: self.now_ms(), first_bookmarks: BTreeMap::new() }
    }

    /// Goes on with the customer's cart, whatever becomes of the guest's.
    fn give_up_guest(&self) {
        self.signed_in_at_ms.set(Some(self.now_ms()));
        self.shelf.borrow_mut().drop_all();
        self.bench.judge().abandoned(self.number);
    }

    /// Asks what is still to be asked, and looks once more.
    pub(crate) async fn close(&self, held: &Held) {
        self.make_ready(held).await;
        self.read(held).await;
    }

    /// Uses the key of an acknowledged command for something else, as no client should.
    async fn misuse(&self, sent: &Sent, ask: Ask) {
        let command = Command { ask, ..(*sent.command).clone() };
        if command == *sent.command {
            return;
        }
        let bookmarks = self.shelf.borrow().enclose(&command.cart, None, self.bug).texts();
        let request = Request::Command { command: Rc::new(command), bookmarks };
        match self.send(request).await {
            Some(Reply::Merged(_)) => {}
            Some(Reply::Refused(Refused::Conflict)) => {
                self.bench.judge().note(Occasion::KeyConflict);
            }
            Some(Reply::Refused(Refused::Unavailable | Refused::Bookmark)) | None => {}
            Some(other) => self.bench.judge().astonished(&format!("409 expected, {other:?}")),
        }
    }

    /// Retries what is unknown, reads down to as many bookmarks as a request takes, and merges again
    /// what of the guest's is still missing; whether that is done.
    async fn make_ready(&self, held: &Held) -> bool {
        let now_ms = self.now_ms();
        loop {
            let given_up = self.shelf.borrow_mut().give_up(now_ms, self.bug);
            let Some(sent) = given_up else { break };
            self.refused(sent.number, now_ms, Refused::Expired);
            if sent.is_merge() {
                self.give_up_guest();
            }
        }
        for _ in 0..ROUNDS_MAX {
            let unknown = self.shelf.borrow().unknown();
            let is_whole = self.shelf.borrow().enclose(self.cart(), None, self.bug).is_whole;
            if !is_whole {
                self.bench.judge().note(Occasion::OverFour);
                self.read(held).await;
            } else if let Some(sent) = unknown {
                self.bench.judge().note(Occasion::Retry);
                self.attempt(&sent, held).await;
            } else if self.has_more_of_guest() {
                self.merge(held).await;
            } else {
                return true;
            }
        }
        false
    }

    /// Whether it has signed in and holds bookmarks of the guest's cart, not too old to be merged.
    fn has_more_of_guest(&self) -> bool {
        let (Some(guest), Some(at_ms)) = (&self.carts.guest, self.signed_in_at_ms.get()) else {
            return false;
        };
        let mut shelf = self.shelf.borrow_mut();
        if self.now_ms() > at_ms + RETRIED_MS_MAX {
            shelf.forget(guest);
        }
        shelf.holds(guest)
    }

    /// What goes along with a command: for a merge the guest's bookmarks, too, and for the guest's
    /// cart after the merge those of the first attempt.
    fn enclosed(&self, sent: &Sent) -> Enclosed {
        let (shelf, cart) = (self.shelf.borrow(), sent.command.cart.as_str());
        let is_merged = self.carts.guest.as_deref() == Some(cart) && self.cart() != cart;
        if is_merged && self.bug != Some(Bug::RetryForgetsGuest) {
            return shelf.enclose_again(sent, self.bug);
        }
        let guest = self.carts.guest.as_deref().filter(|_| sent.is_merge());
        shelf.enclose(cart, guest, self.bug)
    }

    async fn attempt(&self, sent: &Sent, held: &Held) {
        let command = &*sent.command;
        let enclosed = self.enclosed(sent);
        let request =
            Request::Command { command: Rc::clone(&sent.command), bookmarks: enclosed.texts() };
        self.bench.judge().trace(|| format!("client  {} sends {command:?}", self.number));
        let sent_at_ms = self.now_ms();
        if self.dice.chance(TWICE) {
            self.network.send_and_forget(self.edge.get(), request.clone());
        }
        match self.send(request).await {
            Some(Reply::Cart(body)) => {
                self.shelf.borrow_mut().settle(sent.number);
                if sent.is_merge() && self.signed_in_at_ms.get().is_none() {
                    self.signed_in_at_ms.set(Some(self.now_ms()));
                }
                if !self.hear(&enclosed, &body, held, Some(sent.number)) {
                    self.read(held).await;
                }
                if self.dice.chance(MISUSES) && !sent.is_merge() {
                    self.misuse(sent, Ask::Clear).await;
                }
            }
            Some(Reply::Merged(bookmark)) => {
                self.shelf.borrow_mut().settle(sent.number);
                self.learn_merged(sent, sent_at_ms, &enclosed, bookmark);
                Box::pin(self.merge(held)).await;
            }
            Some(Reply::Refused(Refused::Unavailable)) | None => {
                self.shelf.borrow_mut().mark_unknown(sent, &enclosed.bookmarks, self.bug);
                self.refused(sent.number, sent_at_ms, Refused::Unavailable);
            }
            Some(Reply::Refused(Refused::Bookmark)) => {
                self.drop_bookmarks(&enclosed);
                self.shelf.borrow_mut().mark_unknown(sent, &BTreeMap::new(), self.bug);
                self.refused(sent.number, sent_at_ms, Refused::Unavailable);
            }
            Some(Reply::Refused(refused)) => {
                self.shelf.borrow_mut().settle(sent.number);
                self.refused(sent.number, sent_at_ms, refused);
                if sent.is_merge() && refused == Refused::Expired {
                    self.give_up_guest();
                }
            }
            Some(Reply::NotModified) => self.bench.judge().astonished("a 304 to a command"),
        }
    }

    /// The guest's cart went into the customer's: a command to it counts if a bookmark knows it.
    fn learn_merged(
        &self,
        sent: &Sent,
        sent_at_ms: u64,
        enclosed: &Enclosed,
        bookmark: Option<String>,
    ) {
        let Some(text) = bookmark else {
            return self.refused(sent.number, sent_at_ms, Refused::Merged);
        };
        let bookmark = Bookmark { cart: sent.command.cart.clone(), text };
        let number = self.shelf.borrow_mut().keep(bookmark);
        self.bench.judge().known_merged(self.number, &enclosed.bookmarks, number, sent.number);
    }

    fn drop_bookmarks(&self, enclosed: &Enclosed) {
        self.shelf.borrow_mut().drop_sent(enclosed, self.bug);
        let left: Vec<u64> = self.shelf.borrow().numbers().collect();
        self.bench.judge().dropped(self.number, &enclosed.bookmarks, &left);
    }

    fn refused(&self, number: usize, sent_at_ms: u64, refused: Refused) {
        let client = self.number;
        self.bench.judge().refused(&Denied { client, number, sent_at_ms, refused });
    }

    fn now_ms(&self) -> u64 {
        self.network.way.sky.timeline.now_ms()
    }

    /// Keeps the bookmark of an answer; shows it if nothing came between.
    fn hear(
        &self,
        enclosed: &Enclosed,
        body: &Rc<Body>,
        held: &Held,
        acknowledged: Option<usize>,
    ) -> bool {
        let cart = enclosed.cart.as_str();
        let bookmark = Bookmark { cart: cart.to_owned(), text: body.bookmark.clone() };
        let Kept { number, is_shown } =
            self.shelf.borrow_mut().replace(enclosed, bookmark, self.bug);
        // What is still to be merged is not in the customer's cart yet.
        let is_shown = is_shown && cart == self.cart() && !self.has_more_of_guest();
        if is_shown {
            *held.borrow_mut() = Some(Rc::clone(body));
        }
        self.bench.judge().heard(&Heard {
            client: self.number,
            cart,
            sent: &enclosed.bookmarks,
            body,
            number,
            is_shown,
            acknowledged,
        });
        is_shown
    }

    async fn send(&self, request: Request) -> Option<Reply> {
        if self.dice.chance(ROAMS) {
            self.edge.set(self.dice.index(self.network.edges.len()));
        }
        self.network.send(self.edge.get(), request).await
    }
}

//! One device with a cart, after DESIGN: it sends all its bookmarks, replaces exactly those it sent,
//! shows only answers to what it asked last, and retries what it does not know before it goes on.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::network::Network;
use super::shelf::{Enclosed, Kept, Sent, Shelf, ShowRule};
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
    pub(crate) cart: String,
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

/// What a tab holds: the answer it shows.
pub(crate) type Held = RefCell<Option<Rc<Body>>>;

// === impl Device ===

impl Device {
    pub(crate) fn new(cart: String, network: Rc<Network>, bench: Bench, bug: Option<Bug>) -> Self {
        let number = bench.judge().admit(&cart);
        let dice = network.sky.dice.clone();
        let edge = Cell::new(dice.index(network.edges.len()));
        let rule = if dice.coin() { ShowRule::Strict } else { ShowRule::NothingNew };
        let (shelf, keys) = (RefCell::new(Shelf::new(rule)), Cell::new(0));
        Self { cart, network, bench, dice, bug, number, shelf, edge, keys }
    }

    /// Reads until there is something to show.
    pub(crate) async fn read(&self, held: &Held) {
        for _ in 0..ROUNDS_MAX {
            let enclosed = self.shelf.borrow().enclose(self.bug);
            let known = held.borrow().clone().filter(|_| self.dice.coin());
            let request = Request::Read {
                cart: self.cart.clone(),
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
        let key = format!("key-{}-{:012}", self.number, self.keys.replace(self.keys.get() + 1));
        let command = Rc::new(Command { cart: self.cart.clone(), key, ask });
        let number = self.bench.judge().asked(self.number, &command);
        let asked_at_ms = self.now_ms();
        self.attempt(&Sent { command, number, asked_at_ms }, held).await;
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
        let bookmarks = self.shelf.borrow().enclose(self.bug).texts();
        let request = Request::Command { command: Rc::new(command), bookmarks };
        match self.send(request).await {
            Some(Reply::Refused(Refused::Conflict)) => {
                self.bench.judge().note(Occasion::KeyConflict);
            }
            Some(Reply::Refused(Refused::Unavailable | Refused::Bookmark)) | None => {}
            Some(other) => self.bench.judge().astonished(&format!("409 expected, {other:?}")),
        }
    }

    /// Retries what is unknown and reads down to four bookmarks; whether that is done.
    async fn make_ready(&self, held: &Held) -> bool {
        let now_ms = self.now_ms();
        while let Some(number) = self.shelf.borrow_mut().give_up(now_ms, self.bug) {
            self.refused(number, now_ms, Refused::Expired);
        }
        for _ in 0..ROUNDS_MAX {
            let unknown = self.shelf.borrow().unknown();
            let is_whole = self.shelf.borrow().enclose(self.bug).is_whole;
            match unknown {
                _ if !is_whole => {
                    self.bench.judge().note(Occasion::OverFour);
                    self.read(held).await;
                }
                Some(sent) => {
                    self.bench.judge().note(Occasion::Retry);
                    self.attempt(&sent, held).await;
                }
                None => return true,
            }
        }
        false
    }

    async fn attempt(&self, sent: &Sent, held: &Held) {
        let enclosed = self.shelf.borrow().enclose(self.bug);
        let request =
            Request::Command { command: Rc::clone(&sent.command), bookmarks: enclosed.texts() };
        self.bench.judge().trace(|| format!("client  {} sends {:?}", self.number, sent.command));
        let sent_at_ms = self.now_ms();
        if self.dice.chance(TWICE) {
            self.network.send_and_forget(self.edge.get(), request.clone());
        }
        match self.send(request).await {
            Some(Reply::Cart(body)) => {
                self.shelf.borrow_mut().settle(sent.number);
                if !self.hear(&enclosed, &body, held, Some(sent.number)) {
                    self.read(held).await;
                }
                if self.dice.chance(MISUSES) {
                    self.misuse(sent, Ask::Clear).await;
                }
            }
            Some(Reply::Refused(Refused::Unavailable)) | None => {
                self.shelf.borrow_mut().despair(sent, self.bug);
                self.refused(sent.number, sent_at_ms, Refused::Unavailable);
            }
            Some(Reply::Refused(Refused::Bookmark)) => {
                self.drop_bookmarks(&enclosed);
                self.shelf.borrow_mut().despair(sent, self.bug);
                self.refused(sent.number, sent_at_ms, Refused::Unavailable);
            }
            Some(Reply::Refused(refused)) => {
                self.shelf.borrow_mut().settle(sent.number);
                self.refused(sent.number, sent_at_ms, refused);
            }
            Some(Reply::NotModified) => self.bench.judge().astonished("a 304 to a command"),
        }
    }

    fn drop_bookmarks(&self, enclosed: &Enclosed) {
        self.shelf.borrow_mut().drop_bookmarks();
        self.bench.judge().dropped(self.number, &enclosed.bookmarks);
    }

    fn refused(&self, number: usize, sent_at_ms: u64, refused: Refused) {
        let (client, cart) = (self.number, self.cart.as_str());
        self.bench.judge().refused(&Denied { client, cart, number, sent_at_ms, refused });
    }

    fn now_ms(&self) -> u64 {
        self.network.sky.timeline.now_ms()
    }

    /// Keeps the bookmark of an answer; shows it if nothing came between.
    fn hear(
        &self,
        enclosed: &Enclosed,
        body: &Rc<Body>,
        held: &Held,
        acknowledged: Option<usize>,
    ) -> bool {
        let Kept { number, is_shown } =
            self.shelf.borrow_mut().replace(enclosed, &body.bookmark, self.bug);
        if is_shown {
            *held.borrow_mut() = Some(Rc::clone(body));
        }
        self.bench.judge().heard(&Heard {
            client: self.number,
            cart: &self.cart,
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

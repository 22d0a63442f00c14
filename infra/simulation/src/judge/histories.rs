//! Histories that a search once found, shrunk and written down as data: they outlive the generator.
//! Each comes with a near miss that has to be found.

use std::collections::BTreeMap;

use edge_wire::bookmark::{Payload, Pending, seal};
use edge_wire::resource::Resource;
use origin_domain::cart::{CartCommand, CartEvent, Contents, Wish};
use origin_domain::event::{Event, Kind};
use origin_domain::time::{DAY_MS, HOUR_MS, SECOND_MS, Time};
use serde_json::json;

use super::answers::Heard;
use super::hearing::Judge;
use super::violation::{Law, Reason};
use crate::ask::{Ask, Command};
use crate::client::Bookmark;
use crate::dice::Dice;
use crate::minutes::Minutes;
use crate::shop::{Body, Rotation};
use crate::timeline::Timeline;

/// When every history begins.
const START_MS: u64 = 1_795_251_600_000;
const PRICE: i64 = 1_000;
const CUSTOMERS: &str = "customer-1";
const GUESTS: &str = "guest-0";

/// One step of a history. A command is known by its key and stamped with the time of the step.
enum Step {
    /// So long after the beginning.
    At(u64),
    /// The client asks, and the bus takes it.
    Command(&'static str, &'static str, Ask),
    /// Shopify tells of an order out of a cart, placed now.
    Order(&'static str, u64),
    /// The table has absorbed a command into a cart, which has this version now.
    Stored(&'static str, &'static str, u64),
    /// The table holds the guest's cart in the customer's, which has this version now.
    Merged(u64),
    /// The merge lies in the dead letters as too late.
    MergeTooLate,
    BackedUp,
    /// The backup is put back, and nothing is replayed.
    Restored,
    /// The client is shown this.
    Shown(Shown),
}

/// An answer.
struct Shown {
    cart: &'static str,
    /// Which bookmarks it was asked with, by the numbers of the answers that brought them.
    sent: &'static [u64],
    floor: u64,
    pending: &'static [&'static str],
    /// Quantities of variants.
    lines: &'static [(u32, u32)],
    is_reset: bool,
}

/// A judge and what it was told so far.
struct Court {
    judge: Judge,
    timeline: Timeline,
    keys: Rotation,
    client: usize,
    commands: BTreeMap<&'static str, (Command, u64)>,
    bookmarks: BTreeMap<u64, Bookmark>,
}

/// The law that the judge finds broken at the end of a history.
fn verdict(history: Vec<Step>) -> Option<Law> {
    let dice = Dice::of(1);
    let timeline = Timeline::starting_at(START_MS, dice.clone());
    let minutes = Minutes::new(timeline.clone(), true);
    let keys = Rotation::drawn(&dice, START_MS);
    let mut judge = Judge::new(timeline.clone(), minutes.clone(), keys.clone());
    let client = judge.admit();
    let (commands, bookmarks) = (BTreeMap::new(), BTreeMap::new());
    let mut court = Court { judge, timeline, keys, client, commands, bookmarks };
    for step in history {
        court.take(step);
    }
    minutes.verdict().0.map(|violation| violation.law)
}

// === impl Court ===

impl Court {
    fn take(&mut self, step: Step) {
        match step {
            Step::At(ms) => self.timeline.set_ms(START_MS + ms),
            Step::Command(cart, key, ask) => self.command(cart, key, ask),
            Step::Order(cart, order) => self.order(cart, order),
            Step::Stored(cart, key, version) => {
                self.judge.stored(cart, version, self.commands[key].0.id());
            }
            Step::Merged(version) => self.judge.merged(GUESTS, CUSTOMERS, version),
            Step::MergeTooLate => {
                let id = self.commands["merge"].0.id();
                self.judge.buried(CUSTOMERS, id, Reason::TooLate);
            }
            Step::BackedUp => self.judge.backed_up(),
            Step::Restored => self.judge.restored(false),
            Step::Shown(shown) => self.show(&shown),
        }
    }

    fn command(&mut self, cart: &str, key: &'static str, ask: Ask) {
        let command = Command { cart: cart.to_owned(), key: key.to_owned(), ask };
        self.judge.asked(self.client, &command);
        let at_ms = self.timeline.now_ms();
        let event = CartEvent { cart: cart.to_owned(), command: in_domain(&command, at_ms) };
        self.judge.published(&event.to_event());
        self.commands.insert(key, (command, at_ms));
    }

    fn order(&mut self, cart: &str, order: u64) {
        let ask = Ask::Take { order, lines: vec![(1, 1)] };
        let command = Command { cart: cart.to_owned(), key: "order".to_owned(), ask };
        self.judge.placed(&command);
        let at_ms = self.timeline.now_ms();
        let payload = json!({"id": order, "created_at": Time(at_ms).to_rfc3339()});
        let detail = json!({"payload": payload}).to_string();
        self.judge.published(&Event { kind: Kind::ShopifyWebhook, detail });
        self.commands.insert("order", (command, at_ms));
    }

    fn show(&mut self, shown: &Shown) {
        let Shown { cart, sent, floor, pending, lines, is_reset } = *shown;
        let pending = pending.iter().map(|key| {
            let (command, time) = &self.commands[key];
            Pending { time: *time, id: command.id().bytes() }
        });
        let payload = Payload { floor, pending: pending.collect(), moment: 0 };
        let bookmark = seal(self.keys.all(), &Resource::Cart(cart.to_owned()), &payload);
        let mut contents = Contents::default();
        for (variant, quantity) in lines {
            let ask = Ask::Add { variant: *variant, quantity: *quantity };
            let add = Command { cart: cart.to_owned(), key: String::new(), ask };
            contents.run(&in_domain(&add, START_MS));
        }
        let etag = bookmark.clone();
        let body = Body { contents, version: floor, bookmark, is_reset, etag };
        let sent = sent.iter().map(|number| (*number, self.bookmarks[number].clone())).collect();
        let number = self.bookmarks.len() as u64 + 1;
        self.judge.heard(&Heard {
            client: self.client,
            cart,
            sent: &sent,
            body: &body,
            number,
            is_shown: true,
            acknowledged: None,
        });
        let bookmark = Bookmark { cart: cart.to_owned(), text: body.bookmark };
        self.bookmarks.insert(number, bookmark);
    }
}

fn in_domain(command: &Command, at_ms: u64) -> CartCommand {
    let Wish::Act(action) = command.ask.wish(PRICE) else { unreachable!("no history asks that") };
    CartCommand { time: Time(at_ms), id: command.id(), action }
}

fn add(quantity: u32) -> Ask {
    Ask::Add { variant: 1, quantity }
}

fn merge() -> Ask {
    Ask::Merge { guest: GUESTS.to_owned() }
}

/// A merge whose answer was lost, and three days later an order out of the guest's cart (found in
/// the worlds with seeds 904286 and 11021436).
fn merge_after_order(after_ms: u64) -> Vec<Step> {
    vec![
        Step::Command(GUESTS, "add", add(2)),
        Step::Stored(GUESTS, "add", 1),
        Step::At(SECOND_MS),
        Step::Command(CUSTOMERS, "merge", merge()),
        Step::At(SECOND_MS + after_ms),
        Step::Order(GUESTS, 1),
        Step::Stored(GUESTS, "order", 2),
        Step::MergeTooLate,
    ]
}

#[test]
fn a_merge_comes_too_late_if_the_guests_cart_went_on_for_two_days() {
    assert_eq!(verdict(merge_after_order(48 * HOUR_MS)), None);
}

#[test]
fn a_merge_is_not_too_late_while_both_carts_can_take_it() {
    let history = merge_after_order(48 * HOUR_MS - SECOND_MS);
    assert_eq!(verdict(history), Some(Law::Accounted));
}

/// A guest adds, signs in on another tab, and this one comes back so much later to the guest's cart
/// (found in the worlds with seeds 7001195, 11087643, 11110814, 11117078, 11126153, 11130145 and
/// 11219627).
fn back_to_the_guests_cart(after_ms: u64) -> Vec<Step> {
    let pending = &["add"];
    let (cart, sent, lines, is_reset) = (GUESTS, &[], &[(1, 2)], false);
    let first = Shown { cart, sent, floor: 0, pending, lines, is_reset };
    let later = Shown { cart, sent: &[1], floor: 0, pending: &[], lines: &[], is_reset };
    vec![
        Step::Command(GUESTS, "add", add(2)),
        Step::Shown(first),
        Step::At(SECOND_MS),
        Step::Command(CUSTOMERS, "merge", merge()),
        Step::Merged(1),
        Step::Stored(CUSTOMERS, "add", 2),
        Step::At(SECOND_MS + after_ms),
        Step::Shown(later),
    ]
}

#[test]
fn a_guests_cart_that_was_merged_is_a_new_one_after_forty_five_days() {
    assert_eq!(verdict(back_to_the_guests_cart(55 * DAY_MS)), None);
}

#[test]
fn a_guests_cart_that_was_merged_is_not_shown_empty_before_that() {
    let law = Some(Law::ReadYourWrites);
    assert_eq!(verdict(back_to_the_guests_cart(44 * DAY_MS)), law);
}

#[test]
fn what_a_guest_adds_to_the_new_cart_is_not_excused() {
    let mut history = back_to_the_guests_cart(55 * DAY_MS);
    let (cart, sent, pending, is_reset) = (GUESTS, &[2], &["again"], false);
    let lines = &[(1, 3)];
    history.extend([
        Step::Command(GUESTS, "again", add(3)),
        Step::Shown(Shown { cart, sent, floor: 0, pending, lines, is_reset }),
        Step::Stored(GUESTS, "again", 1),
    ]);
    let gone = Shown { cart, sent: &[3], floor: 0, pending: &[], lines: &[], is_reset };
    history.push(Step::Shown(gone));
    assert_eq!(verdict(history), Some(Law::ReadYourWrites));
}

/// A customer's cart ends, a guest's goes into it, and the table is put back to before that. What the
/// guest sent is pending, and shown in the customer's cart (found in the world with seed 11177469).
fn a_lost_merge_into_a_cart_that_had_ended(is_lost: bool) -> Vec<Step> {
    let later_ms = 48 * DAY_MS;
    let (cart, pending, lines) = (CUSTOMERS, &["add"], &[(1, 2)]);
    let merged = Shown { cart, sent: &[], floor: 1, pending, lines, is_reset: false };
    let restored = Shown { cart, sent: &[1], floor: 0, pending, lines, is_reset: true };
    let mut history = vec![
        Step::Command(CUSTOMERS, "before", add(4)),
        Step::Stored(CUSTOMERS, "before", 1),
        Step::At(later_ms),
        Step::BackedUp,
        Step::Command(GUESTS, "add", add(2)),
        Step::At(later_ms + SECOND_MS),
        Step::Command(CUSTOMERS, "merge", merge()),
        Step::Merged(1),
        Step::Shown(merged),
    ];
    history.extend(is_lost.then_some(Step::Restored));
    history.push(Step::Shown(restored));
    history
}

#[test]
fn what_a_guest_sent_may_begin_the_next_life_of_a_cart_whose_merge_was_lost() {
    assert_eq!(verdict(a_lost_merge_into_a_cart_that_had_ended(true)), None);
}

#[test]
fn without_a_loss_no_answer_goes_back_behind_a_merge() {
    let law = Some(Law::ReadYourWrites);
    assert_eq!(verdict(a_lost_merge_into_a_cart_that_had_ended(false)), law);
}

//! What clients are told, held against what they have to be told.

use std::collections::BTreeMap;

use edge_wire::bookmark::verify;
use edge_wire::keys::KeyRing;

use super::case::State;
use super::hearing::{Client, Judge, Mark};
use super::known::Known;
use super::told::told;
use super::violation::Law;
use crate::client::Bookmark;
use crate::counts::Occasion;
use crate::shop::{Body, Refused};

/// How long a retry is honoured.
const RETRY_MS_MAX: u64 = 12 * 3_600_000;
/// How far clocks and answers under way may be from the true time.
const SLACK_MS: u64 = 120_000;

/// After how long everybody sees what the table has absorbed: 5 s at an edge, 5 s at an instance, as
/// much as a clock may be set back, and as long as an answer may be under way.
const FRESH_MS: u64 = 60_000;

/// An answer that arrived at a client.
pub(crate) struct Heard<'a> {
    pub(crate) client: usize,
    pub(crate) cart: &'a str,
    /// The bookmarks of the request, by the client's numbers for them.
    pub(crate) sent: &'a BTreeMap<u64, Bookmark>,
    pub(crate) body: &'a Body,
    /// The client's number for the bookmark of the answer.
    pub(crate) number: u64,
    pub(crate) is_shown: bool,
    /// The command of the client's that this acknowledges.
    pub(crate) acknowledged: Option<usize>,
}

/// A refusal that arrived at a client.
pub(crate) struct Denied {
    pub(crate) client: usize,
    pub(crate) number: usize,
    /// When the request was sent.
    pub(crate) sent_at_ms: u64,
    pub(crate) refused: Refused,
}

/// What an answer says stands behind it.
struct Claim {
    floor: u64,
    pending: Known,
}

// === impl Judge ===

impl Judge {
    /// A client was refused, or heard nothing at all.
    pub(crate) fn refused(&mut self, denied: &Denied) {
        let Denied { client, number, sent_at_ms, refused } = *denied;
        self.clients[client].hear_of(number, refused != Refused::Unavailable);
        let now_ms = self.timeline.now_ms();
        let case = &self.case;
        let told = &case.commands[number];
        let stamped_ms = told.published.as_ref().map_or(told.asked_at_ms, |event| event.at_ms);
        let is_late = now_ms + SLACK_MS > stamped_ms + RETRY_MS_MAX;
        let is_done = told.published.as_ref().is_some_and(|event| event.taken_at_ms < sent_at_ms);
        let name = told.name();
        match refused {
            Refused::Expired if is_late => self.note(Occasion::KeyExpired),
            Refused::Limit | Refused::LineUnknown if !is_done => self.note(Occasion::Declined),
            Refused::Merged if !is_done || is_late => self.note(Occasion::Gone),
            Refused::Unavailable => self.note(Occasion::FateUnknown),
            _ => {
                self.find(Law::Contract, || format!("{refused:?} for {name}"));
            }
        }
    }

    /// An answer with a cart has arrived.
    pub(crate) fn heard(&mut self, heard: &Heard<'_>) {
        self.note(Occasion::Answer);
        self.minutes.remember(&heard.body.etag);
        let keys = self.keys.clone();
        self.trace(|| heard.told(keys.all()));
        let Heard { client, cart, sent, body, number, is_shown, acknowledged } = *heard;
        let claim = match self.claim(body) {
            Ok(claim) => claim,
            Err((law, wrong)) => return self.find(law, || wrong),
        };
        self.note_claim(heard, &claim);
        let Client { seen, promised, bookmarks, .. } = &self.clients[client];
        let sent = || sent.keys().filter_map(|one| bookmarks.get(one));
        let own = sent().filter(|mark| mark.cart == cart);
        let floor = own.map(|mark| mark.floor).max().unwrap_or(0);
        if body.is_reset != (claim.floor < floor) {
            let told = format!("version {} for a floor of {floor}, {}", claim.floor, body.is_reset);
            return self.find(Law::Contract, || told);
        }
        let mut carried = Known::default();
        sent().for_each(|mark| carried.extend(&mark.known));
        let mut promised = promised.clone();
        promised.extend(&carried);
        acknowledged.into_iter().for_each(|number| promised.insert(number));
        let (promised, seen) =
            if is_shown { (promised, seen.clone()) } else { (carried, Known::default()) };
        let known = match self.matching(heard, &claim, &promised, &seen) {
            Ok(known) => known,
            Err((law, wrong)) => return self.find(law, || wrong),
        };
        acknowledged.into_iter().for_each(|number| self.clients[client].hear_of(number, true));
        let client = &mut self.clients[client];
        let mark = Mark { cart: cart.to_owned(), floor: claim.floor, known: known.clone() };
        client.bookmarks.insert(number, mark);
        acknowledged.into_iter().for_each(|number| client.promised.insert(number));
        if is_shown {
            // What is missing now was excused, and is not to be expected again.
            client.promised.retain(&known);
            client.seen = known;
        }
        if let Some(number) = acknowledged {
            self.note(Occasion::Acknowledged);
            self.case.commands[number].is_acknowledged = true;
        }
    }

    /// A client learns that its guest's cart has gone into the customer's, and by a bookmark that its
    /// command counts there.
    pub(crate) fn known_merged(
        &mut self,
        client: usize,
        sent: &BTreeMap<u64, Bookmark>,
        bookmark: u64,
        number: usize,
    ) {
        self.note(Occasion::Gone);
        let client = &mut self.clients[client];
        let mut known = Known::default();
        sent.keys().filter_map(|one| client.bookmarks.get(one)).for_each(|mark| {
            known.extend(&mark.known);
        });
        known.insert(number);
        client.promised.insert(number);
        client.hear_of(number, true);
        let cart = self.case.commands[number].command.cart.clone();
        client.bookmarks.insert(bookmark, Mark { cart, floor: 0, known });
        self.case.commands[number].is_acknowledged = true;
    }

    /// A client goes on without what it put into a guest's cart.
    pub(crate) fn abandoned(&mut self, client: usize) {
        let client = &mut self.clients[client];
        (client.seen, client.promised) = (Known::default(), Known::default());
    }

    /// A client drops the bookmarks it sent, because one did not verify, and with them what it was
    /// promised; what those it has `left` say it goes on expecting.
    pub(crate) fn dropped(&mut self, client: usize, sent: &BTreeMap<u64, Bookmark>, left: &[u64]) {
        self.note(Occasion::Dropped);
        let now_ms = self.timeline.now_ms();
        if !sent.values().any(|bookmark| self.keys.is_retired(&bookmark.text, now_ms)) {
            self.find(Law::Contract, || format!("400 for bookmarks of ours: {sent:?}"));
        }
        let client = &mut self.clients[client];
        let marks = left.iter().filter_map(|number| client.bookmarks.get(number));
        let known = marks.fold(Known::default(), |known, mark| known.with(&mark.known));
        client.seen.retain(&known);
        client.promised.retain(&known);
    }

    /// A client was answered something that makes no sense.
    pub(crate) fn astonished(&mut self, what: &str) {
        self.find(Law::Contract, || what.to_owned());
    }

    fn claim(&self, body: &Body) -> Result<Claim, (Law, String)> {
        let payload = verify(self.keys.all(), &body.bookmark)
            .and_then(|sealed| sealed.open())
            .map_err(|error| (Law::Contract, format!("{}: {error}", body.bookmark)))?;
        if payload.floor != body.version {
            let told = format!("version {} under a floor of {}", body.version, payload.floor);
            return Err((Law::Contract, told));
        }
        let mut pending = Known::default();
        for one in payload.pending {
            let case = &self.case;
            let number = case.number(one.id.into());
            let published = number.and_then(|number| case.commands[number].published.as_ref());
            match (number, published) {
                (Some(number), Some(published)) if published.at_ms == one.time => {
                    pending.insert(number);
                }
                _ => return Err((Law::Durable, format!("pending and never published: {one:?}"))),
            }
        }
        Ok(Claim { floor: payload.floor, pending })
    }

    fn note_claim(&mut self, heard: &Heard<'_>, claim: &Claim) {
        if claim.pending != Known::default() {
            self.note(Occasion::Pending);
        }
        if !heard.is_shown {
            self.note(Occasion::NotShown);
        }
        if heard.sent.values().any(|sent| sent.text == heard.body.bookmark) {
            self.note(Occasion::SameBookmark);
        }
        if heard.body.is_reset {
            self.note(Occasion::Reset);
        }
        if claim.floor == 0 && !self.case.states(heard.cart).is_empty() {
            self.note(Occasion::Ended);
        }
    }

    /// The set of commands that the answer shows: one that holds what was promised and seen, and
    /// whose plain run is what is shown.
    fn matching(
        &mut self,
        heard: &Heard<'_>,
        claim: &Claim,
        promised: &Known,
        seen: &Known,
    ) -> Result<Known, (Law, String)> {
        let now_ms = self.timeline.now_ms();
        let case = &self.case;
        let excuses = case.excuses(heard.cart, heard.body.is_reset, now_ms);
        let excused = excuses.all();
        let none = State::default();
        let absorbed = case.absorbed_at(heard.cart, now_ms.saturating_sub(FRESH_MS));
        // A version starts again with each life: the newest states first.
        let states = case.states(heard.cart).iter().rev().chain([&none]);
        let mut wrong = None;
        for state in states {
            let has_ended = state.has_ended_at(now_ms + SLACK_MS);
            if state.version != claim.floor && !(claim.floor == 0 && has_ended) {
                continue;
            }
            let known = state.known.with(&claim.pending);
            let covered = known.with(&excused);
            let plain = case.fold(heard.cart, &known);
            let is_over = plain.has_ended_at(now_ms.saturating_sub(SLACK_MS));
            let is_shown = if is_over && claim.floor == 0 {
                heard.body.contents == origin_domain::cart::Contents::default()
            } else {
                plain.is_shown_by(&heard.body.contents)
            };
            // Also where the rest of the cart has ended: what a guest sent may begin its next life.
            let is_merge_lost = !is_shown && case.lost_merge_of(&known, heard.cart);
            let found = if let Some(lost) = covered.lacks(promised) {
                let name = case.commands[lost].name();
                (Law::ReadYourWrites, format!("{name} was promised and is not there"))
            } else if let Some(lost) = covered.lacks(seen) {
                let name = case.commands[lost].name();
                (Law::Monotonic, format!("{name} was seen and is no longer"))
            } else if !is_shown && !is_merge_lost {
                let shown = told(&heard.body.contents);
                let names = case.names(&known);
                let plain = plain.told();
                (Law::ReadYourWrites, format!("{names} are {plain}, shown is {shown}"))
            } else if let Some(missed) = covered.lacks(&absorbed) {
                let name = case.commands[missed].name();
                (Law::Fresh, format!("{name} has long been absorbed and is not seen"))
            } else if heard.body.is_reset && !has_ended && !case.has_begun_anew(heard.cart) {
                (Law::Contract, "a reset, though nothing was lost".to_owned())
            } else {
                let missing = promised.with(seen).with(&absorbed).without(&known);
                let lost_merge = is_merge_lost.then_some(Occasion::ExcusedByLostMerge);
                excuses.of(&missing).chain(lost_merge).for_each(|excuse| self.note(excuse));
                return Ok(known);
            };
            wrong.get_or_insert(found);
        }
        let nobody = || (Law::Contract, format!("version {} was never stored", claim.floor));
        Err(wrong.unwrap_or_else(nobody))
    }
}

// === impl Heard ===

impl Heard<'_> {
    fn told(&self, keys: &KeyRing) -> String {
        let Self { client, cart, sent, body, is_shown, acknowledged, .. } = self;
        let shown = if *is_shown { "is shown" } else { "keeps the bookmark of" };
        let acknowledged =
            acknowledged.map_or(String::new(), |number| format!(", 202 for {number}"));
        let reset = if body.is_reset { ", reset" } else { "" };
        let bookmark = |text: &str| {
            let payload = verify(keys, text).and_then(|sealed| sealed.open());
            payload.map_or("?".to_owned(), |payload| {
                format!("{}+{}", payload.floor, payload.pending.len())
            })
        };
        let sent: Vec<String> = sent.values().map(|sent| bookmark(&sent.text)).collect();
        format!(
            "client  {client} sent {sent:?} and {shown} {cart} {}: {}{acknowledged}{reset}",
            bookmark(&body.bookmark),
            told(&body.contents),
        )
    }
}

//! Compares the answers that clients receive with the expected ones.

use std::collections::BTreeMap;

use edge_wire::bookmark::verify;
use edge_wire::keys::KeyRing;

use super::command_set::CommandSet;
use super::history::State;
use super::recorder::{BookmarkContents, CartOracle, Client};
use super::reference_model::describe;
use crate::carts::resource::{CartBody, Carts, ShownCart};
use crate::engine::{Coverage, Invariant, RunLog};
use crate::world::{
    Bookmark, ClientOracle, Command, ErrorReply, ReceivedAnswer, ReceivedRejection,
};

/// How long a retry is honoured.
const RETRY_MS_MAX: u64 = 12 * 3_600_000;
/// The maximum difference of clocks and delay of answers.
const SLACK_MS: u64 = 120_000;

/// After this time every client sees what the table has absorbed: 5 s at an edge, 5 s at an
/// instance, the largest step back of a clock, and the duration of an answer.
pub(super) const FRESH_MS: u64 = 60_000;

/// The set of commands that an answer shows.
struct Claim {
    floor: u64,
    pending: CommandSet,
}

// === impl CartOracle ===

impl ClientOracle<Carts> for CartOracle {
    fn log(&self) -> &RunLog {
        &self.run_log
    }

    fn add_client(&mut self) -> usize {
        self.clients.push(Client::default());
        self.clients.len() - 1
    }

    fn command_sent(&mut self, client: usize, command: &Command<Carts>) -> usize {
        self.record_command(client, command)
    }

    fn rejection_received(&mut self, rejection: &ReceivedRejection<'_>) {
        let ReceivedRejection { client, number, sent_at_ms, error } = *rejection;
        self.clients[client].set_outcome(number, *error != ErrorReply::Unavailable);
        let now_ms = self.timeline.now_ms();
        let history = &self.history;
        let command = &history.commands[number];
        let stamped_ms =
            command.published.as_ref().map_or(command.first_sent_ms, |event| event.at_ms);
        let is_late = now_ms + SLACK_MS > stamped_ms + RETRY_MS_MAX;
        let is_published =
            command.published.as_ref().is_some_and(|event| event.accepted_at_ms < sent_at_ms);
        let name = command.name();
        match error {
            ErrorReply::Expired if is_late => self.count(Coverage::KeyExpired),
            ErrorReply::Declined(_) if !is_published => self.count(Coverage::Declined),
            ErrorReply::Merged(_) if !is_published || is_late => self.count(Coverage::Gone),
            ErrorReply::Unavailable => self.count(Coverage::FateUnknown),
            _ => {
                self.report(Invariant::Contract, || format!("{error:?} for {name}"));
            }
        }
    }

    /// A client received an answer with a cart.
    fn answer_received(&mut self, answer: &ReceivedAnswer<'_, Carts>) {
        self.count(Coverage::Answer);
        self.run_log.add_to_history(&answer.body.etag);
        let keys = self.keys.clone();
        self.trace(|| describe_answer(answer, keys.all()));
        let ReceivedAnswer { client, resource: cart, sent, body, number, is_shown, acknowledged } =
            *answer;
        let claim = match self.claim(body) {
            Ok(claim) => claim,
            Err((invariant, message)) => return self.report(invariant, || message),
        };
        self.count_situations(answer, &claim);
        let Client { observed, promised, bookmarks, .. } = &self.clients[client];
        let texts = sent.values().map(|one| one.text.as_str());
        let older = self.restored_texts.known(texts, self.timeline.now_ms());
        let sent = || sent.keys().filter_map(|one| bookmarks.get(one));
        let own = sent().filter(|mark| mark.cart == cart);
        let floor = own.map(|mark| mark.floor).max().unwrap_or(0);
        if body.is_reset != (claim.floor < floor) {
            let message =
                format!("version {} for a floor of {floor}, {}", claim.floor, body.is_reset);
            return self.report(Invariant::Contract, || message);
        }
        let mut carried = CommandSet::default();
        sent().for_each(|mark| carried.extend(&mark.known));
        let mut promised = promised.clone();
        promised.extend(&carried);
        acknowledged.into_iter().for_each(|number| promised.insert(number));
        let (promised, observed) =
            if is_shown { (promised, observed.clone()) } else { (carried, CommandSet::default()) };
        let mut matching = self.matching(answer, &claim, &promised, &observed);
        if let (Err(_), Some(older)) = (&matching, older) {
            matching = self.matching(answer, &claim, &older, &CommandSet::default());
            matching.iter().for_each(|_| self.count(Coverage::ExcusedBySharedAnswer));
        }
        let known = match matching {
            Ok(known) => known,
            Err((invariant, message)) => return self.report(invariant, || message),
        };
        self.restored_texts.received(&body.bookmark, &known);
        acknowledged.into_iter().for_each(|number| self.clients[client].set_outcome(number, true));
        let client = &mut self.clients[client];
        let mark =
            BookmarkContents { cart: cart.to_owned(), floor: claim.floor, known: known.clone() };
        client.bookmarks.insert(number, mark);
        acknowledged.into_iter().for_each(|number| client.promised.insert(number));
        if is_shown {
            // A command that is missing now was excused, and is not expected again.
            client.promised.retain(&known);
            client.observed = known;
        }
        if let Some(number) = acknowledged {
            self.count(Coverage::Acknowledged);
            self.history.commands[number].is_acknowledged = true;
        }
    }

    /// A client learns that its guest's cart was merged into the customer's, and from a bookmark
    /// that its command counts there.
    fn merge_learned(
        &mut self,
        client: usize,
        sent: &BTreeMap<u64, Bookmark>,
        bookmark: u64,
        number: usize,
    ) {
        self.count(Coverage::Gone);
        let client = &mut self.clients[client];
        let mut known = CommandSet::default();
        sent.keys().filter_map(|one| client.bookmarks.get(one)).for_each(|mark| {
            known.extend(&mark.known);
        });
        known.insert(number);
        client.promised.insert(number);
        client.set_outcome(number, true);
        let cart = self.history.commands[number].command.resource.clone();
        client.bookmarks.insert(bookmark, BookmarkContents { cart, floor: 0, known });
        self.history.commands[number].is_acknowledged = true;
    }

    /// A client continues without the commands it sent to a guest's cart.
    fn guest_abandoned(&mut self, client: usize) {
        self.count(Coverage::GuestAbandoned);
        let client = &mut self.clients[client];
        (client.observed, client.promised) = (CommandSet::default(), CommandSet::default());
    }

    /// A client drops the bookmarks it sent, because one did not verify, and with them the promised
    /// commands; it still expects those of the `remaining` bookmarks.
    fn bookmarks_dropped(
        &mut self,
        client: usize,
        sent: &BTreeMap<u64, Bookmark>,
        remaining: &[u64],
    ) {
        self.count(Coverage::Dropped);
        let now_ms = self.timeline.now_ms();
        if !sent.values().any(|bookmark| self.keys.is_retired(&bookmark.text, now_ms)) {
            self.report(Invariant::Contract, || format!("400 for valid bookmarks: {sent:?}"));
        }
        let client = &mut self.clients[client];
        let marks = remaining.iter().filter_map(|number| client.bookmarks.get(number));
        let known = marks.fold(CommandSet::default(), |known, mark| known.with(&mark.known));
        client.observed.retain(&known);
        client.promised.retain(&known);
    }

    fn unknown_received(&mut self, cart: &str, (): &()) {
        self.unexpected(&format!("404 for {cart}"));
    }

    /// A client received an answer that no request should have.
    fn unexpected(&mut self, message: &str) {
        self.report(Invariant::Contract, || message.to_owned());
    }
}

impl CartOracle {
    fn claim(&self, body: &CartBody) -> Result<Claim, (Invariant, String)> {
        let payload = verify(self.keys.all(), &body.bookmark)
            .and_then(|sealed| sealed.open())
            .map_err(|error| (Invariant::Contract, format!("{}: {error}", body.bookmark)))?;
        if payload.floor != body.version {
            let message = format!("version {} under a floor of {}", body.version, payload.floor);
            return Err((Invariant::Contract, message));
        }
        let mut pending = CommandSet::default();
        for one in payload.pending {
            let history = &self.history;
            let number = history.number(one.id.into());
            let published = number.and_then(|number| history.commands[number].published.as_ref());
            match (number, published) {
                (Some(number), Some(published)) if published.at_ms == one.time => {
                    pending.insert(number);
                }
                _ => {
                    return Err((
                        Invariant::Durable,
                        format!("pending, but never published: {one:?}"),
                    ));
                }
            }
        }
        Ok(Claim { floor: payload.floor, pending })
    }

    fn count_situations(&mut self, answer: &ReceivedAnswer<'_, Carts>, claim: &Claim) {
        if claim.pending != CommandSet::default() {
            self.count(Coverage::Pending);
        }
        if !answer.is_shown {
            self.count(Coverage::NotShown);
        }
        if answer.sent.values().any(|sent| sent.text == answer.body.bookmark) {
            self.count(Coverage::SameBookmark);
        }
        if answer.body.is_reset {
            self.count(Coverage::Reset);
        }
        if claim.floor == 0 && !self.history.states(answer.resource).is_empty() {
            self.count(Coverage::Ended);
        }
    }

    /// The set of commands that the answer shows: it contains the promised and the observed
    /// commands, and running it gives the shown contents.
    fn matching(
        &mut self,
        answer: &ReceivedAnswer<'_, Carts>,
        claim: &Claim,
        promised: &CommandSet,
        observed: &CommandSet,
    ) -> Result<CommandSet, (Invariant, String)> {
        let now_ms = self.timeline.now_ms();
        let history = &self.history;
        let excuses = history.excuses(answer.resource, answer.body.is_reset, now_ms);
        let excused = excuses.all();
        let none = State::default();
        let absorbed = history.absorbed_at(answer.resource, now_ms.saturating_sub(FRESH_MS));
        // Versions start again after a cart has ended: the newest states first.
        let states = history.states(answer.resource).iter().rev().chain([&none]);
        let mut first_error = None;
        for state in states {
            let has_ended = state.has_ended_at(now_ms + SLACK_MS);
            if state.version != claim.floor && !(claim.floor == 0 && has_ended) {
                continue;
            }
            let known = state.known.with(&claim.pending);
            let covered = known.with(&excused);
            let reference = history.fold(answer.resource, &known);
            let is_over = reference.has_ended_at(now_ms.saturating_sub(SLACK_MS));
            let is_shown = if is_over && claim.floor == 0 {
                answer.body.contents == ShownCart::default()
            } else {
                reference.has_contents(&answer.body.contents)
            };
            // Also if the rest of the cart has ended: a guest's commands may start its next life.
            let contents = &answer.body.contents;
            let is_merge_lost =
                !is_shown && history.has_contents_without_merge(answer.resource, &known, contents);
            let error = if let Some(lost) = covered.first_missing(promised) {
                let name = history.commands[lost].name();
                (Invariant::ReadYourWrites, format!("{name} was promised and is missing"))
            } else if let Some(lost) = covered.first_missing(observed) {
                let name = history.commands[lost].name();
                (Invariant::Monotonic, format!("{name} was observed and is missing"))
            } else if !is_shown && !is_merge_lost {
                let shown_contents = describe(&answer.body.contents);
                let names = history.names(&known);
                let reference = reference.describe();
                (
                    Invariant::ReadYourWrites,
                    format!("{names} give {reference}, but the answer shows {shown_contents}"),
                )
            } else if let Some(missed) = covered.first_missing(&absorbed) {
                let name = history.commands[missed].name();
                (Invariant::Fresh, format!("{name} was absorbed long ago and is missing"))
            } else if answer.body.is_reset && !has_ended && !history.has_restarted(answer.resource)
            {
                (Invariant::Contract, "a reset, although nothing was lost".to_owned())
            } else {
                let missing = promised.with(observed).with(&absorbed).without(&known);
                let lost_merge = is_merge_lost.then_some(Coverage::ExcusedByLostMerge);
                excuses.of(&missing).chain(lost_merge).for_each(|excuse| self.count(excuse));
                return Ok(known);
            };
            first_error.get_or_insert(error);
        }
        let unknown_version =
            || (Invariant::Contract, format!("version {} was never stored", claim.floor));
        Err(first_error.unwrap_or_else(unknown_version))
    }
}

fn describe_answer(answer: &ReceivedAnswer<'_, Carts>, keys: &KeyRing) -> String {
    let ReceivedAnswer { client, resource, sent, body, is_shown, acknowledged, .. } = answer;
    let effect = if *is_shown { "shows" } else { "stores the bookmark of" };
    let acknowledged = acknowledged.map_or(String::new(), |number| format!(", 202 for {number}"));
    let reset = if body.is_reset { ", reset" } else { "" };
    let bookmark = |text: &str| {
        let payload = verify(keys, text).and_then(|sealed| sealed.open());
        payload.map_or("?".to_owned(), |payload| {
            format!("{}+{}", payload.floor, payload.pending.len())
        })
    };
    let sent: Vec<String> = sent.values().map(|sent| bookmark(&sent.text)).collect();
    format!(
        "client  {client} sent {sent:?} and {effect} {resource} {}: {}{acknowledged}{reset}",
        bookmark(&body.bookmark),
        describe(&body.contents),
    )
}

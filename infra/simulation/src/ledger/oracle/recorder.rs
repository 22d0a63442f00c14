//! The recorder: the oracle's entry points for everything that happens in a world.

use std::collections::BTreeMap;

use domain_core::event::Event;
use edge_wire::problem::Code;

use super::super::resource::{Ledger, LedgerRead};
use super::answers::Expected;
use super::ledger_oracle::{BookmarkContents, Client, CommandKind, LedgerOracle};
use super::reference_account::day;
use super::stored_items::ledger_change;
use crate::engine::{Coverage, Invariant, RunLog};
use crate::world::{
    Bookmark, Change, ClientOracle, Command, ErrorReply, Finished, Oracle, ReceivedAnswer,
    ReceivedRejection, Resource as _,
};

/// How long a retry is honoured, less the difference of clocks.
const RETRY_MS_MAX: u64 = 12 * 3_600_000 - 120_000;
impl Oracle for LedgerOracle {
    fn published(&mut self, event: &Event) {
        self.check_published(event);
    }

    fn written(&mut self, changes: &[Change<'_>]) {
        if let Some(change) = ledger_change(changes) {
            self.committed(&change);
        }
    }

    fn consumed(&mut self, message: Finished<'_>) {
        self.check_finished(message);
    }

    fn dead_lettered(&mut self, event: &Event, reason: Option<&str>) {
        self.trace(|| format!("letters {:?} {} {reason:?}", event.kind, event.detail));
        self.count(Coverage::DeadLetter);
        if let Some(reason) = reason.filter(|reason| reason.contains("corrupt")) {
            self.report(Invariant::Accounted, || format!("{reason}: {}", event.detail));
        }
    }

    fn backed_up(&mut self) {
        self.save_backup();
    }

    fn restored(&mut self, _: bool) {
        self.lose_table();
    }
}

impl ClientOracle<Ledger> for LedgerOracle {
    fn log(&self) -> &RunLog {
        &self.run_log
    }

    fn add_client(&mut self) -> usize {
        self.clients.push(Client::default());
        self.clients.len() - 1
    }

    fn command_sent(&mut self, _: usize, command: &Command<Ledger>) -> usize {
        let id = Ledger::command_id(command);
        let reward = command.action.reward.clone();
        let kind = CommandKind::Redeem { reward, points: command.action.points };
        self.add_command(id, &command.resource, kind);
        self.numbers.push(id);
        self.numbers.len() - 1
    }

    fn answer_received(&mut self, answer: &ReceivedAnswer<'_, Ledger>) {
        self.count(Coverage::Answer);
        let ReceivedAnswer { client, resource, sent, body, number, is_shown, acknowledged } =
            *answer;
        self.run_log.add_to_history(&body.bookmark);
        self.trace(|| format!("client  {client} of {resource} receives {body:?}, {is_shown}"));
        let acknowledged = acknowledged.map(|number| self.numbers[number]);
        if let Some(id) = acknowledged {
            self.acknowledged(id);
        }
        if !is_shown {
            self.count(Coverage::NotShown);
        }
        if sent.values().any(|sent| sent.text == body.bookmark) {
            self.count(Coverage::SameBookmark);
        }
        let marks = &self.clients[client].bookmarks;
        let mut expected = Expected::default();
        for mark in sent.keys().filter_map(|number| marks.get(number)) {
            expected.floor = expected.floor.max(mark.floor);
            expected.moment_ms = expected.moment_ms.max(mark.moment_ms);
            expected.promised.extend(&mark.known);
        }
        expected.sent_floor = expected.floor;
        expected.promised.extend(acknowledged);
        let carried = expected.promised.clone();
        if is_shown {
            let Client { floor, day, promised, .. } = &self.clients[client];
            expected.floor = expected.floor.max(*floor);
            expected.day = *day;
            expected.promised.extend(promised);
        }
        match self.check_answer(resource, body, &expected) {
            Ok((contents, today)) => {
                let client = &mut self.clients[client];
                client.promised.extend(acknowledged);
                if body.is_reset {
                    client.floor = client.floor.min(contents.floor);
                }
                if is_shown {
                    client.floor = client.floor.max(contents.floor);
                    client.day = client.day.max(today.unwrap_or(0));
                }
                let mark = BookmarkContents { known: carried, ..contents };
                client.bookmarks.insert(number, mark);
            }
            Err((invariant, message)) => self.report(invariant, || message),
        }
    }

    fn rejection_received(&mut self, rejection: &ReceivedRejection<'_>) {
        let ReceivedRejection { number, sent_at_ms, error, .. } = *rejection;
        let Some(command) = self.commands.get(&self.numbers[number]) else { return };
        let event = command.published.as_ref();
        let is_done = event.is_some_and(|event| event.accepted_at_ms < sent_at_ms);
        let stamped_ms = event.map_or(command.first_sent_ms, |event| event.at_ms);
        match error {
            ErrorReply::Declined(code) if !is_done => {
                self.count(Coverage::Declined);
                if code == Code::PointsInsufficient.slug() && self.is_covered(command) {
                    let message = || format!("not covered, although it is: {command:?}");
                    self.report(Invariant::Covered, message);
                }
            }
            ErrorReply::Unavailable => self.count(Coverage::FateUnknown),
            ErrorReply::Expired if self.timeline.now_ms() > stamped_ms + RETRY_MS_MAX => {
                self.count(Coverage::KeyExpired);
            }
            _ => self.report(Invariant::Contract, || format!("{error:?} for {command:?}")),
        }
    }

    fn merge_learned(&mut self, _: usize, _: &BTreeMap<u64, Bookmark>, _: u64, _: usize) {
        self.unexpected("no account is merged");
    }

    fn guest_abandoned(&mut self, _: usize) {}

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
        let marks: Vec<BookmarkContents> = marks.cloned().collect();
        client.floor = marks.iter().map(|mark| mark.floor).max().unwrap_or(0);
        client.day = marks.iter().map(|mark| day(mark.moment_ms)).max().unwrap_or(0);
        client.promised = marks.into_iter().flat_map(|mark| mark.known).collect();
    }

    fn unknown_received(&mut self, customer: &str, read: &LedgerRead) {
        let is_erased = match read {
            LedgerRead::Redemption(id) => self.is_redemption_erased(*id),
            LedgerRead::Account | LedgerRead::Entries => false,
        };
        if !is_erased {
            self.unexpected(&format!("404 for {read:?} of {customer}"));
        }
    }

    fn unexpected(&mut self, message: &str) {
        self.report(Invariant::Contract, || message.to_owned());
    }
}

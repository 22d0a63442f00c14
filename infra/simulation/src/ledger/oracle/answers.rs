//! Compares the answers to customers with the result of their causes.

use std::collections::BTreeSet;

use domain_core::id::CommandId;
use edge_wire::bookmark::{Payload, verify};

use super::super::instance::{AccountBody, EntriesBody};
use super::ledger_oracle::{
    AbsorbedFacts, Client, CommandKind, LedgerOracle, RedemptionRecord, State, Status,
};
use super::reference_account::{AccountView, day};
use crate::coverage::Coverage;
use crate::oracle::Invariant;

/// After this time every client sees what the table has absorbed; also the maximum difference of
/// clocks and delay of answers.
const FRESH_MS: u64 = 60_000;

/// How far the newest fact of an account may be ahead of the clock by which the account is
/// computed.
const FACT_LEAD_MS: u64 = 60_000;

/// An answer that a client received and showed.
pub(crate) struct ReceivedAnswer<'a> {
    pub(crate) client: usize,
    pub(crate) customer: &'a str,
    /// The bookmarks of the request.
    pub(crate) sent: &'a [String],
    pub(crate) body: &'a AccountBody,
    /// The client's command that this acknowledges.
    pub(crate) acknowledged: Option<CommandId>,
}

/// The set of facts that an answer shows.
struct Claim {
    /// The facts that the table had absorbed at its version, and the pending redemptions as they
    /// will be decided if no other command precedes them.
    absorbed: AbsorbedFacts,
    pending: BTreeSet<CommandId>,
    moment_ms: u64,
}

type CheckError = (Invariant, String);

// === impl LedgerOracle ===

impl LedgerOracle {
    /// A client received an answer about an account.
    pub(crate) fn answer_received(&mut self, answer: &ReceivedAnswer<'_>) {
        self.count(Coverage::Answer);
        let ReceivedAnswer { client, customer, body, acknowledged, .. } = *answer;
        self.run_log.add_to_history(&body.bookmark);
        self.trace(|| format!("client  {client} of {customer} receives {body:?}"));
        if let Some(id) = acknowledged {
            self.acknowledged(id);
            self.clients[client].promised.insert(id);
        }
        match self.check_answer(answer) {
            Ok(today) => {
                let client = &mut self.clients[client];
                client.floor = client.floor.max(body.version);
                client.day = client.day.max(today);
            }
            Err((invariant, message)) => self.report(invariant, || message),
        }
    }

    /// Checks an answer; returns the day it is about.
    fn check_answer(&self, answer: &ReceivedAnswer<'_>) -> Result<u64, CheckError> {
        let ReceivedAnswer { client, customer, sent, body, .. } = *answer;
        let claim = self.claim(client, customer, body.version, &body.bookmark)?;
        if body.is_reset {
            return Err((Invariant::Contract, "a reset, although nothing was lost".to_owned()));
        }
        if !claim.pending.is_empty() {
            self.count(Coverage::Pending);
        }
        let sent = sent.iter().filter_map(|text| self.open(text));
        let seen_ms = sent.map(|payload| payload.moment).max().unwrap_or(0);
        // No account is computed as of a day before its newest fact, even if the clock is behind.
        let newest_ms = Some(self.newest_ms(&claim.absorbed));
        let newest_ms = newest_ms.filter(|newest_ms| *newest_ms <= body.clock_ms + FACT_LEAD_MS);
        let read_ms = body.clock_ms.max(seen_ms).max(newest_ms.unwrap_or(0));
        if claim.moment_ms < seen_ms || claim.moment_ms > read_ms {
            let message = format!("a moment of {} after {seen_ms}, at {read_ms}", claim.moment_ms);
            return Err((Invariant::Monotonic, message));
        }
        let now_ms = self.timeline.now_ms();
        if body.clock_ms.abs_diff(now_ms) > FRESH_MS
            || !self.may_apply_at(body.program, body.clock_ms)
        {
            let message = format!("version {} at {}", body.program, body.clock_ms);
            return Err((Invariant::Fresh, message));
        }
        let today = day(read_ms);
        if today > day(body.clock_ms.max(seen_ms)) {
            self.count(Coverage::FactAhead);
        }
        self.compare(&claim, body, today, Invariant::ReadYourWrites)?;
        let latest = self.clients[client].day;
        if latest > today {
            // The client has seen a later day: nothing of it may be revoked.
            self.count(Coverage::DayBefore);
            self.compare(&claim, body, latest, Invariant::Monotonic)?;
        }
        self.status(&claim, body)?;
        Ok(today)
    }

    fn compare(
        &self,
        claim: &Claim,
        body: &AccountBody,
        today: u64,
        invariant: Invariant,
    ) -> Result<(), CheckError> {
        let plan = self.plans.iter().find(|one| one.version == body.program);
        let plan = plan.ok_or((Invariant::Contract, "no such program".to_owned()))?;
        let expected = self.reference_account(&claim.absorbed).view(&plan.plan, today);
        self.count_situations(&expected);
        let actual = AccountView {
            available: body.available,
            pending: body.pending,
            held: body.held,
            tier: expected.tier,
            next: expected.next,
            expiring: body.expiring.clone(),
        };
        let next = body.next.as_ref().map(|(name, missing)| (name.as_str(), *missing));
        if actual == expected && body.tier == expected.tier && next == expected.next {
            return Ok(());
        }
        Err((invariant, format!("version {} is {expected:?}, shown is {body:?}", body.version)))
    }

    fn count_situations(&self, expected: &AccountView) {
        if expected.available < 0 {
            self.count(Coverage::Debt);
        }
        if expected.pending > 0 {
            self.count(Coverage::PointsPending);
        }
        if expected.tier != "bronze" {
            self.count(Coverage::Tier);
        }
    }

    /// Checks the status of a redemption.
    fn status(&self, claim: &Claim, body: &AccountBody) -> Result<(), CheckError> {
        let Some((id, status)) = body.redemption else { return Ok(()) };
        let expected = match claim.absorbed.redemptions.get(&id).map(|record| record.status) {
            _ if claim.pending.contains(&id) => "pending",
            None | Some(Status::Held) => "pending",
            Some(Status::Rejected) => "rejected",
            Some(Status::Settled(_)) => "confirmed",
            Some(Status::Released(_) | Status::TimedOut(_)) => "released",
        };
        if status == expected {
            return Ok(());
        }
        Err((
            Invariant::ReadYourWrites,
            format!("{id} is {expected}, but the answer says {status}"),
        ))
    }

    /// A client has read the entries of its ledger.
    pub(crate) fn entries_received(
        &mut self,
        client: usize,
        customer: &str,
        sent: &[String],
        page: &EntriesBody,
    ) {
        self.count(Coverage::Answer);
        self.run_log.add_to_history(&page.bookmark);
        self.trace(|| format!("client  {client} of {customer} with {sent:?} reads {page:?}"));
        if let Err((invariant, message)) = self.check_entries(client, customer, page) {
            self.report(invariant, || message);
        }
    }

    fn check_entries(
        &mut self,
        client: usize,
        customer: &str,
        page: &EntriesBody,
    ) -> Result<(), CheckError> {
        let payload = self.open(&page.bookmark);
        let floor = payload.map_or(0, |payload| payload.floor);
        self.claim(client, customer, floor, &page.bookmark)?;
        let ids: BTreeSet<&str> = page.entries.iter().map(|(id, _)| id.as_str()).collect();
        if ids.len() != page.entries.len() {
            return Err((Invariant::Counted, "an entry is twice on one page".to_owned()));
        }
        for id in &self.clients[client].promised {
            let name = |kind: &str| format!("{kind}/redemption/{}", id.to_hex());
            let is_there = ["hold", "reject"].iter().any(|kind| ids.contains(name(kind).as_str()));
            // The entry may be on the next page.
            if !is_there && ids.len() < 100 {
                return Err((
                    Invariant::ReadYourWrites,
                    format!("{id} was promised and has no entry"),
                ));
            }
        }
        let client = &mut self.clients[client];
        client.floor = client.floor.max(floor);
        Ok(())
    }

    /// The facts behind an answer with this version and bookmark.
    fn claim(
        &self,
        client: usize,
        customer: &str,
        version: u64,
        bookmark: &str,
    ) -> Result<Claim, CheckError> {
        let broken = || (Invariant::Contract, format!("not a bookmark: {bookmark}"));
        let payload = self.open(bookmark).ok_or_else(broken)?;
        let Client { floor, promised, .. } = &self.clients[client];
        if payload.floor != version || version < *floor {
            let message = format!("version {version} under {} after {floor}", payload.floor);
            return Err((Invariant::Monotonic, message));
        }
        let states = self.accounts.get(customer).map(Vec::as_slice).unwrap_or_default();
        let none = State::default();
        let state = states.iter().chain([&none]).find(|state| state.version == version);
        let state =
            state.ok_or((Invariant::Contract, format!("version {version} was never stored")))?;
        let past_ms = self.timeline.now_ms() - FRESH_MS;
        let fresh = states.iter().rev().find(|state| state.at_ms <= past_ms);
        if let Some(fresh) = fresh.filter(|fresh| fresh.version > version) {
            let message = format!("version {version}, {} was stored long ago", fresh.version);
            return Err((Invariant::Fresh, message));
        }
        let (mut absorbed, mut pending) = (state.absorbed.clone(), BTreeSet::new());
        let mut requests: Vec<_> = payload.pending.iter().map(|one| (one.time, one.id)).collect();
        requests.sort_unstable();
        for (time, id) in requests {
            let id = CommandId::from(id);
            let record = self.pending(id, time).ok_or_else(|| {
                (Invariant::Durable, format!("pending, but never published: {id}"))
            })?;
            absorbed = self.decide(&absorbed, id, &record);
            pending.insert(id);
        }
        let lost = promised.iter().find(|id| !absorbed.redemptions.contains_key(id));
        if let Some(id) = lost {
            return Err((Invariant::ReadYourWrites, format!("{id} was promised and is missing")));
        }
        Ok(Claim { absorbed, pending, moment_ms: payload.moment })
    }

    fn pending(&self, id: CommandId, time: u64) -> Option<RedemptionRecord> {
        let command = self.commands.get(&id)?;
        let event = command.published.as_ref().filter(|event| event.at_ms == time)?;
        let CommandKind::Redeem { points, .. } = command.kind else { return None };
        let (at_ms, until_ms) = (event.at_ms, event.until_ms);
        Some(RedemptionRecord { at_ms, points, until_ms, status: Status::Held })
    }

    fn open(&self, bookmark: &str) -> Option<Payload> {
        verify(&self.keys, bookmark).and_then(|sealed| sealed.open()).ok()
    }
}

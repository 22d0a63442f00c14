//! Compares the answers to customers with the result of their causes.

use std::collections::BTreeSet;

use domain_core::id::CommandId;
use domain_loyalty::RewardCode;
use edge_wire::bookmark::{Payload, verify};

use super::super::resource::{Balance, LedgerBody, LedgerContent, ShownAccount, ShownRedemption};
use super::ledger_oracle::{
    AbsorbedFacts, BookmarkContents, CommandHistory, CommandKind, LedgerOracle, RedemptionRecord,
    State, Status,
};
use super::reference_account::{AccountView, day};
use crate::engine::{Coverage, Invariant};

/// After this time every client sees what the table has absorbed; also the maximum difference of
/// clocks and delay of answers.
const FRESH_MS: u64 = 60_000;
/// How far the newest fact of an account may be ahead of the clock by which the account is
/// computed.
const FACT_LEAD_MS: u64 = 60_000;

/// What an answer must not fall below.
#[derive(Debug, Default)]
pub(super) struct Expected {
    pub(super) floor: u64,
    /// The highest floor of the bookmarks sent.
    pub(super) sent_floor: u64,
    pub(super) promised: BTreeSet<CommandId>,
    /// The latest moment of the bookmarks sent.
    pub(super) moment_ms: u64,
    /// The latest day that was shown.
    pub(super) day: u64,
}

/// The set of facts that an answer shows.
struct Claim {
    /// The facts that the table had absorbed at its version, and the pending redemptions as they
    /// will be decided if no other command precedes them.
    absorbed: AbsorbedFacts,
    pending: BTreeSet<CommandId>,
    /// The promised redemptions that are among them.
    promised: BTreeSet<CommandId>,
    contents: BookmarkContents,
}

type CheckError = (Invariant, String);

// === impl LedgerOracle ===

impl LedgerOracle {
    /// Whether a redemption is covered by every state that an instance may have seen, whatever
    /// other redemptions are pending.
    pub(super) fn is_covered(&self, command: &CommandHistory) -> bool {
        let CommandKind::Redeem { points, .. } = command.kind else { return false };
        let (customer, now_ms) = (command.customer.as_str(), self.timeline.now_ms());
        let own = self.commands.iter().filter(|(_, one)| one.customer == customer);
        let states = self.states(customer);
        let old = states.partition_point(|state| state.at_ms + FRESH_MS < now_ms);
        // Without an old state an instance may have seen that there was no account.
        let Some(old) = old.checked_sub(1) else { return false };
        let seen = &states[old..];
        let days = [day(now_ms - FRESH_MS), day(now_ms + FRESH_MS)];
        seen.iter().all(|state| {
            if state.absorbed.erasure.is_partial() {
                return false;
            }
            let pending = own.clone().filter_map(|(id, one)| match one.kind {
                CommandKind::Redeem { points, .. }
                    if one.published.is_some() && !state.absorbed.redemptions.contains_key(id) =>
                {
                    Some(points)
                }
                _ => None,
            });
            let all = points + pending.sum::<i64>();
            let account = self.reference_account(&state.absorbed);
            days.iter().all(|day| account.covers(*day, all))
        })
    }

    /// Checks an answer; returns the content of its bookmark, and the day it is about.
    pub(super) fn check_answer(
        &self,
        customer: &str,
        body: &LedgerBody,
        expected: &Expected,
    ) -> Result<(BookmarkContents, Option<u64>), CheckError> {
        let broken = || (Invariant::Contract, format!("not a bookmark: {}", body.bookmark));
        let payload = self.open(&body.bookmark).ok_or_else(broken)?;
        let (version, floor) = (payload.floor, expected.sent_floor);
        if body.is_reset != (version < floor) {
            let message = format!("version {version} for a floor of {floor}, {}", body.is_reset);
            return Err((Invariant::Contract, message));
        }
        if body.is_reset {
            self.count(Coverage::Reset);
        } else if version < expected.floor {
            return Err((
                Invariant::Monotonic,
                format!("version {version} after {}", expected.floor),
            ));
        }
        let states = self.states(customer);
        let past_ms = self.timeline.now_ms() - FRESH_MS;
        let fresh = states.iter().rev().find(|state| state.at_ms <= past_ms);
        if let Some(fresh) = fresh.filter(|fresh| fresh.version > version) {
            let message = format!("version {version}, {} was stored long ago", fresh.version);
            return Err((Invariant::Fresh, message));
        }
        let none = State::default();
        let state = states.iter().rev().chain([&none]).find(|state| state.version == version);
        let state =
            state.ok_or((Invariant::Contract, format!("version {version} was never stored")))?;
        let claim = self.claim(customer, state, &payload, expected)?;
        if !claim.pending.is_empty() {
            self.count(Coverage::Pending);
        }
        let today = match &body.content {
            LedgerContent::Entries(entries, has_more) => {
                self.check_entries(entries, *has_more, &claim.promised)?;
                return Ok((claim.contents, None));
            }
            LedgerContent::Account(account) => {
                if account.version != version {
                    let message = format!("version {} in {body:?}", account.version);
                    return Err((Invariant::Contract, message));
                }
                self.check_day(&claim, body, expected)?
            }
            LedgerContent::Redemption(redemption) => {
                self.check_status(&claim, redemption)?;
                self.check_day(&claim, body, expected)?
            }
        };
        Ok((claim.contents, Some(today)))
    }

    /// Checks what an answer shows as of its day; returns that day.
    fn check_day(
        &self,
        claim: &Claim,
        body: &LedgerBody,
        expected: &Expected,
    ) -> Result<u64, CheckError> {
        let seen_ms = expected.moment_ms;
        // No account is computed as of a day before its newest fact, even if the clock is behind.
        let newest_ms = Some(self.newest_ms(&claim.absorbed));
        let newest_ms = newest_ms.filter(|newest_ms| *newest_ms <= body.clock_ms + FACT_LEAD_MS);
        let read_ms = body.clock_ms.max(seen_ms).max(newest_ms.unwrap_or(0));
        let moment_ms = claim.contents.moment_ms;
        if moment_ms < seen_ms || moment_ms > read_ms {
            let message = format!("a moment of {moment_ms} after {seen_ms}, at {read_ms}");
            return Err((Invariant::Monotonic, message));
        }
        if body.clock_ms.abs_diff(self.timeline.now_ms()) > FRESH_MS {
            return Err((Invariant::Fresh, format!("an answer of {}", body.clock_ms)));
        }
        let mut today = day(read_ms);
        // A lookup of revoked tokens beside the read may end on the next day.
        let start = day(body.start_ms.max(seen_ms).max(newest_ms.unwrap_or(0)));
        if start < today && self.compare(claim, body, start, Invariant::ReadYourWrites).is_ok() {
            today = start;
        }
        if today > day(body.clock_ms.max(seen_ms)) {
            self.count(Coverage::FactAhead);
        }
        self.compare(claim, body, today, Invariant::ReadYourWrites)?;
        if expected.day > today {
            // The client has seen a later day: nothing of it may be revoked.
            self.count(Coverage::DayBefore);
            self.compare(claim, body, expected.day, Invariant::Monotonic)?;
        }
        Ok(today)
    }

    /// Compares what is shown with the result under a program that may apply now.
    fn compare(
        &self,
        claim: &Claim,
        body: &LedgerBody,
        today: u64,
        invariant: Invariant,
    ) -> Result<(), CheckError> {
        if claim.absorbed.erasure.is_partial() {
            self.count(Coverage::UncheckedByErasure);
            return Ok(());
        }
        let account = self.reference_account(&claim.absorbed);
        let plans = self.plans.iter().filter(|one| self.may_apply_at(one.version, body.clock_ms));
        let mut views = Vec::new();
        for plan in plans {
            let view = account.view(&plan.plan, today);
            if is_shown(&view, body) {
                self.count_situations(&view);
                return Ok(());
            }
            views.push(view);
        }
        let version = claim.contents.floor;
        Err((invariant, format!("version {version} is one of {views:?}, shown is {body:?}")))
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

    /// Checks the status of a redemption, and that only a confirmed one has its code.
    fn check_status(&self, claim: &Claim, shown: &ShownRedemption) -> Result<(), CheckError> {
        let ShownRedemption { id, status, code, .. } = shown;
        let erasure = claim.absorbed.erasure;
        let requested = self.commands.get(id).and_then(|command| command.published.as_ref());
        let is_erased = requested.is_some_and(|event| erasure.covers(event.at_ms));
        if is_erased && erasure.is_partial() {
            return Ok(());
        }
        let expected = match claim.absorbed.redemptions.get(id).map(|record| record.status) {
            // Only the retry of its request has an answer with it.
            _ if is_erased => "rejected",
            _ if claim.pending.contains(id) => "pending",
            None | Some(Status::Held) => "pending",
            Some(Status::Rejected) => "rejected",
            Some(Status::Settled(_)) => "confirmed",
            Some(Status::Released(_) | Status::TimedOut(_)) => "released",
        };
        let own = (expected == "confirmed").then(|| RewardCode::of(*id).to_string());
        if status == expected && *code == own {
            return Ok(());
        }
        let message = format!("{id} is {expected} with {own:?}, but the answer says {shown:?}");
        Err((Invariant::ReadYourWrites, message))
    }

    fn check_entries(
        &self,
        entries: &[(String, i64)],
        has_more: bool,
        promised: &BTreeSet<CommandId>,
    ) -> Result<(), CheckError> {
        let ids: BTreeSet<&str> = entries.iter().map(|(id, _)| id.as_str()).collect();
        if ids.len() != entries.len() {
            return Err((Invariant::Counted, "an entry is twice on one page".to_owned()));
        }
        for id in promised {
            let name = |kind: &str| format!("{kind}/redemption/{}", id.to_hex());
            let is_there = ["hold", "reject"].iter().any(|kind| ids.contains(name(kind).as_str()));
            // The entry may be on the next page.
            if !is_there && !has_more {
                let message = format!("{id} was promised and has no entry");
                return Err((Invariant::ReadYourWrites, message));
            }
        }
        Ok(())
    }

    /// The facts behind an answer with this bookmark, at this state.
    fn claim(
        &self,
        customer: &str,
        state: &State,
        payload: &Payload,
        expected: &Expected,
    ) -> Result<Claim, CheckError> {
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
        let (mut promised, fresh_since_ms) = (BTreeSet::new(), self.timeline.now_ms() - FRESH_MS);
        for id in &expected.promised {
            if self.is_redemption_erased(*id) {
                self.count(Coverage::ExcusedByErasure);
            } else if absorbed.redemptions.contains_key(id) {
                promised.insert(*id);
            } else if self.is_lost(customer, *id, fresh_since_ms) {
                self.count(Coverage::ExcusedByLoss);
            } else {
                let message = format!("{id} was promised and is missing");
                return Err((Invariant::ReadYourWrites, message));
            }
        }
        let (floor, moment_ms) = (payload.floor, payload.moment);
        let contents = BookmarkContents { floor, moment_ms, known: BTreeSet::new() };
        Ok(Claim { absorbed, pending, promised, contents })
    }

    fn pending(&self, id: CommandId, time: u64) -> Option<RedemptionRecord> {
        let command = self.commands.get(&id)?;
        let event = command.published.as_ref().filter(|event| event.at_ms == time)?;
        let CommandKind::Redeem { points, .. } = command.kind else { return None };
        let (at_ms, until_ms) = (event.at_ms, event.until_ms);
        Some(RedemptionRecord { at_ms, points, until_ms, status: Status::Held })
    }

    pub(super) fn open(&self, bookmark: &str) -> Option<Payload> {
        verify(self.keys.all(), bookmark).and_then(|sealed| sealed.open()).ok()
    }
}

/// Whether an answer shows this view, as far as it shows one.
fn is_shown(view: &AccountView, body: &LedgerBody) -> bool {
    let balance = Balance { available: view.available, pending: view.pending, held: view.held };
    match &body.content {
        LedgerContent::Account(account) => {
            let next = view.next.map(|(name, missing)| (name.to_owned(), missing));
            *account
                == ShownAccount {
                    version: account.version,
                    balance,
                    tier: view.tier.to_owned(),
                    next,
                    expiring: view.expiring.clone(),
                }
        }
        LedgerContent::Redemption(redemption) => redemption.balance == balance,
        LedgerContent::Entries(..) => true,
    }
}

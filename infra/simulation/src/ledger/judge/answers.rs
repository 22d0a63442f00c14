//! What customers are told, held against what their causes come to.

use std::collections::BTreeSet;

use edge_wire::bookmark::{Payload, verify};
use origin_domain::id::CommandId;

use super::super::instance::{Page, Told};
use super::accounts::{Sum, day};
use super::books::{Absorbed, Client, Fate, Judge, Stand, State, What};
use crate::counts::Occasion;
use crate::judge::Law;

/// After how long everybody sees what the table has absorbed, and how far clocks and answers under
/// way may be from the true time.
const FRESH_MS: u64 = 60_000;

/// How far a fact may be ahead of the clock by which an account is read that it belongs to.
const FACT_LEAD_MS: u64 = 60_000;

/// An answer that arrived at a client, and was shown.
pub(crate) struct Heard<'a> {
    pub(crate) client: usize,
    pub(crate) customer: &'a str,
    /// The bookmarks of the request.
    pub(crate) sent: &'a [String],
    pub(crate) told: &'a Told,
    /// The command of the client's that this acknowledges.
    pub(crate) acknowledged: Option<CommandId>,
}

/// What an answer says stands behind it.
struct Claim {
    /// What the table had absorbed at its version, and the pending redemptions as they will be
    /// decided if nobody else comes first.
    absorbed: Absorbed,
    pending: BTreeSet<CommandId>,
    moment_ms: u64,
}

type Wrong = (Law, String);

// === impl Judge ===

impl Judge {
    /// An answer about an account has arrived.
    pub(crate) fn heard(&mut self, heard: &Heard<'_>) {
        self.note(Occasion::Answer);
        let Heard { client, customer, told, acknowledged, .. } = *heard;
        self.minutes.remember(&told.bookmark);
        self.trace(|| format!("client  {client} of {customer} is told {told:?}"));
        if let Some(id) = acknowledged {
            self.acknowledged(id);
            self.clients[client].promised.insert(id);
        }
        match self.examined(heard) {
            Ok(today) => {
                let client = &mut self.clients[client];
                client.floor = client.floor.max(told.version);
                client.day = client.day.max(today);
            }
            Err((law, wrong)) => self.find(law, || wrong),
        }
    }

    /// The day an answer is about, if nothing is wrong with it.
    fn examined(&self, heard: &Heard<'_>) -> Result<u64, Wrong> {
        let Heard { client, customer, sent, told, .. } = *heard;
        let claim = self.claim(client, customer, told.version, &told.bookmark)?;
        if told.is_reset {
            return Err((Law::Contract, "a reset, though nothing was lost".to_owned()));
        }
        if !claim.pending.is_empty() {
            self.note(Occasion::Pending);
        }
        let sent = sent.iter().filter_map(|text| self.opened(text));
        let seen_ms = sent.map(|payload| payload.moment).max().unwrap_or(0);
        // No account is read as of a day before its newest fact, however slow the clock.
        let newest_ms = Some(self.newest_ms(&claim.absorbed));
        let newest_ms = newest_ms.filter(|newest_ms| *newest_ms <= told.clock_ms + FACT_LEAD_MS);
        let read_ms = told.clock_ms.max(seen_ms).max(newest_ms.unwrap_or(0));
        if claim.moment_ms < seen_ms || claim.moment_ms > read_ms {
            let told = format!("a moment of {} after {seen_ms}, at {read_ms}", claim.moment_ms);
            return Err((Law::Monotonic, told));
        }
        let now_ms = self.timeline.now_ms();
        if told.clock_ms.abs_diff(now_ms) > FRESH_MS
            || !self.is_told_at(told.program, told.clock_ms)
        {
            let told = format!("version {} at {}", told.program, told.clock_ms);
            return Err((Law::Fresh, told));
        }
        let today = day(read_ms);
        if today > day(told.clock_ms.max(seen_ms)) {
            self.note(Occasion::FactAhead);
        }
        self.compare(&claim, told, today, Law::ReadYourWrites)?;
        let latest = self.clients[client].day;
        if latest > today {
            // Its viewer was shown a later day: nothing of it may be taken back.
            self.note(Occasion::DayBefore);
            self.compare(&claim, told, latest, Law::Monotonic)?;
        }
        self.status(&claim, told)?;
        Ok(today)
    }

    fn compare(&self, claim: &Claim, told: &Told, today: u64, law: Law) -> Result<(), Wrong> {
        let plan = self.plans.iter().find(|one| one.version == told.program);
        let plan = plan.ok_or((Law::Contract, "no such programme".to_owned()))?;
        let sum = self.sheet(&claim.absorbed).sum(&plan.plan, today);
        self.note_sum(&sum);
        let shown = Sum {
            available: told.available,
            pending: told.pending,
            held: told.held,
            tier: sum.tier,
            next: sum.next,
            expiring: told.expiring.clone(),
        };
        let next = told.next.as_ref().map(|(name, missing)| (name.as_str(), *missing));
        if shown == sum && told.tier == sum.tier && next == sum.next {
            return Ok(());
        }
        Err((law, format!("version {} is {sum:?}, shown is {told:?}", told.version)))
    }

    fn note_sum(&self, sum: &Sum) {
        if sum.available < 0 {
            self.note(Occasion::Debt);
        }
        if sum.pending > 0 {
            self.note(Occasion::PointsPending);
        }
        if sum.tier != "bronze" {
            self.note(Occasion::Tier);
        }
    }

    /// A redemption is told as it stands.
    fn status(&self, claim: &Claim, told: &Told) -> Result<(), Wrong> {
        let Some((id, status)) = told.redemption else { return Ok(()) };
        let expected = match claim.absorbed.redemptions.get(&id).map(|stand| stand.fate) {
            _ if claim.pending.contains(&id) => "pending",
            None | Some(Fate::Held) => "pending",
            Some(Fate::Rejected) => "rejected",
            Some(Fate::Settled(_)) => "confirmed",
            Some(Fate::Released(_) | Fate::TimedOut(_)) => "released",
        };
        if status == expected {
            return Ok(());
        }
        Err((Law::ReadYourWrites, format!("{id} is {expected}, and told is {status}")))
    }

    /// A client has read its ledger.
    pub(crate) fn leafed(&mut self, client: usize, customer: &str, sent: &[String], page: &Page) {
        self.note(Occasion::Answer);
        self.minutes.remember(&page.bookmark);
        self.trace(|| format!("client  {client} of {customer} with {sent:?} reads {page:?}"));
        if let Err((law, wrong)) = self.leaf_examined(client, customer, page) {
            self.find(law, || wrong);
        }
    }

    fn leaf_examined(&mut self, client: usize, customer: &str, page: &Page) -> Result<(), Wrong> {
        let payload = self.opened(&page.bookmark);
        let floor = payload.map_or(0, |payload| payload.floor);
        self.claim(client, customer, floor, &page.bookmark)?;
        let ids: BTreeSet<&str> = page.entries.iter().map(|(id, _)| id.as_str()).collect();
        if ids.len() != page.entries.len() {
            return Err((Law::Counted, "an entry twice on one page".to_owned()));
        }
        for id in &self.clients[client].promised {
            let name = |kind: &str| format!("{kind}/redemption/{}", id.to_hex());
            let is_there = ["hold", "reject"].iter().any(|kind| ids.contains(name(kind).as_str()));
            // A full page may have left it behind.
            if !is_there && ids.len() < 100 {
                return Err((Law::ReadYourWrites, format!("{id} was promised and has no entry")));
            }
        }
        let client = &mut self.clients[client];
        client.floor = client.floor.max(floor);
        Ok(())
    }

    /// What stands behind an answer of a version with a bookmark.
    fn claim(
        &self,
        client: usize,
        customer: &str,
        version: u64,
        bookmark: &str,
    ) -> Result<Claim, Wrong> {
        let broken = || (Law::Contract, format!("not a bookmark: {bookmark}"));
        let payload = self.opened(bookmark).ok_or_else(broken)?;
        let Client { floor, promised, .. } = &self.clients[client];
        if payload.floor != version || version < *floor {
            let told = format!("version {version} under {} after {floor}", payload.floor);
            return Err((Law::Monotonic, told));
        }
        let states = self.accounts.get(customer).map(Vec::as_slice).unwrap_or_default();
        let none = State::default();
        let state = states.iter().chain([&none]).find(|state| state.version == version);
        let state = state.ok_or((Law::Contract, format!("version {version} was never stored")))?;
        let past_ms = self.timeline.now_ms() - FRESH_MS;
        let fresh = states.iter().rev().find(|state| state.at_ms <= past_ms);
        if let Some(fresh) = fresh.filter(|fresh| fresh.version > version) {
            let told = format!("version {version}, {} has long been stored", fresh.version);
            return Err((Law::Fresh, told));
        }
        let (mut absorbed, mut pending) = (state.absorbed.clone(), BTreeSet::new());
        let mut asked: Vec<_> = payload.pending.iter().map(|one| (one.time, one.id)).collect();
        asked.sort_unstable();
        for (time, id) in asked {
            let id = CommandId::from(id);
            let stand = self
                .pending(id, time)
                .ok_or_else(|| (Law::Durable, format!("pending and never published: {id}")))?;
            absorbed = self.ruled(&absorbed, id, &stand);
            pending.insert(id);
        }
        let lost = promised.iter().find(|id| !absorbed.redemptions.contains_key(id));
        if let Some(id) = lost {
            return Err((Law::ReadYourWrites, format!("{id} was promised and is not there")));
        }
        Ok(Claim { absorbed, pending, moment_ms: payload.moment })
    }

    fn pending(&self, id: CommandId, time: u64) -> Option<Stand> {
        let asked = self.asked.get(&id)?;
        let told = asked.published.as_ref().filter(|told| told.at_ms == time)?;
        let What::Redeem { points, .. } = asked.what else { return None };
        let (at_ms, until_ms) = (told.at_ms, told.until_ms);
        Some(Stand { at_ms, points, until_ms, fate: Fate::Held })
    }

    fn opened(&self, bookmark: &str) -> Option<Payload> {
        verify(&self.keys, bookmark).and_then(|sealed| sealed.open()).ok()
    }
}

//! Where the nightly reconciliation stands: one item of the shop, and its changes. Pure.

use domain_core::time::{DAY_MS, MINUTE_MS, Time};
use serde::{Deserialize, Serialize};

/// How far a run goes back before the start of the run before: Shopify's search finds a change some
/// time after it was made.
pub const OVERLAP_MS: u64 = 15 * MINUTE_MS;
/// How far the first run goes back, and any later one at most. Without the scope `read_all_orders`
/// Shopify has no order older than 60 days; one day is for clocks and for the run itself.
pub const REACH_DAYS: u64 = 59;
/// How long an interrupted run may be continued: Shopify's cursors are not promised to last.
const CONTINUED_MS: u64 = DAY_MS / 2;

/// The stored form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// Counts the writes; the condition of each.
    pub version: u64,
    /// When the latest finished run began: changes before that are in the ledger.
    #[serde(default)]
    pub complete_until: Option<Time>,
    /// When it finished.
    #[serde(default)]
    pub finished_at: Option<Time>,
    /// How many facts it found missing.
    #[serde(default)]
    pub missing: u64,
    /// The run under way.
    #[serde(default)]
    pub run: Option<ReconciliationRun>,
    /// Since when Shopify denies the app the customers of orders, which webhooks then do not name
    /// either: orders earn no points.
    #[serde(default)]
    pub denied_since: Option<Time>,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconciliationRun {
    /// It reads the orders that changed since then.
    pub since: Time,
    /// When it began.
    pub begun_at: Time,
    /// Where its next page begins.
    #[serde(default)]
    pub after: Option<String>,
    /// How many facts it has found missing so far.
    #[serde(default)]
    pub missing: u64,
}

// === impl Reconciliation ===

impl Reconciliation {
    /// The run to do at `now`: the one that was interrupted, or a new one.
    #[must_use]
    pub fn next_run(&self, now: Time) -> ReconciliationRun {
        let is_young = |run: &&ReconciliationRun| now <= run.begun_at.plus_ms(CONTINUED_MS);
        if let Some(run) = self.run.as_ref().filter(is_young) {
            return run.clone();
        }
        let reach = now.minus_ms(REACH_DAYS * DAY_MS);
        let since = self.complete_until.map_or(reach, |until| until.minus_ms(OVERLAP_MS));
        ReconciliationRun { since: since.max(reach), begun_at: now, after: None, missing: 0 }
    }

    /// After a page of a run, with so many facts missing, and the beginning of the next page.
    #[must_use]
    pub fn after_page(
        &self,
        run: &ReconciliationRun,
        missing: u64,
        next: Option<String>,
        now: Time,
    ) -> Self {
        let (version, missing) = (self.version + 1, run.missing + missing);
        match next {
            Some(next) => {
                let run = ReconciliationRun { after: Some(next), missing, ..run.clone() };
                Self { version, run: Some(run), denied_since: None, ..self.clone() }
            }
            None => Self {
                version,
                complete_until: Some(run.begun_at),
                finished_at: Some(now),
                missing,
                run: None,
                denied_since: None,
            },
        }
    }

    /// After Shopify has denied the app the customers of orders.
    #[must_use]
    pub fn denied(&self, now: Time) -> Self {
        let denied_since = self.denied_since.or(Some(now));
        Self { version: self.version + 1, denied_since, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_800_000_000_000);

    #[test]
    fn the_first_run_goes_back_as_far_as_orders_can_be_read() {
        let run = Reconciliation::default().next_run(NOW);
        assert_eq!(run.since, NOW.minus_ms(59 * DAY_MS));
        assert_eq!((run.begun_at, run.after), (NOW, None));
    }

    #[test]
    fn a_run_begins_a_little_before_the_start_of_the_one_before() {
        let item = Reconciliation::default();
        let run = item.next_run(NOW);
        let later = NOW.plus_ms(3 * MINUTE_MS);
        let item = item.after_page(&run, 2, Some("next".to_owned()), later);
        assert_eq!((item.version, item.complete_until), (1, None));
        let run = item.next_run(later);
        assert_eq!((run.after.as_deref(), run.begun_at, run.missing), (Some("next"), NOW, 2));
        let item = item.after_page(&run, 1, None, later);
        assert_eq!((item.complete_until, item.finished_at), (Some(NOW), Some(later)));
        assert_eq!((item.missing, item.run.clone()), (3, None));
        let next = item.next_run(NOW.plus_ms(DAY_MS));
        assert_eq!(next.since, NOW.minus_ms(OVERLAP_MS));
    }

    #[test]
    fn a_run_that_was_interrupted_for_long_begins_again() {
        let item = Reconciliation::default();
        let run = item.next_run(NOW);
        let item = item.after_page(&run, 2, Some("next".to_owned()), NOW);
        let run = item.next_run(NOW.plus_ms(DAY_MS));
        assert_eq!((run.after, run.missing), (None, 0));
        assert_eq!(run.since, NOW.minus_ms(58 * DAY_MS));
    }

    #[test]
    fn a_denial_lasts_until_a_page_is_read() {
        let item = Reconciliation::default().denied(NOW).denied(NOW.plus_ms(DAY_MS));
        assert_eq!((item.version, item.denied_since), (2, Some(NOW)));
        let run = item.next_run(NOW.plus_ms(DAY_MS));
        assert_eq!(item.after_page(&run, 0, Some("next".to_owned()), NOW).denied_since, None);
        assert_eq!(item.after_page(&run, 0, None, NOW).denied_since, None);
    }

    #[test]
    fn after_months_without_a_run_it_goes_back_no_further_than_shopify_answers() {
        let item = Reconciliation { complete_until: Some(NOW), ..Reconciliation::default() };
        let now = NOW.plus_ms(100 * DAY_MS);
        assert_eq!(item.next_run(now).since, now.minus_ms(59 * DAY_MS));
    }
}

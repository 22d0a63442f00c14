//! The busiest second, and AWS's default quotas that it would exceed.

use edge_wire::function::{Function, HttpFunction};
use serde::Serialize;

use crate::item::Item;
use crate::prices::Book;
use crate::profile::{EdgeForm, Profile};
use crate::quotas::QuotaName;
use crate::usage::{EdgeTraffic, HOURS, Through, Usage, duration_ms, invocations, work};

/// Seconds of a month.
const MONTH_S: u128 = HOURS as u128 * 3_600;
/// The margin of a suggested quota above the peak, per cent: peaks are estimates.
const HEADROOM_PERCENT: u64 = 50;

/// The needs of the busiest second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Peak {
    /// Every relevant quota at the peak.
    pub strains: Vec<Strain>,
    /// Environments that the busiest of the read functions needs.
    pub read_environments: u64,
}

/// A quota at the peak.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Strain {
    /// Which.
    pub quota: QuotaName,
    /// The default value.
    pub allowed: u64,
    /// The need at the peak.
    pub needed: u64,
    /// The value to request, and how, if the peak exceeds the quota.
    pub ask: Option<(u64, String)>,
}

// === impl Peak ===

impl Peak {
    /// Of a profile in a region.
    #[must_use]
    pub fn of(profile: &Profile, book: &Book) -> Self {
        let needs = needs(profile);
        let strains = book.quotas.iter().filter_map(|(name, quota)| {
            let needed = needs.iter().find(|(need, _)| need == name)?.1;
            let target = round_up(needed + needed * HEADROOM_PERCENT / 100);
            let ask = (needed > quota.value).then(|| (target, quota.ask.clone()));
            Some(Strain { quota: *name, allowed: quota.value, needed, ask })
        });
        let strains = strains.collect();
        Self { strains, read_environments: read_environments(profile) }
    }
}

fn needs(profile: &Profile) -> Vec<(QuotaName, u64)> {
    let a_second = |a_month: u128| a_second(profile, a_month);
    let all = work(profile);
    let sum =
        |of: &dyn Fn(&crate::usage::Work) -> u64| all.iter().map(|it| u128::from(of(it))).sum();
    let edge = EdgeTraffic::of(profile);
    let usage = Usage::of(profile);
    let through_api = |it: &crate::usage::Work| if it.by == Through::Api { it.times } else { 0 };
    let mut needs = vec![
        (QuotaName::EdgeRequests, a_second(edge.requests.into())),
        (QuotaName::EdgeBits, a_second(edge.bytes_out * 8)),
        (QuotaName::PutEvents, a_second(sum(&|it| it.times * it.takes.publishes))),
        (QuotaName::RuleDeliveries, a_second(sum(&|it| it.times * it.takes.messages))),
        (QuotaName::ApiRequests, a_second(sum(&through_api))),
        (QuotaName::LambdaEnvironments, environments(profile, |_| true)),
        (QuotaName::TableWrites, a_second(usage.get(Item::TableWrites))),
        (QuotaName::TableReads, a_second(usage.get(Item::TableReads).div_ceil(2))),
    ];
    if profile.edge == EdgeForm::LambdaAtEdge {
        let requests = a_second(edge.requests.into());
        // An instance handles ten requests a second, even short ones.
        needs.push((QuotaName::EdgeLambdaRequests, requests));
        needs.push((QuotaName::EdgeLambdaEnvironments, requests.div_ceil(10)));
    }
    needs
}

/// The rate of the busiest second, from a month's total.
fn a_second(profile: &Profile, a_month: u128) -> u64 {
    let peak = (a_month * u128::from(profile.peak_factor)).div_ceil(MONTH_S);
    u64::try_from(peak).unwrap_or(u64::MAX)
}

/// Environments at once: invocations a second times how long each takes.
fn environments(profile: &Profile, counts: impl Fn(Function) -> bool) -> u64 {
    let busy_ms = work(profile).into_iter().filter(|it| counts(it.function)).map(|it| {
        let times = invocations(profile, &it);
        let batch = it.times.div_ceil(times.max(1));
        u128::from(times) * u128::from(batch * duration_ms(profile, &it.takes))
    });
    a_second(profile, busy_ms.sum::<u128>().div_ceil(1_000))
}

fn read_environments(profile: &Profile) -> u64 {
    let reads = HttpFunction::ALL.iter().filter(|function| !function.is_behind_api());
    let each =
        reads.map(|function| environments(profile, |worker| worker == Function::Http(*function)));
    each.max().unwrap_or_default()
}

/// Rounds up to two digits.
fn round_up(number: u64) -> u64 {
    let mut step = 1;
    while number / step >= 100 {
        step *= 10;
    }
    number.div_ceil(step) * step
}

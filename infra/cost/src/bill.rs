//! The month's bill, the cost of the next million, and the most expensive items.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::CostError;
use crate::item::{Item, Meter, Service};
use crate::money::Dollars;
use crate::prices::{Basis, PriceFile};
use crate::profile::Profile;
use crate::usage::Usage;

/// The size of "the next million".
const MILLION: u64 = 1_000_000;

/// One line of the bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The service.
    pub service: Service,
    /// The counted item.
    pub item: Item,
    /// The quantity, as AWS counts it.
    pub quantity: u128,
    /// The unit of the price.
    pub unit: &'static str,
    /// The cost.
    pub usd: Dollars,
    /// The part of the cost that is free for every account.
    pub free_usd: Dollars,
    /// The reliability of its price.
    pub basis: Basis,
}

/// The bill of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bill {
    /// Each line, by service.
    pub lines: Vec<Line>,
    /// The sum, without the free tier.
    pub total: Dollars,
    /// The part that is free for every account.
    pub free: Dollars,
    /// The part that depends on prices without a source.
    pub unsourced: Dollars,
    /// The part that depends on another region's prices.
    pub other_region: Dollars,
}

/// The cost of one more million.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Next {
    /// Reads in the profile's proportions; none if it has none.
    pub reads: Option<Dollars>,
    /// Webhooks in the profile's proportions.
    pub webhooks: Option<Dollars>,
    /// Cart commands: accepted, published and applied.
    pub commands: Dollars,
}

/// One of the most expensive lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dearest {
    /// The line.
    pub item: Item,
    /// Its cost.
    pub usd: Dollars,
    /// Its share of the total, in tenths of a per cent.
    pub per_mille: i128,
}

// === impl Bill ===

impl Bill {
    /// The bill of a usage in a region.
    ///
    /// # Errors
    /// A region or item that is not in the price file.
    pub fn of(usage: &Usage, file: &PriceFile, region: &str) -> Result<Self, CostError> {
        let book = file.book(region)?;
        let line = |(item, quantity): (&Item, &u128)| {
            let Meter { service, unit, per_unit } = item.meter();
            let missing =
                || CostError::PriceMissing { item: item.name(), region: region.into(), unit };
            let per = u128::from(*per_unit);
            let price = book.prices.get(item).ok_or_else(missing)?;
            let free = file.free.get(item).map_or(0, |free| u128::from(free.units) * per);
            let cost = |quantity| price.usd.dollars().for_quantity(quantity, per);
            Ok(Line {
                service: *service,
                item: *item,
                quantity: *quantity,
                unit,
                usd: cost(*quantity),
                free_usd: cost((*quantity).min(free)),
                basis: price.basis,
            })
        };
        let lines = usage.0.iter().map(line).collect::<Result<Vec<_>, CostError>>()?;
        let of = |basis| {
            let lines = lines.iter().filter(|line: &&Line| line.basis == basis);
            lines.map(|line| line.usd).sum()
        };
        Ok(Self {
            total: lines.iter().map(|line| line.usd).sum(),
            free: lines.iter().map(|line| line.free_usd).sum(),
            unsourced: of(Basis::Unsourced),
            other_region: of(Basis::OtherRegion),
            lines,
        })
    }

    /// Cost and its free part, by service.
    #[must_use]
    pub fn by_service(&self) -> BTreeMap<Service, (Dollars, Dollars)> {
        let mut services: BTreeMap<_, (Dollars, Dollars)> = BTreeMap::new();
        for line in &self.lines {
            let (usd, free) = services.entry(line.service).or_default();
            (*usd, *free) = (*usd + line.usd, *free + line.free_usd);
        }
        services
    }

    /// The most expensive lines, highest first.
    #[must_use]
    pub fn dearest(&self, most: usize) -> Vec<Dearest> {
        let mut lines: Vec<&Line> = self.lines.iter().collect();
        lines.sort_by_key(|line| (std::cmp::Reverse(line.usd), line.item));
        let dearest = |line: &&Line| Dearest {
            item: line.item,
            usd: line.usd,
            per_mille: line.usd.per_mille_of(self.total),
        };
        lines.iter().take(most).map(dearest).collect()
    }
}

// === impl Next ===

impl Next {
    /// The cost of one more million of each.
    ///
    /// # Errors
    /// As [`Bill::of`].
    pub fn of(profile: &Profile, file: &PriceFile) -> Result<Self, CostError> {
        let cost = |profile: &Profile| {
            let bill = Bill::of(&Usage::of(profile), file, &profile.region)?;
            Ok::<_, CostError>(bill.total)
        };
        let now = cost(profile)?;
        let more = |change: &dyn Fn(&mut Profile)| {
            let mut more = profile.clone();
            change(&mut more);
            cost(&more).map(|then| Dollars(then.0 - now.0))
        };
        let Profile { reads, webhooks, .. } = profile;
        let read = [reads.product, reads.cart, reads.loyalty].map(|read| read.a_month);
        let deliveries = [2 * webhooks.orders.a_month, webhooks.refunds, webhooks.others];
        let reads = shares(read).map(|[product, cart, loyalty]| {
            more(&|it| {
                it.reads.product.a_month += product;
                it.reads.cart.a_month += cart;
                it.reads.loyalty.a_month += loyalty;
            })
        });
        let webhooks = shares(deliveries).map(|[orders, refunds, others]| {
            more(&|it| {
                // An order is two webhooks; an odd one is counted as another topic.
                it.webhooks.orders.a_month += orders / 2;
                it.webhooks.refunds += refunds;
                it.webhooks.others += others + orders % 2;
            })
        });
        let commands = more(&|it| it.writes.cart_commands += MILLION)?;
        Ok(Self { reads: reads.transpose()?, webhooks: webhooks.transpose()?, commands })
    }
}

/// A million in these proportions; the last nonzero one gets the remainder.
fn shares(of: [u64; 3]) -> Option<[u64; 3]> {
    let all: u128 = of.iter().copied().map(u128::from).sum();
    let last = of.iter().rposition(|count| *count > 0)?;
    let share = |count| u64::try_from(u128::from(count) * u128::from(MILLION) / all).ok();
    let mut shares = [share(of[0])?, share(of[1])?, share(of[2])?];
    shares[last] += MILLION - shares.iter().sum::<u64>();
    Some(shares)
}

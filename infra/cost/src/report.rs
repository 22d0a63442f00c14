//! The complete estimate, as text and as JSON.

use std::fmt::{self, Write as _};

use serde::Serialize;

use crate::bill::{Bill, Dearest, Next};
use crate::error::CostError;
use crate::money::{Decimal, Dollars, ExchangeRate};
use crate::peak::Peak;
use crate::prices::{Basis, PriceFile};
use crate::profile::{Claim, Profile};
use crate::usage::Usage;

/// How many of the most expensive lines are listed.
const DEAREST: usize = 4;

/// The estimate for a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// One line.
    pub title: String,
    /// The region.
    pub region: String,
    /// The bill of the month.
    pub bill: Bill,
    /// The cost of one more million.
    pub next_million: Next,
    /// The most expensive lines.
    pub dearest: Vec<Dearest>,
    /// The busiest second.
    pub peak: Peak,
    /// Further assumptions.
    pub assumes: Vec<String>,
    /// A published price to compare with.
    pub claim: Option<Claim>,
    /// The exchange rate, for rupees.
    pub rate: Option<ExchangeRate>,
    /// The total in rupees.
    pub total_inr: Option<i128>,
}

/// Estimates the cost of a profile by a price file.
///
/// # Errors
/// A region or an item that is not in the price file.
pub fn estimate(
    profile: &Profile,
    file: &PriceFile,
    rate: Option<ExchangeRate>,
) -> Result<Estimate, CostError> {
    let bill = Bill::of(&Usage::of(profile), file, &profile.region)?;
    Ok(Estimate {
        title: profile.title.clone(),
        region: profile.region.clone(),
        next_million: Next::of(profile, file)?,
        dearest: bill.dearest(DEAREST),
        peak: Peak::of(profile, file.book(&profile.region)?),
        assumes: profile.assumes.clone(),
        claim: profile.claim.clone(),
        total_inr: rate.as_ref().map(|rate| bill.total.rupees(rate)),
        rate,
        bill,
    })
}

// === impl Estimate ===

impl Estimate {
    fn money(&self, amount: Dollars) -> String {
        let inr = self.rate.as_ref().map(|rate| grouped(amount.rupees(rate)));
        let inr = inr.unwrap_or_default();
        format!("{:>12} {inr:>12}", amount.to_string())
    }

    fn write_bill(&self, out: &mut String) -> fmt::Result {
        let inr = if self.rate.is_some() { "INR" } else { "" };
        writeln!(out, "{:<30} {:>12} {inr:>12} {:>12}", "a month", "USD", "free tier")?;
        for (service, (usd, free)) in self.bill.by_service() {
            let (money, free) = (self.money(usd), free.to_string());
            writeln!(out, "{:<30} {money} {free:>12}", service.to_string())?;
            for line in self.bill.lines.iter().filter(|line| line.service == service) {
                let mark = match line.basis {
                    Basis::Unsourced => " ?",
                    Basis::OtherRegion => " ~",
                    Basis::Aws | Basis::ThirdParty => "",
                };
                let name = format!("  {}{mark}", line.item.name());
                writeln!(out, "{name:<30} {}", self.money(line.usd))?;
            }
        }
        let Bill { total, free, unsourced, other_region, .. } = &self.bill;
        let free = free.to_string();
        writeln!(out, "{:<30} {} {free:>12}", "all", self.money(*total))?;
        let net = Dollars(total.0 - self.bill.free.0);
        writeln!(out, "{:<30} {}", "after the free tier", self.money(net))?;
        if unsourced.0 > 0 {
            writeln!(out, "\n? USD {unsourced} depend on prices without a source: verify them")?;
        }
        if other_region.0 > 0 {
            writeln!(out, "~ USD {other_region} depend on prices of another region")?;
        }
        Ok(())
    }

    fn write_next(&self, out: &mut String) -> fmt::Result {
        let next = &self.next_million;
        writeln!(out, "\nthe next million of")?;
        let each = [
            ("reads", next.reads),
            ("webhooks", next.webhooks),
            ("transactions (cart commands)", Some(next.commands)),
        ];
        for (name, usd) in each.into_iter().filter_map(|(name, usd)| Some((name, usd?))) {
            writeln!(out, "  {name:<28} {}", self.money(usd))?;
        }
        writeln!(out, "\nmost expensive")?;
        for Dearest { item, usd, per_mille } in &self.dearest {
            let share = format!("{}.{} %", per_mille / 10, per_mille % 10);
            writeln!(out, "  {:<28} {} {share:>12}", item.name(), self.money(*usd))?;
        }
        Ok(())
    }

    fn write_peak(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "\n{:<30} {:>12} {:>12}", "at the peak", "needed", "allowed")?;
        for strain in &self.peak.strains {
            let name = serde_json::to_value(strain.quota).unwrap_or_default();
            let name = format!("  {}", name.as_str().unwrap_or_default());
            let (needed, allowed) = (grouped(strain.needed.into()), grouped(strain.allowed.into()));
            let more = strain.ask.as_ref().map(|(more, ask)| {
                format!("  EXCEEDED: request {}: {ask}", grouped((*more).into()))
            });
            let more = more.unwrap_or_default();
            writeln!(out, "{name:<30} {needed:>12} {allowed:>12}{more}")?;
        }
        let most = self.peak.read_environments;
        writeln!(out, "  environments of the busiest read function: {most}")
    }

    fn write_claim(&self, out: &mut String, claim: &Claim) -> fmt::Result {
        let Claim { currency, says, .. } = claim;
        let (from, to) = (claim.from.dollars(), claim.to.dollars());
        let range = if from == to { format!("{from}") } else { format!("{from} to {to}") };
        writeln!(out, "\npublished  {currency} {range}: {says}")?;
        let ours = match (currency.as_str(), &self.rate) {
            ("USD", _) => Some((self.bill.total.0, self.bill.total.to_string())),
            (_, Some(rate)) => {
                let rupees = self.bill.total.rupees(rate);
                Some((Decimal::units(rupees), grouped(rupees)))
            }
            _ => None,
        };
        let Some((exact, ours)) = ours else {
            return writeln!(out, "ours       in USD above; --inr 88.75@2026-11-20 compares");
        };
        let verdict = if exact < from.0 {
            "below it"
        } else if exact > to.0 {
            "above it"
        } else {
            "within it"
        };
        writeln!(out, "ours       {currency} {ours}: {verdict}")
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "{}\n{}\n", self.title, self.region)?;
        self.write_bill(out)?;
        self.write_next(out)?;
        self.write_peak(out)?;
        if let Some(claim) = &self.claim {
            self.write_claim(out, claim)?;
        }
        writeln!(out, "\nassumed")?;
        for line in &self.assumes {
            writeln!(out, "  {line}")?;
        }
        match &self.rate {
            Some(rate) => {
                writeln!(out, "  {} rupees to the dollar ({})", rate.inr_per_usd, rate.date)
            }
            None => writeln!(out, "  no exchange rate: --inr 88.75@2026-11-20 adds rupees"),
        }
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write(&mut text)?;
        // Removes the blanks of empty columns.
        for line in text.lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Digits by threes.
fn grouped(number: i128) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

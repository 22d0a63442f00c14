//! Earning: the ledger entries of an order, a pure function of its facts and the programme that
//! was in effect. Whatever arrived twice or late changes nothing.

use super::cause::Cause;
use super::day::Day;
use super::entry::{EntryKind, LedgerEntry, Terms};
use super::facts::{OrderFacts, Paid};
use super::points::{POINTS_MAX, Points};
use super::program::{Program, ProgramVersion};
use crate::time::Time;

/// Why an order cannot be turned into points.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EarningError {
    /// The order is not in the shop's currency.
    #[error("the order is in {order}, the programme in {program}")]
    OtherCurrency {
        /// The currency of the order.
        order: String,
        /// The currency of the programme.
        program: String,
    },
    /// More points than one entry may hold.
    #[error("the order would earn more than {POINTS_MAX} points")]
    TooManyPoints,
}

/// The ledger entries an order amounts to, in (time, id) order. A guest's order has none, and
/// neither has one that earns no point.
///
/// # Errors
/// The order is in another currency than the programme, or beyond all measure.
pub fn entries(
    facts: &OrderFacts,
    version: &ProgramVersion,
) -> Result<Vec<LedgerEntry>, EarningError> {
    let (Some(paid), Some(_)) = (&facts.paid, &facts.customer) else { return Ok(Vec::new()) };
    let points = earned(paid, &version.program)?;
    if points == Points::ZERO {
        return Ok(Vec::new());
    }
    let cause = Cause::order(&facts.order);
    Ok(vec![LedgerEntry {
        id: LedgerEntry::id_of(EntryKind::Earn, &cause),
        kind: EntryKind::Earn,
        points,
        at: paid.at,
        terms: terms(paid.at, &version.program),
        cause,
        program_version: version.version,
    }])
}

/// The points of a whole order, rounded down once.
fn earned(paid: &Paid, program: &Program) -> Result<Points, EarningError> {
    if paid.currency != program.currency {
        return Err(EarningError::OtherCurrency {
            order: paid.currency.clone(),
            program: program.currency.clone(),
        });
    }
    let earning = &program.earning;
    if paid.is_test && !earning.test_orders {
        return Ok(Points::ZERO);
    }
    let counts = paid.lines.iter().filter(|line| earning.gift_cards || !line.is_gift_card);
    let base: i128 = counts.map(|line| i128::from(line.amount.0)).sum();
    let points = base * i128::from(earning.points) / i128::from(earning.per_amount.0.max(1));
    let points = i64::try_from(points).ok().filter(|points| *points <= POINTS_MAX);
    points.map(Points).ok_or(EarningError::TooManyPoints)
}

/// When points earned at `at` count. Days are whole ones: they begin with the first midnight (UTC)
/// after the order, so nobody gets less than was promised.
fn terms(at: Time, program: &Program) -> Terms {
    let available_on = Day::first_from(at).plus(program.pending_days);
    Terms {
        earned_on: Day::of(at),
        available_on: (program.pending_days > 0).then_some(available_on),
        expires_on: program.expiry_days.map(|days| available_on.plus(days)),
    }
}

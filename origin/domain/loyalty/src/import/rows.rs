//! The rows of imports. Every mistake of a file is listed with its row and column.

use std::collections::BTreeMap;

use domain_core::currency::decimals;
use domain_core::money::Money;
use domain_core::time::Time;

use super::IMPORT_ROWS_MAX;
use super::csv::{Record, records};
use crate::points::{POINTS_MAX, Points};

/// Longest e-mail address (RFC 5321).
pub const EMAIL_BYTES_MAX: usize = 254;

/// A mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row}, {column}: {message}")]
pub struct ImportError {
    /// The row; the header is row 1.
    pub row: u64,
    /// The column by its name; empty if the whole row is meant.
    pub column: String,
    /// What is wrong, and what is right.
    pub message: String,
}

/// How a row names its customer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CustomerReference {
    /// Shopify's customer id.
    Id(String),
    /// An e-mail address, which Shopify knows.
    Email(String),
}

/// Points to add to an account, or to remove if negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceRow {
    /// The row.
    pub row: u64,
    /// Whose.
    pub customer: CustomerReference,
    /// How many.
    pub points: Points,
}

/// A past order that was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// The row.
    pub row: u64,
    /// Shopify's order id.
    pub order: String,
    /// Who placed it.
    pub customer: CustomerReference,
    /// RFC 3339, with the offset of the shop's clock.
    pub placed_at: String,
    /// The price of its goods after discounts, decimal, as the file has it.
    pub amount: String,
}

/// The columns of a file, by their place.
struct Columns<'a> {
    places: BTreeMap<&'static str, usize>,
    rows: Vec<Record<'a>>,
}

/// A row with its mistakes.
struct Row<'a> {
    columns: &'a Columns<'a>,
    record: &'a Record<'a>,
    errors: Vec<ImportError>,
}

/// The rows of a file of balances: `customer,points`.
///
/// # Errors
/// Every mistake.
pub fn balance_rows(csv: &str, first_row: u64) -> Result<Vec<BalanceRow>, Vec<ImportError>> {
    let columns = Columns::read(csv, first_row, &["customer", "points"])?;
    let rows = columns.each(|row| {
        let (customer, points) = (row.customer(), row.points());
        Some(BalanceRow { row: row.record.row, customer: customer?, points: points? })
    })?;
    unique(rows, "customer", |row| (row.row, row.customer.clone()))
}

/// The rows of a file of past orders: `order,customer,placed_at,amount`.
///
/// # Errors
/// Every mistake.
pub fn order_rows(
    csv: &str,
    first_row: u64,
    currency: &str,
) -> Result<Vec<OrderRow>, Vec<ImportError>> {
    let names = ["order", "customer", "placed_at", "amount"];
    let columns = Columns::read(csv, first_row, &names)?;
    let rows = columns.each(|row| {
        let (order, customer) = (row.order(), row.customer());
        let (placed_at, amount) = (row.placed_at(), row.amount(currency));
        Some(OrderRow {
            row: row.record.row,
            order: order?,
            customer: customer?,
            placed_at: placed_at?,
            amount: amount?,
        })
    })?;
    unique(rows, "order", |row| (row.row, row.order.clone()))
}

fn unique<R, K: Ord>(
    rows: Vec<R>,
    column: &str,
    key: impl Fn(&R) -> (u64, K),
) -> Result<Vec<R>, Vec<ImportError>> {
    let (mut known, mut errors) = (BTreeMap::new(), Vec::new());
    for (row, key) in rows.iter().map(key) {
        if let Some(first) = known.get(&key) {
            let message = format!("is the same as in row {first}");
            errors.push(ImportError { row, column: column.to_owned(), message });
        } else {
            known.insert(key, row);
        }
    }
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}

// === impl Columns ===

impl<'a> Columns<'a> {
    fn read(
        csv: &'a str,
        first_row: u64,
        names: &[&'static str],
    ) -> Result<Self, Vec<ImportError>> {
        let in_header = |column: &str, message: String| {
            vec![ImportError { row: 1, column: column.to_owned(), message }]
        };
        // The header is not one of the numbered rows of a chunk.
        let mut rows = records(csv, first_row.saturating_sub(1)).map_err(|error| vec![error])?;
        if rows.is_empty() {
            return Err(in_header("", format!("the first row is: {}", names.join(","))));
        }
        let header = rows.remove(0);
        let mut places = BTreeMap::new();
        for (place, name) in header.fields.iter().enumerate() {
            let name = name.trim().to_lowercase();
            let known = names.iter().find(|known| **known == name).ok_or_else(|| {
                in_header(&name, format!("is no column here; they are: {}", names.join(",")))
            })?;
            if places.insert(*known, place).is_some() {
                return Err(in_header(&name, "is there twice".to_owned()));
            }
        }
        if let Some(missing) = names.iter().find(|name| !places.contains_key(*name)) {
            return Err(in_header(missing, "is missing".to_owned()));
        }
        if rows.len() > IMPORT_ROWS_MAX {
            let message = format!("a request has at most {IMPORT_ROWS_MAX} rows");
            return Err(in_header("", message));
        }
        Ok(Self { places, rows })
    }

    fn each<R>(
        &self,
        read: impl Fn(&mut Row<'_>) -> Option<R>,
    ) -> Result<Vec<R>, Vec<ImportError>> {
        let (mut rows, mut errors) = (Vec::new(), Vec::new());
        for record in &self.rows {
            let mut row = Row { columns: self, record, errors: Vec::new() };
            rows.extend(read(&mut row));
            errors.extend(row.errors);
        }
        if errors.is_empty() { Ok(rows) } else { Err(errors) }
    }
}

// === impl Row ===

impl Row<'_> {
    fn text(&self, column: &'static str) -> String {
        let place = self.columns.places.get(column);
        let field = place.and_then(|place| self.record.fields.get(*place));
        field.map(|field| field.trim().to_owned()).unwrap_or_default()
    }

    fn wrong<R>(&mut self, column: &'static str, message: impl Into<String>) -> Option<R> {
        let (row, column) = (self.record.row, column.to_owned());
        self.errors.push(ImportError { row, column, message: message.into() });
        None
    }

    fn customer(&mut self) -> Option<CustomerReference> {
        let text = self.text("customer");
        if is_id(&text) {
            return Some(CustomerReference::Id(text));
        }
        if let Some(email) = email_address(&text) {
            return Some(CustomerReference::Email(email));
        }
        self.wrong("customer", "must be Shopify's customer id or an e-mail address")
    }

    fn points(&mut self) -> Option<Points> {
        let points = self.text("points").parse::<i64>().ok();
        let points = points
            .filter(|points| *points != 0 && points.unsigned_abs() <= POINTS_MAX.unsigned_abs());
        if let Some(points) = points {
            return Some(Points(points));
        }
        self.wrong("points", format!("must be a whole number from 1 to {POINTS_MAX}, or negative"))
    }

    fn order(&mut self) -> Option<String> {
        let text = self.text("order");
        if is_id(&text) { Some(text) } else { self.wrong("order", "must be Shopify's order id") }
    }

    fn placed_at(&mut self) -> Option<String> {
        let text = self.text("placed_at");
        if Time::from_rfc3339(&text).is_some() {
            return Some(text);
        }
        self.wrong("placed_at", "must be a moment such as 2026-11-01T08:00:00+01:00")
    }

    fn amount(&mut self, currency: &str) -> Option<String> {
        let text = self.text("amount");
        let amount = Money::from_decimal(&text, decimals(currency));
        if amount.is_some_and(|amount| amount >= Money::ZERO) {
            return Some(text);
        }
        self.wrong("amount", format!("must be an amount of {currency} such as 12.50, not negative"))
    }
}

/// An e-mail address in lower case, as the store's customers are looked up by it; `None` for any other
/// text.
#[must_use]
pub fn email_address(text: &str) -> Option<String> {
    let is_email = text.len() <= EMAIL_BYTES_MAX
        && text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)
        });
    is_email.then(|| text.to_lowercase())
}

/// As `domain_shopify` reads ids: a number from 1 on.
fn is_id(text: &str) -> bool {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    is_number && text.parse::<u64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(result: Result<impl Sized, Vec<ImportError>>) -> Vec<String> {
        result.err().unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn balances_are_read_in_any_sequence_of_columns() {
        let rows = balance_rows("Points, customer\n50,1001\n-7,Ann@Example.com\n", 2).unwrap();
        let id = CustomerReference::Id("1001".to_owned());
        let email = CustomerReference::Email("ann@example.com".to_owned());
        assert_eq!(
            rows,
            [
                BalanceRow { row: 2, customer: id, points: Points(50) },
                BalanceRow { row: 3, customer: email, points: Points(-7) },
            ]
        );
    }

    #[test]
    fn every_mistake_has_its_row_and_column() {
        let csv = "customer,points\nAnn,1.5\n1001,0\n1002,5\n1002,6\n";
        assert_eq!(
            errors(balance_rows(csv, 102)),
            [
                "row 102, customer: must be Shopify's customer id or an e-mail address",
                "row 102, points: must be a whole number from 1 to 1000000000000, or negative",
                "row 103, points: must be a whole number from 1 to 1000000000000, or negative",
            ]
        );
        let csv = "customer,points\n1002,5\n1002,6\n";
        assert_eq!(errors(balance_rows(csv, 2)), ["row 3, customer: is the same as in row 2"]);
        let csv = "order,customer,placed_at,amount\n0,1001,yesterday,1.234\n";
        assert_eq!(
            errors(order_rows(csv, 2, "EUR")),
            [
                "row 2, order: must be Shopify's order id",
                "row 2, placed_at: must be a moment such as 2026-11-01T08:00:00+01:00",
                "row 2, amount: must be an amount of EUR such as 12.50, not negative",
            ]
        );
    }

    #[test]
    fn a_wrong_header_is_named() {
        assert_eq!(errors(balance_rows("", 2)), ["row 1, : the first row is: customer,points"]);
        assert_eq!(errors(balance_rows("customer\n", 2)), ["row 1, points: is missing"]);
        assert_eq!(
            errors(balance_rows("customer,points,tier\n", 2)),
            ["row 1, tier: is no column here; they are: customer,points"]
        );
        let rows = vec!["1,1"; IMPORT_ROWS_MAX + 1].join("\n");
        assert_eq!(
            errors(balance_rows(&format!("customer,points\n{rows}"), 2)),
            ["row 1, : a request has at most 100 rows"]
        );
    }
}

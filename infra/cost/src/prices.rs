//! The price file: AWS's prices and quotas in each region, with source and date.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::CostError;
use crate::item::Item;
use crate::money::{Decimal, is_date};
use crate::quotas::{Quota, QuotaName};

/// The prices that come with this crate.
const BUILT_IN: &str = include_str!("../prices.json");

/// The reliability of a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// AWS's own page or price list.
    Aws,
    /// Another source.
    ThirdParty,
    /// The price of another region.
    OtherRegion,
    /// No source: common knowledge. Verify it.
    Unsourced,
}

/// A price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// US dollars, as a decimal in quotes.
    pub usd: Decimal,
    /// The item's unit.
    pub per: String,
    /// The source.
    pub source: String,
    /// The day or month of the source.
    pub date: String,
    /// Its reliability.
    pub basis: Basis,
}

/// A monthly free tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Free {
    /// How many of the item's units.
    pub units: u64,
    /// The source.
    pub source: String,
    /// The date of the source.
    pub date: String,
}

/// A region's prices and quotas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Book {
    /// Prices by item.
    pub prices: BTreeMap<Item, Price>,
    /// Quotas by name.
    pub quotas: BTreeMap<QuotaName, Quota>,
}

/// The file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceFile {
    /// By region.
    pub regions: BTreeMap<String, Book>,
    /// The free tier of every account, by item.
    pub free: BTreeMap<Item, Free>,
}

// === impl PriceFile ===

impl PriceFile {
    /// The prices that come with this crate.
    ///
    /// # Panics
    /// Never: a test reads them.
    #[must_use]
    pub fn built_in() -> Self {
        Self::parse("the built-in prices", BUILT_IN).expect("the built-in prices are well-formed")
    }

    /// Reads a price file; `what` names it in errors.
    ///
    /// # Errors
    /// Not JSON, not of this form, a price in another unit than its item's, or without a date.
    pub fn parse(what: &str, text: &str) -> Result<Self, CostError> {
        let fix = "start from a copy of infra/cost/prices.json";
        let file: Self = read(what, text, fix)?;
        for (region, book) in &file.regions {
            for (item, price) in &book.prices {
                let at = |field: &str| format!("regions.{region}.prices.{}.{field}", item.name());
                let unit = &item.meter().unit;
                if price.per != *unit {
                    let problem = format!("is {:?}", price.per);
                    return Err(form(
                        what,
                        at("per"),
                        problem,
                        format!("write the price per {unit}"),
                    ));
                }
                if !is_date(&price.date) || price.source.is_empty() {
                    let problem = "a price needs a source and a date".to_owned();
                    return Err(form(what, at("date"), problem, "write 2026-11-20".to_owned()));
                }
            }
        }
        Ok(file)
    }

    /// A region's prices.
    ///
    /// # Errors
    /// A region that is not in the file.
    pub fn book(&self, region: &str) -> Result<&Book, CostError> {
        let known = || self.regions.keys().cloned().collect::<Vec<_>>().join(", ");
        let book = self.regions.get(region);
        book.ok_or_else(|| CostError::RegionUnknown(region.to_owned(), known()))
    }
}

/// Reads JSON; an error names the invalid field.
pub(crate) fn read<T: serde::de::DeserializeOwned>(
    what: &str,
    text: &str,
    fix: &str,
) -> Result<T, CostError> {
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let at = error.path().to_string();
        form(what, at, error.into_inner().to_string(), fix.to_owned())
    })
}

pub(crate) fn form(what: &str, at: String, problem: String, fix: String) -> CostError {
    CostError::Form { what: what.to_owned(), at, problem, fix }
}

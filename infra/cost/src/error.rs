//! Errors in the merchant's input.

/// An invalid profile, price file or rate: the error, its place, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CostError {
    /// Not JSON of the expected form.
    #[error("{what}: `{at}`: {problem}; {fix}")]
    Form {
        /// The file or profile.
        what: String,
        /// The path of the field.
        at: String,
        /// The problem.
        problem: String,
        /// What to write instead.
        fix: String,
    },
    /// The price file has nothing for the profile's region.
    #[error("the price file has no region `{0}`, only {1}; add its prices to a copy (--prices)")]
    RegionUnknown(String, String),
    /// The price file has no price for something the profile uses.
    #[error("the price file has no `{item}` for {region}; add it, in USD per {unit}")]
    PriceMissing {
        /// The item without a price.
        item: &'static str,
        /// The region.
        region: String,
        /// The unit of the price.
        unit: &'static str,
    },
    /// An invalid exchange rate.
    #[error("--inr takes rupees per dollar and the day, such as 88.75@2026-11-20, not `{0}`")]
    Rate(String),
}

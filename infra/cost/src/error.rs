//! What can be wrong with what the merchant wrote.

/// A profile, a price file or a rate that can't be used: what, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CostError {
    /// Not the JSON that is read here.
    #[error("{what}: `{at}`: {problem}; {mend}")]
    Form {
        /// The file or profile.
        what: String,
        /// The path of the field.
        at: String,
        /// What is wrong with it.
        problem: String,
        /// What to write instead.
        mend: String,
    },
    /// The price file has nothing for the profile's region.
    #[error("the price file knows no region `{0}`, only {1}; add its prices to a copy (--prices)")]
    RegionUnknown(String, String),
    /// The price file has no price for something the profile uses.
    #[error("the price file has no `{item}` for {region}; add it, in USD per {unit}")]
    PriceMissing {
        /// What has no price.
        item: &'static str,
        /// Where.
        region: String,
        /// What the price is of.
        unit: &'static str,
    },
    /// An exchange rate that is none.
    #[error("--inr takes rupees per dollar and the day, such as 88.75@2026-11-20, not `{0}`")]
    Rate(String),
}

#![doc = include_str!("../README.md")]

mod bill;
mod deployed;
mod error;
mod footprint;
mod item;
mod money;
mod peak;
mod prices;
mod profile;
mod quotas;
mod report;
mod usage;

pub use bill::{Bill, Dearest, Line, Next};
pub use error::CostError;
pub use footprint::{Footprint, Operation};
pub use item::{Item, Meter, Service};
pub use money::{Decimal, Dollars, ExchangeRate};
pub use peak::{Peak, Strain};
pub use prices::{Basis, Book, Price, PriceFile};
pub use profile::{
    Architecture, Assumed, BUILT_IN, Claim, EdgeForm, Fixed, Orders, Profile, Read, Reads, Warm,
    Webhooks, Writes,
};
pub use quotas::{Quota, QuotaName};
pub use report::{Estimate, estimate};
pub use usage::Usage;

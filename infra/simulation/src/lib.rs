#![doc = include_str!("../README.md")]

mod ask;
mod bug;
mod campaign;
mod client;
mod counts;
mod crew;
mod dice;
mod fleet;
mod judge;
mod ledger;
mod minutes;
mod ports;
mod replay;
mod sabotage;
mod shop;
mod tempo;
mod timeline;
mod way;
mod weather;
mod world;

pub use bug::Bug;
pub use campaign::{Campaign, Found, Progress};
pub use counts::{Counts, Occasion};
pub use judge::{Law, Violation};
pub use world::{Outcome, Part, Scenario, play};

//! `forecourt doctor`: looks at a deployment from outside, a laptop's and AWS's alike. Nothing is
//! written unless that was asked for, and no secret is ever printed.

mod bypass;
mod caching;
mod checks;
mod clock;
mod edge;
mod latency;
mod patient;
mod privacy;
mod report;
mod secrets;
mod shopify;
mod writing;

pub(super) use report::run;

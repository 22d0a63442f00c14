//! `forecourt doctor`: checks a deployment from outside, on a laptop or on AWS. It writes nothing
//! without `--write` and never prints a secret.

mod bypass;
mod caching;
mod checks;
mod clock;
mod edge;
mod latency;
mod privacy;
mod report;
mod secrets;
mod shopify;
mod target_client;
mod writing;

pub(super) use report::run;

//! CloudFront's rules as cases. The numbers are those of `RULES.md`: after `case`, that of a row in
//! its list of cases; a number like 6.4 is a rule.
//!
//! Not here, because they are rejected at start-up and tested there (`rejected.rs`): 46–50
//! (compression), 103 (origin access control), 106 (Host to a function URL). Not emulated at all:
//! 104 (several locations and a regional cache).

mod collapsing;
mod errors;
mod forwarding;
mod functions;
mod invalidation;
mod keys;
mod objects;
mod rejected;
mod requests;
mod responses;
mod stale;
mod ttl;

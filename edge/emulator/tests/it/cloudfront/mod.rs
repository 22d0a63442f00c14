//! CloudFront's rules where a case as data (`cases`) does not say enough: tables of inputs, races,
//! events of functions, start-up. A number like 6.4 is a rule in `RULES.md`.

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

//! Known attacks on edges that cache personal answers, run against the whole stack: a served edge,
//! the real function, the real origins and their table.
//!
//! One test is one class. Each runs its attacks on the edge as deployed, where none may succeed,
//! and then on an edge without its guard, where some must: a row that can't fail proves nothing. A
//! class with two guards holds with either of them. Many attacks need an origin more trusting than
//! ours; such a premise wraps the real origin in every run.

mod errors;
mod freshness;
mod identity;
mod matrix;
mod merging;
mod methods;
mod naive;
mod orders;
mod paths;
mod permuted;
mod proxied;
mod raw;
mod revoked;
mod scene;
mod trusting;
mod unkeyed;
mod wiring;

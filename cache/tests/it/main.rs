//! The cache as its callers see it: every interleaving here is chosen by the test.

mod fills;
mod floors;
mod laws;
mod lifetime;
mod single_flight;
mod table;

//! The cache from outside: the tests choose every interleaving.

mod fills;
mod floors;
mod laws;
mod lifetime;
mod single_flight;
mod table;

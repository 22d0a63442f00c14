//! The domain from outside.

mod cart;
mod configurator;
mod loyalty;

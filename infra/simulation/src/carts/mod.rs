//! Worlds of carts: shoppers with devices, a checkout and a merchant, and the oracle of carts.

mod checkout;
mod command;
#[cfg(test)]
mod jar_tests;
mod merchant;
mod oracle;
mod plan;
mod resource;
mod size;
mod tab;

pub(crate) use plan::play;

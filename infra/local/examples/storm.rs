//! The storms of the tests at any scale, against a built `forecourt`:
//!
//! ```text
//! cargo build --release -p infra-local
//! cargo run --release -p infra-local --example storm -- target/release/forecourt carts --kills 20
//! cargo run --release -p infra-local --example storm -- target/release/forecourt webhooks
//! ```
#![expect(clippy::unwrap_used, reason = "a storm fails like a test")]

#[path = "../tests/it/storm/mod.rs"]
mod storm;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use storm::{Deliveries, Scale};

/// A bus that misbehaves, and a process that is killed again and again.
#[derive(Parser)]
struct Arguments {
    /// The binary under test.
    forecourt: PathBuf,
    /// The kind of storm.
    #[command(subcommand)]
    storm: Storm,
    /// The seed of all commands.
    #[arg(long, global = true, default_value_t = 1)]
    seed: u64,
    /// Faults that the bus injects.
    #[arg(
        long,
        global = true,
        default_value = "duplicate=0.2,reorder=0.5,delay_ms=0..3000,fail=0.05"
    )]
    faults: String,
}

#[derive(Subcommand)]
enum Storm {
    /// Shoppers on many devices.
    Carts {
        /// Carts, each of them shared by its devices.
        #[arg(long, default_value_t = 8)]
        carts: usize,
        /// Devices of a cart.
        #[arg(long, default_value_t = 2)]
        devices: usize,
        /// Tabs of a device.
        #[arg(long, default_value_t = 2)]
        tabs: usize,
        /// Commands of a tab; a cart takes 500 in all.
        #[arg(long, default_value_t = 50)]
        commands: u64,
        /// How often the process is killed and started again.
        #[arg(long, default_value_t = 10)]
        kills: u64,
    },
    /// Shopify's deliveries, doubled and shuffled.
    Webhooks {
        /// Distinct webhooks; one in five is delivered again.
        #[arg(long, default_value_t = 10_000)]
        webhooks: usize,
        /// Concurrent deliveries.
        #[arg(long, default_value_t = 8)]
        senders: usize,
        /// How often the process is killed and started again.
        #[arg(long, default_value_t = 2)]
        kills: u64,
    },
}

fn main() {
    let Arguments { forecourt, storm, seed, faults } = Arguments::parse();
    match storm {
        Storm::Carts { carts, devices, tabs, commands, kills } => {
            let scale = Scale { seed, carts, devices, tabs, commands, kills, faults };
            println!("no anomaly: {}", storm::storm(&forecourt, &scale));
        }
        Storm::Webhooks { webhooks, senders, kills } => {
            let scale = Deliveries { seed, webhooks, senders, kills, faults };
            storm::deliveries(&forecourt, &scale);
            println!("every ledger adds up: {webhooks} webhooks, one in five twice");
        }
    }
}

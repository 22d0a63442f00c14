//! The storm of the tests, as large as one likes, against a built `forecourt`:
//!
//! ```text
//! cargo build --release -p infra-local
//! cargo run --release -p infra-local --example storm -- target/release/forecourt \
//!     --carts 20 --commands 100 --kills 20 --faults 'duplicate=0.2,reorder=0.5,delay_ms=0..3000,fail=0.05'
//! ```
#![expect(clippy::unwrap_used, reason = "a storm that cannot go on fails, as a test does")]

#[path = "../tests/it/storm/mod.rs"]
mod storm;

use std::path::PathBuf;

use clap::Parser;
use storm::Scale;

/// Shoppers on many devices, a bus that misbehaves, and a process that is killed again and again.
#[derive(Parser)]
struct Arguments {
    /// The binary to storm.
    forecourt: PathBuf,
    /// Decides what the shoppers do.
    #[arg(long, default_value_t = 1)]
    seed: u64,
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
    /// What the bus does wrong.
    #[arg(long, default_value = "duplicate=0.2,reorder=0.5,delay_ms=0..3000,fail=0.05")]
    faults: String,
}

fn main() {
    let Arguments { forecourt, seed, carts, devices, tabs, commands, kills, faults } =
        Arguments::parse();
    let scale = Scale { seed, carts, devices, tabs, commands, kills, faults };
    let tally = storm::storm(&forecourt, &scale);
    println!("no anomaly: {tally}");
}

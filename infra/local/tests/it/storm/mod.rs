//! The storm: shoppers on several devices and tabs change shared carts over HTTP while the bus
//! duplicates, shuffles, delays and fails, and the process is killed with -9 and started again. In
//! the end every acknowledged command is applied exactly once, and no device saw an anomaly.
//!
//! ```text
//! tab ─┐                      ┌─ Site: where the process answers now
//! tab ─┴─ Device ── HTTP ────►│
//!         BookmarkJar: bookmarks      └─ killed and restarted by `storm`
//!         ConsistencyChecker: checks each shown answer (I1, I2)
//! ```
//!
//! The same for webhooks: every ledger adds up despite duplicates, reordering and crashes.
//!
//! `examples/storm.rs` runs the same with arguments, at any scale.

mod consistency_checker;
mod counters;
mod deliveries;
mod device;
mod jar;
mod run;
mod site;
mod wire;

pub(crate) use deliveries::{Deliveries, deliveries};
pub(crate) use run::{Scale, storm};

#[test]
fn no_acknowledged_command_is_lost_or_doubled_and_no_cart_goes_back() {
    let scale = Scale {
        seed: 20_261_121,
        carts: 3,
        devices: 2,
        tabs: 2,
        commands: 10,
        kills: 3,
        faults: "duplicate=0.2,reorder=0.5,delay_ms=0..300,fail=0.05".to_owned(),
    };
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_forecourt"));
    let tally = storm(binary, &scale);
    eprintln!("{tally}");
    assert_eq!(tally.commands, 120);
    assert!(tally.answers > 60, "the storm showed too few answers");
}

#[test]
fn every_ledger_adds_up_despite_duplicates_reordering_and_crashes() {
    let scale = Deliveries {
        seed: 20_261_122,
        webhooks: 500,
        senders: 6,
        kills: 2,
        faults: "duplicate=0.2,reorder=0.5,delay_ms=0..200,fail=0.05".to_owned(),
    };
    deliveries(std::path::Path::new(env!("CARGO_BIN_EXE_forecourt")), &scale);
}

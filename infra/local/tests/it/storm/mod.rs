//! The storm: shoppers on several devices and tabs change shared carts over HTTP while the bus
//! duplicates, shuffles, delays and fails, and the process is killed with -9 and started again. In
//! the end every acknowledged command is there exactly once, and nobody saw an anomaly.
//!
//! ```text
//! tab ─┐                      ┌─ Site: where the process answers now
//! tab ─┴─ Device ── HTTP ────►│
//!         Jar: bookmarks      └─ killed and restarted by `storm`
//!         Witness: what was shown, judged as it is shown (I1, I2)
//! ```
//!
//! The same for webhooks: whatever is doubled, shuffled and cut off, every ledger adds up.
//!
//! `examples/storm.rs` runs the same with arguments, for as long as one likes.

mod counters;
mod deliveries;
mod device;
mod draw;
mod jar;
mod run;
mod site;
mod wire;
mod witness;

pub(crate) use deliveries::{Deliveries, deliveries};
pub(crate) use run::{Scale, storm};

#[test]
fn no_acknowledged_command_is_lost_or_doubled_and_nobody_sees_their_cart_go_back() {
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
    assert!(tally.shown > 60, "the storm showed too little");
}

#[test]
fn every_ledger_adds_up_however_shopify_delivers_and_the_process_dies() {
    let scale = Deliveries {
        seed: 20_261_122,
        webhooks: 500,
        senders: 6,
        kills: 2,
        faults: "duplicate=0.2,reorder=0.5,delay_ms=0..200,fail=0.05".to_owned(),
    };
    deliveries(std::path::Path::new(env!("CARGO_BIN_EXE_forecourt")), &scale);
}

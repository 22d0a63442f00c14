//! What the disk takes to make a page durable, beside whatever else runs meanwhile: the measure of
//! every acknowledgement. `cargo run --release -p infra-dynamo --example fsync -- FOLDER [SECONDS]`

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What a small commit appends: one page of SQLite's log.
const PAGE_BYTES: usize = 4_096;
/// Often enough for a percentile, seldom enough not to be the load itself.
const EVERY: Duration = Duration::from_millis(20);
const SECONDS: u64 = 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name the folder to measure")?);
    let seconds = arguments.next().map_or(Ok(SECONDS), |seconds| seconds.parse())?;
    let path = folder.join("fsync.probe");
    let mut file = File::create(&path)?;
    let mut took = Vec::new();
    let end = now() + Duration::from_secs(seconds);
    while now() < end {
        let start = now();
        file.write_all(&[7; PAGE_BYTES])?;
        file.sync_data()?;
        took.push(now() - start);
        rest();
    }
    std::fs::remove_file(&path)?;
    took.sort();
    let at = |hundredths: usize| took[(took.len() - 1) * hundredths / 100].as_micros();
    println!("{} fsyncs: p50 {} µs, p99 {} µs, max {} µs", took.len(), at(50), at(99), at(100));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the one thing this program does")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "a probe, not a wait for anything")]
fn rest() {
    std::thread::sleep(EVERY);
}

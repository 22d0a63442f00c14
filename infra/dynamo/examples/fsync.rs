//! Measures the time of an fsync, the cost of every acknowledgement, under the present load. `cargo
//! run --release -p infra-dynamo --example fsync -- FOLDER [SECONDS]`

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The size of a small commit: one page of SQLite's log.
const PAGE_BYTES: usize = 4_096;
/// Often enough for a percentile, rare enough not to cause load.
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

#[expect(clippy::disallowed_methods, reason = "this program measures time")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the interval between probes")]
fn rest() {
    std::thread::sleep(EVERY);
}

//! The golden files of a release.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use domain_core::time::Time;
use flate2::read::GzDecoder;
use infra_local::demo;
use origin_functions::runtime::clock::Clock;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tempfile::TempDir;

use crate::shop::{Shop, data_in};

/// The release whose files are read.
const RELEASE: &str = "a2e9b5e";

/// The content of a JSON file.
pub(super) fn read_json<T: DeserializeOwned>(file: &str) -> T {
    let text = fs::read_to_string(path(file)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A time in a file.
pub(super) fn moment(value: &Value) -> Time {
    Time::from_rfc3339(text(value)).unwrap()
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// A copy of the data folder, as the process left it when it stopped.
pub(super) fn data() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let data = data_in(&folder);
    fs::create_dir(&data).unwrap();
    for file in ["table.sqlite", "bus.sqlite"] {
        let mut unpacked = GzDecoder::new(File::open(path(&format!("{file}.gz"))).unwrap());
        io::copy(&mut unpacked, &mut File::create(data.join(file)).unwrap()).unwrap();
    }
    folder
}

/// A shop of the current code on a copy of the data folder, at `now`.
pub(super) fn shop_at(now: Time) -> Shop {
    let keys = read_json::<Value>("tokens.json")["keys"].clone();
    assert_eq!(keys, demo::KEYS, "a demo shop with other keys can't verify these tokens");
    Shop::open_at(data(), Clock::new(move || now))
}

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(RELEASE).join(file)
}

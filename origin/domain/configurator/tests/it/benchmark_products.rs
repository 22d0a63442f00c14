//! Reads the benchmark products of `tests/data`. The tests that need them are `#[ignore]`d, so that
//! cargo lists them if the variable is not set; `.ci/run` sets it and runs them.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

/// The environment variable that names the folder, as an absolute path.
const FOLDER: &str = "FORECOURT_DATA";

/// The folder, if the variable is set.
#[expect(clippy::disallowed_methods, reason = "the caller of the tests says where the data is")]
pub(crate) fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// The content of a gzipped file of the folder.
pub(crate) fn read(folder: &Path, file: &str) -> Vec<u8> {
    let path = folder.join(file);
    let packed = File::open(&path).unwrap_or_else(|error| {
        panic!("{FOLDER} has no {file}: {}: {error}", path.display());
    });
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    bytes
}

//! Runs the seeds of the fuzz targets, and inputs that once failed, in the ordinary build: for every
//! package with a `fuzz/corpus` in a folder above it, also those of `edge`.

use std::path::Path;

/// Runs a check on every file of a corpus and prints the file name before each.
pub(crate) fn check_corpus(corpus: &str, files_min: usize, check: fn(&[u8])) {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut folders = folders.map(|folder| folder.join("fuzz/corpus").join(corpus));
    let folder = folders.find(|folder| folder.is_dir()).unwrap();
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= files_min, "{}: {}", folder.display(), files.len());
    for file in files {
        println!("{}", file.display());
        check(&std::fs::read(&file).unwrap());
    }
}

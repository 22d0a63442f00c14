//! The seeds of the fuzz targets, and inputs that once failed, in the ordinary build.

use std::path::Path;

#[path = "../../../fuzz/checks.rs"]
mod checks;

/// Runs a check on every file of its corpus, in order, so that a failure names its file.
fn each(corpus: &str, files_min: usize, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(corpus);
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= files_min, "{}: {}", folder.display(), files.len());
    for file in files {
        println!("{}", file.display());
        check(&std::fs::read(&file).unwrap());
    }
}

#[test]
fn queries() {
    each("query", 30, checks::query);
}

#[test]
fn proxied_queries() {
    each("proxy", 25, checks::proxy);
}

#[test]
fn tokens() {
    each("tokens", 20, checks::tokens);
}

#[test]
fn bookmarks() {
    each("bookmarks", 15, checks::bookmarks);
}

#[test]
fn events() {
    each("events", 50, checks::events);
}

//! The seeds of the fuzz targets, and inputs that once failed, in the ordinary build.

use std::path::Path;

use super::brute_force;

#[path = "../../../../fuzz/checks.rs"]
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
fn documents_are_refused_or_answer_right() {
    each("publish", 15, checks::publish);
}

#[test]
fn shopify_products_are_refused_or_sold_as_they_are() {
    each("shopify", 8, checks::shopify);
}

#[test]
fn programmes_are_refused_or_count_any_order() {
    each("program", 13, checks::program);
}

#[test]
fn artefacts_are_refused_or_can_be_asked() {
    each("artefact", 2, checks::artefact);
}

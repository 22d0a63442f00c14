//! Runs the seeds of the fuzz targets, and inputs that once failed, in the ordinary build.

use std::path::Path;

use super::brute_force;

#[path = "../../../../fuzz/checks.rs"]
mod checks;

/// Runs a check on every file of its corpus and prints the file name before each.
fn check_corpus(corpus: &str, files_min: usize, check: fn(&[u8])) {
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
fn documents_are_rejected_or_answered_correctly() {
    check_corpus("publish", 15, checks::publish);
}

#[test]
fn shopify_products_are_rejected_or_imported_exactly() {
    check_corpus("shopify", 8, checks::shopify);
}

#[test]
fn programs_are_rejected_or_evaluate_any_order() {
    check_corpus("program", 13, checks::program);
}

#[test]
fn artefacts_are_rejected_or_can_be_resolved() {
    check_corpus("artefact", 2, checks::artefact);
}

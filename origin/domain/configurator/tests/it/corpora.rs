//! Runs the seeds of the fuzz targets, and inputs that once failed, in the ordinary build.

use super::brute_force;

#[path = "../../../../fuzz/checks/configurator.rs"]
mod checks;
#[path = "../../../../fuzz/corpus.rs"]
mod corpus;

use corpus::check_corpus;

#[test]
fn documents_are_rejected_or_answered_correctly() {
    check_corpus("publish", 15, checks::publish);
}

#[test]
fn shopify_products_are_rejected_or_imported_exactly() {
    check_corpus("shopify", 8, checks::shopify);
}

#[test]
fn artefacts_are_rejected_or_can_be_resolved() {
    check_corpus("artefact", 2, checks::artefact);
}

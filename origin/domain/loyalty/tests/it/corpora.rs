//! Runs the seeds of the fuzz target, and inputs that once failed, in the ordinary build.

#[path = "../../../../fuzz/checks/program.rs"]
mod checks;
#[path = "../../../../fuzz/corpus.rs"]
mod corpus;

#[test]
fn programs_are_rejected_or_evaluate_any_order() {
    corpus::check_corpus("program", 13, checks::program);
}

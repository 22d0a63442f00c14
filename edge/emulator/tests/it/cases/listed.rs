//! The list of cases in `RULES.md` and the data of the cases are one.

use super::{Case, Status};

const RULES: &str = include_str!("../../../RULES.md");
const README: &str = include_str!("../../../README.md");
/// Those that come from CloudFront's guide; the later ones come from RFCs, or are our choices.
const GUIDE_CASES: u32 = 107;

#[test]
fn the_list_of_cases_is_that_of_the_data() {
    let cases = Case::all();
    let rows = cases.iter().map(|Case { case, setup, expected, rules, status, .. }| {
        format!("| {case} | {setup} | {expected} | {} | {} |", rules.join(", "), status.word())
    });
    let is_row = |line: &&str| {
        line.strip_prefix("| ").is_some_and(|row| row.starts_with(|c: char| c.is_ascii_digit()))
    };
    let listed: Vec<&str> = RULES.lines().filter(is_row).collect();
    assert_eq!(listed, rows.collect::<Vec<_>>());
    let numbers: Vec<u32> = cases.iter().map(|case| case.case).collect();
    assert_eq!(numbers, (1..=u32::try_from(cases.len()).unwrap()).collect::<Vec<_>>());
    for (case, rule) in cases.iter().flat_map(|case| case.rules.iter().map(|it| (case.case, it))) {
        assert!(RULES.contains(&format!("\n- **{rule}** ")), "case {case}: no rule {rule}");
    }
}

#[test]
fn the_readme_counts_the_cases_of_the_guide() {
    let cases = Case::all();
    let count = |status| {
        cases.iter().filter(|case| case.case <= GUIDE_CASES && case.status == status).count()
    };
    let sentence = format!(
        "{GUIDE_CASES} cases of the guide {} are emulated, {} approximated and {} refused;",
        count(Status::Emulated),
        count(Status::Approximated),
        count(Status::Refused)
    );
    assert!(README.contains(&sentence), "README.md lacks: {sentence}");
}

//! One run of a load test with real k6.

use std::process::Output;

use serde_json::Value;

use crate::binary::{forecourt, forecourt_with};
use crate::doctor::faulty_proxy::{Fault, serve};
use crate::shop::Shop;

/// The arrivals a second of a profile that is not made of visits: few enough for a debug build.
pub(crate) const RATE: (&str, &str) = ("RATE", "40");
/// A run with a fault does not wait for long.
const PATIENCE: (&str, &str) = ("PATIENCE_S", "15");

/// What a run printed, and the figures it wrote.
pub(crate) struct Outcome {
    output: Output,
    pub(crate) figures: Value,
}

// === impl Outcome ===

impl Outcome {
    pub(crate) fn printed(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// The names of the promises that the run broke.
    fn broken(&self) -> Vec<String> {
        let printed = self.printed();
        let lines = printed.lines().filter_map(|line| line.trim().strip_prefix("broken: "));
        lines.filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect()
    }

    /// The same without those about speed, which a machine with other work breaks.
    pub(crate) fn broken_but_speed(&self) -> Vec<String> {
        let mut broken = self.broken();
        broken.retain(|name| !name.starts_with("latency") && name != "dropped_iterations");
        broken
    }

    pub(crate) fn count(&self, metric: &str) -> u64 {
        let count = &self.figures["metrics"][metric]["values"]["count"];
        count.as_u64().unwrap_or_else(|| panic!("{metric}: {count}, {}", self.printed()))
    }
}

/// Where k6 is.
#[expect(clippy::disallowed_methods, reason = "a tool outside the workspace")]
pub(crate) fn k6() -> String {
    std::env::var("FORECOURT_K6").expect("FORECOURT_K6 names k6")
}

/// Runs a profile against a shop, behind a fault if there is one, with these variables.
pub(crate) fn run(
    profile: &str,
    shop: &Shop,
    fault: Option<Fault>,
    variables: &[(&str, &str)],
) -> Outcome {
    let url = fault.map_or_else(|| shop.local().url(), |fault| serve(shop, fault, [127, 0, 0, 1]));
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (data, reports) = (path("data.json"), path("reports"));
    let written = forecourt(&["loadtest-data", "--products", "5", "--out", &data, "--url", &url]);
    assert!(written.status.success(), "{written:?}");
    let k6 = k6();
    let run = ["loadtest", profile, "--data-file", &data, "--reports", &reports, "--k6", &k6];
    // Enough arrivals for every kind of visit; a stampede is one second.
    let load = ["--base-rate", "20", "--duration", if profile == "stampede" { "1" } else { "8" }];
    let output = forecourt_with(variables, &[&run[..], &load].concat());
    let figures = std::fs::read(path(&format!("reports/{profile}.json"))).unwrap();
    Outcome { output, figures: serde_json::from_slice(&figures).unwrap() }
}

/// The promises that a run breaks because of a fault.
pub(crate) fn broken(profile: &str, shop: &Shop, fault: Option<Fault>) -> Vec<String> {
    let outcome = run(profile, shop, fault, &[RATE, PATIENCE]);
    let errors = String::from_utf8_lossy(&outcome.output.stderr);
    assert_eq!(outcome.output.status.code(), Some(1), "{}{errors}", outcome.printed());
    assert!(errors.ends_with("a promise was broken\n"), "{errors}");
    outcome.broken()
}

/// Whether a promise is among them.
pub(crate) fn has(broken: &[String], promise: &str) -> bool {
    broken.iter().any(|name| name == promise)
}

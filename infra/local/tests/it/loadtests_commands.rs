//! `forecourt loadtest-data` and `forecourt loadtest`: which shop they work with, whose secrets they use, and what they
//! say if k6 does not run. A script stands for k6, but where a run must leave nothing behind.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use infra_local::demo;
use infra_local::wiring::PRIVACY_QUEUE;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binary::{forecourt, forecourt_with};
use crate::doctor::faulty_proxy::serve;
use crate::loadtests_run::k6;
use crate::shop::Shop;

/// Writes the secret it gets beside itself, and the figures of a run as k6 does.
const FAKE_K6: &str = "#!/bin/sh\nprintf '%s' \"${SHOPIFY_SECRET-none}\" >\"$0.secret\"\n\
    for word in \"$@\"; do case $word in SUMMARY=*) echo '{}' >\"${word#SUMMARY=}\";; esac; done\n";
/// A deployment, which no test contacts.
const DEPLOYMENT: &str = "https://api.example.com";

fn written(folder: &TempDir, name: &str, text: &str) -> String {
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    file.display().to_string()
}

fn data_of(folder: &TempDir, url: &str) -> String {
    written(folder, "data.json", &json!({ "url": url }).to_string())
}

/// A profile of a deployment at `url`, with this secret of Shopify.
fn profile_of(folder: &TempDir, url: &str) -> String {
    written(folder, "secrets.env", "FORECOURT_SHOPIFY_SECRETS=new-secret,old-secret\n");
    written(folder, "shop.json", &json!({"url": url, "secrets": "secrets.env"}).to_string())
}

/// Ends `forecourt loadtest smoke` with this k6, and returns its exit code and standard error.
fn loadtest(folder: &TempDir, k6: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let reports = folder.path().join("reports").display().to_string();
    let data = folder.path().join("data.json").display().to_string();
    let run = ["loadtest", "smoke", "--data-file", &data, "--reports", &reports, "--k6", k6];
    // As in the shell of a developer: it must not reach a run of another shop.
    let output =
        forecourt_with(&[("SHOPIFY_SECRET", "from-the-shell")], &[&run[..], arguments].concat());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// The secret with which k6 would sign.
fn secret(folder: &TempDir, arguments: &[&str]) -> String {
    let k6 = written(folder, "k6", FAKE_K6);
    std::fs::set_permissions(&k6, std::fs::Permissions::from_mode(0o700)).unwrap();
    let (code, errors) = loadtest(folder, &k6, arguments);
    assert_eq!(code, Some(0), "{errors}");
    std::fs::read_to_string(format!("{k6}.secret")).unwrap()
}

fn mode(file: &Path) -> u32 {
    std::fs::metadata(file).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_file_with_tokens_is_readable_by_its_owner_only() {
    let (shop, folder) = (Shop::open(), tempfile::tempdir().unwrap());
    let file = folder.path().join("data.json");
    std::fs::write(&file, "of an older version, and longer than what replaces it".repeat(1_000))
        .unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let out = file.display().to_string();
    let url = shop.local().url();
    let made = ["loadtest-data", "--products", "1", "--out", &out, "--url", &url];
    let output = forecourt(&made);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(mode(&file), 0o600);
    let data: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!((&data["currency"], &data["decimals"]), (&json!("EUR"), &json!(2)));
}

#[test]
fn data_of_a_shop_elsewhere_needs_a_flag() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("data.json");
    let path = out.display().to_string();
    let output = forecourt(&["loadtest-data", "--out", &path, "--url", DEPLOYMENT]);
    assert_eq!(output.status.code(), Some(1));
    let expected = format!("forecourt: {DEPLOYMENT} is not this machine: add --yes-production\n");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
    assert!(!out.exists());
}

#[test]
fn a_run_signs_with_the_secret_of_the_shop_that_its_data_names() {
    let folder = tempfile::tempdir().unwrap();
    data_of(&folder, "http://127.0.0.1:18080");
    assert_eq!(secret(&folder, &[]), "dev-shopify-secret");
    data_of(&folder, DEPLOYMENT);
    assert_eq!(secret(&folder, &["--yes-production"]), "none");
    let profile = profile_of(&folder, DEPLOYMENT);
    assert_eq!(secret(&folder, &["--yes-production", "--profile", &profile]), "new-secret");
}

#[test]
fn a_run_rejects_the_profile_of_another_shop() {
    let folder = tempfile::tempdir().unwrap();
    data_of(&folder, DEPLOYMENT);
    let profile = profile_of(&folder, "https://other.example.com");
    let (code, errors) = loadtest(&folder, "/bin/true", &["--profile", &profile]);
    assert_eq!(code, Some(1));
    let expected =
        format!("is for {DEPLOYMENT}, and the profile is for https://other.example.com\n");
    assert!(errors.ends_with(&expected), "{errors}");
}

#[test]
fn a_run_without_figures_is_not_a_success() {
    let folder = tempfile::tempdir().unwrap();
    data_of(&folder, "http://127.0.0.1:18080");
    // Of an earlier run.
    std::fs::create_dir(folder.path().join("reports")).unwrap();
    written(&folder, "reports/smoke.json", "{}");
    for (k6, status) in [("/bin/true", 0), ("/bin/false", 1)] {
        let (code, errors) = loadtest(&folder, k6, &[]);
        assert_eq!(code, Some(1), "{k6}");
        let expected = format!("forecourt: k6 ended without figures, with exit status: {status}\n");
        assert_eq!(errors, expected);
    }
}

#[test]
fn a_run_without_data_names_the_command_that_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    let (code, errors) = loadtest(&folder, "/bin/true", &[]);
    assert_eq!(code, Some(1));
    assert!(errors.ends_with("`forecourt loadtest-data` writes one\n"), "{errors}");
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn a_run_elsewhere_needs_consent_and_leaves_nothing_in_the_ledger() {
    let shop = Shop::open();
    // An address of this machine that is not the one of local shops.
    let url = serve(&shop, |origin, request| origin.forward(request), [127, 0, 0, 2]);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (file, k6) = (path("data.json"), k6());
    let secrets = [
        ("FORECOURT_KEYS", demo::KEYS),
        ("FORECOURT_STAFF_TOKEN", demo::STAFF_TOKEN),
        ("FORECOURT_SHOPIFY_SECRETS", demo::SHOPIFY_SECRET),
    ];
    let lines = secrets.map(|(name, value)| format!("{name}={value}\n"));
    std::fs::write(path("secrets.env"), lines.concat()).unwrap();
    let profile = json!({"url": url, "shop": demo::SHOP, "currency": demo::CURRENCY, "secrets": "secrets.env"});
    std::fs::write(path("shop.json"), profile.to_string()).unwrap();
    let profile = path("shop.json");
    let data = ["loadtest-data", "--out", &file, "--profile", &profile];
    for (consent, missing) in
        [(&[][..], "--yes-production"), (&["--yes-production"][..], "--product")]
    {
        let rejected = forecourt(&[&data[..], consent].concat());
        let stderr = String::from_utf8(rejected.stderr).unwrap();
        assert!(!rejected.status.success() && stderr.contains(missing), "{stderr}");
    }
    let written = forecourt(&[&data[..], &["--yes-production", "--product", "tee"]].concat());
    assert!(written.status.success(), "{written:?}");
    let run = ["loadtest", "webhooks", "--data-file", &file, "--reports", &path("reports")];
    let run = [&run[..], &["--k6", &k6, "--duration", "3", "--profile", &profile]].concat();
    let refused = forecourt(&run);
    assert!(!refused.status.success(), "{refused:?}");
    forecourt(&[&run[..], &["--yes-production"]].concat());
    let figures: Value =
        serde_json::from_slice(&std::fs::read(path("reports/webhooks.json")).unwrap()).unwrap();
    assert_eq!(figures["metrics"]["wrong_ledger"]["values"]["count"], 0, "{figures}");
    shop.drained(PRIVACY_QUEUE);
    let buyers: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let demands = shop.get("/v1/admin/privacy/demands").bearer(demo::STAFF_TOKEN).send().json();
    for buyer in buyers["buyers"].as_array().unwrap() {
        let erased = demands["demands"].as_array().unwrap().iter().any(|demand| {
            (&demand["kind"], &demand["customer_id"]) == (&"erase_customer".into(), &buyer["id"])
        });
        assert!(erased, "{buyer}: {demands}");
        shop.local().edge().invalidate(&["/*".to_owned()]).unwrap();
        let account = shop.get("/v1/loyalty/entries").bearer(buyer["token"].as_str().unwrap());
        assert_eq!(account.send().json()["entries"], Value::Array(Vec::new()));
    }
}

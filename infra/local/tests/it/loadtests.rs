//! Load tests break their promises when the shop does: each oracle of `loadtests/` with a fault that it must
//! find, by real k6. Ignored where k6 is not installed; `.ci/run` runs them with `FORECOURT_K6`.

use infra_local::demo;
use infra_local::wiring::PRIVACY_QUEUE;
use serde_json::{Value, json};

use crate::binary::forecourt;
use crate::doctor::faulty_proxy::{Fault, ProxyRequest, serve};
use crate::shop::Shop;

/// The reads of a cart in one visit.
const READS: usize = 3;

#[expect(clippy::disallowed_methods, reason = "a tool outside the workspace")]
fn k6() -> String {
    std::env::var("FORECOURT_K6").expect("FORECOURT_K6 names k6")
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
    let output = forecourt(&[&run[..], &["--yes-production"]].concat());
    assert!(output.status.success(), "{output:?}");
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

/// What a run printed, and whether it met its promises.
fn run(profile: &str, fault: Option<Fault>) -> (bool, String) {
    let shop = Shop::open();
    let url = fault.map_or_else(|| shop.local().url(), |fault| serve(&shop, fault, [127, 0, 0, 1]));
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let data = path("data.json");
    let written = forecourt(&["loadtest-data", "--products", "5", "--out", &data, "--url", &url]);
    assert!(written.status.success(), "{written:?}");
    let k6 = k6();
    let run =
        ["loadtest", profile, "--data-file", &data, "--reports", &path("reports"), "--k6", &k6];
    let output = forecourt(&[&run[..], &["--duration", "8", "--base-rate", "20"]].concat());
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

fn broken(profile: &str, fault: Fault) -> Vec<String> {
    let (is_met, printed) = run(profile, Some(fault));
    assert!(!is_met, "{printed}");
    let lines = printed.lines().filter_map(|line| line.trim().strip_prefix("broken: "));
    lines.filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect()
}

fn is_read_of_cart(request: &ProxyRequest) -> Option<String> {
    let cart = request.headers.get("forecourt-cart")?.to_str().unwrap().to_owned();
    (request.method == "GET" && request.path() == "/v1/cart").then_some(cart)
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn a_shop_without_faults_meets_every_promise_of_consistency() {
    let (_, printed) = run("smoke", None);
    for oracle in ["stale_after_write", "lost_write", "cross_user", "errors", "looked"] {
        assert!(!printed.contains(&format!("broken: {oracle}")), "{printed}");
    }
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn a_cart_cached_without_its_bookmark_is_stale() {
    let broken = broken("smoke", |origin, request| match is_read_of_cart(&request) {
        None => origin.forward(request),
        Some(cart) => {
            let answer = origin.forward(request);
            origin.memory.lock().unwrap().entry(cart).or_insert(answer).clone()
        }
    });
    assert!(broken.contains(&"stale_after_write".to_owned()), "{broken:?}");
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn a_line_that_vanishes_later_is_a_lost_write() {
    let broken = broken("smoke", |origin, request| match is_read_of_cart(&request) {
        None => origin.forward(request),
        Some(cart) => {
            let mut answer = origin.forward(request);
            let mut memory = origin.memory.lock().unwrap();
            let reads = memory.keys().filter(|key| key.starts_with(&cart)).count() + 1;
            memory.insert(format!("{cart}/{reads}"), answer.clone());
            if reads == READS {
                let mut body: Value = serde_json::from_str(&answer.body).unwrap();
                body["lines"].as_array_mut().unwrap().pop();
                answer.body = body.to_string();
            }
            answer
        }
    });
    assert!(broken.contains(&"lost_write".to_owned()), "{broken:?}");
    assert!(!broken.contains(&"stale_after_write".to_owned()), "{broken:?}");
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn an_answer_cached_without_its_identity_is_another_customers() {
    let broken = broken("smoke", |origin, request| {
        if request.path() != "/v1/loyalty" {
            return origin.forward(request);
        }
        let answer = origin.forward(request);
        origin.memory.lock().unwrap().entry("points".to_owned()).or_insert(answer).clone()
    });
    assert!(broken.contains(&"cross_user".to_owned()), "{broken:?}");
}

#[test]
#[ignore = "needs k6: FORECOURT_K6"]
fn an_order_acknowledged_and_lost_is_missing_in_the_ledger() {
    let broken = broken("webhooks", |origin, request| {
        let id =
            request.headers.get("x-shopify-webhook-id").map(|id| id.to_str().unwrap().to_owned());
        let is_lost = id.is_some_and(|id| id.ends_with("5") && !id.contains("course"));
        let answer = origin.forward(if is_lost { request.clone().at("/health") } else { request });
        if is_lost { answer.status(200) } else { answer }
    });
    assert!(broken.contains(&"wrong_ledger".to_owned()), "{broken:?}");
}

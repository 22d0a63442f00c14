//! The command line: one error line for a failure, and examples that work as printed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use edge_wire::keys::KeyRing;
use edge_wire::token::verify_customer;
use flate2::Compression;
use flate2::write::GzEncoder;
use infra_local::demo;
use origin_functions::runtime::clock::Clock;
use serde_json::{Value, json};

use crate::binary::{Process, forecourt};

fn rejected(arguments: &[&str]) -> String {
    let output = forecourt(arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

fn document(file: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("demo").join(file).display().to_string()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn a_taken_port_prints_one_error_line() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = folder.path().display().to_string();
    let stderr = rejected(&["up", "--no-shopify", "--listen", &address, "--data", &data]);
    assert!(stderr.starts_with(&format!("forecourt: can't listen on {address}: ")), "{stderr}");
}

#[test]
fn an_unusable_data_folder_prints_one_error_line() {
    let folder = tempfile::tempdir().unwrap();
    let up = |data: &Path| {
        rejected(&[
            "up",
            "--no-shopify",
            "--listen",
            "127.0.0.1:0",
            "--data",
            &data.display().to_string(),
        ])
    };
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    assert!(up(&file).contains("can't be used"), "a file instead of a folder");
    for part in ["table.sqlite", "bus.sqlite"] {
        let corrupt = folder.path().join(part);
        std::fs::create_dir(&corrupt).unwrap();
        std::fs::write(corrupt.join(part), "this is no database, it is a sentence").unwrap();
        let stderr = up(&corrupt);
        assert!(stderr.contains(part) && stderr.contains("--fresh"), "{stderr}");
    }
    let running = Process::start(&folder, &[]);
    assert!(up(&folder.path().join("data")).contains("in use by another process"));
    drop(running);
}

#[test]
fn an_invalid_fault_specification_is_rejected() {
    let stderr =
        rejected(&["up", "--no-shopify", "--listen", "127.0.0.1:0", "--faults", "duplicate=often"]);
    assert!(stderr.starts_with("forecourt: --faults: "), "{stderr}");
}

#[test]
fn the_commands_work_against_a_running_shop() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Process::start(&folder, &[]);
    let run = |arguments: &[&str]| {
        let output = forecourt(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let url = shop.url().to_owned();
    let published = run(&["publish", &document("tee.json"), "--url", &url]);
    let served = r#"{"product":"tee","version":"1","warnings":[]}"#;
    assert_eq!(published, served, "what is served is published again, as the same version");
    let packed = folder.path().join("tee.json.gz");
    std::fs::write(&packed, gzipped(&std::fs::read(document("tee.json")).unwrap())).unwrap();
    let published = run(&["publish", &packed.display().to_string(), "--url", &url]);
    assert_eq!(published, served);
    let program = document("program-spend-tiers.json");
    let tried = run(&["publish", &program, "--dry-run", "--url", &url]);
    let all: Vec<&str> = tried.lines().last().unwrap().split_whitespace().collect();
    // Two of the demo's 25 orders are older than the dry run's year.
    assert_eq!(all[..2], ["all", "23"], "{tried}");
    let delivered = run(&["webhook", "orders/paid", "--fixture", "--url", &url]);
    assert!(delivered.starts_with("200 orders/paid accepted"), "{delivered}");
    let token = run(&["token", "--customer", "1003"]);
    let mine = shop.request("GET", "/v1/loyalty").bearer(&token).send();
    assert_eq!(mine.json()["customer_id"], "1003");
    let proxied = run(&["sign-proxy", &format!("{url}/proxy/v1/session"), "--customer", "1003"]);
    let session = crate::shop::RequestBuilder::to("POST", proxied).send();
    assert_eq!(session.status, 201, "{}", session.text);
    let lines = error_lines(&["publish", &document("orders.json"), "--url", &url]);
    assert!(lines[0].contains("has no `product`"), "{lines:?}");
    let published = run(&["publish", &program, "--url", &url]);
    assert!(published.starts_with(r#"{"version":"2","active_from":"#), "{published}");
    let broken = folder.path().join("broken.json");
    let text = std::fs::read_to_string(&program).unwrap();
    std::fs::write(&broken, text.replace("order.month", "order.moon")).unwrap();
    let lines = error_lines(&["publish", &broken.display().to_string(), "--url", &url]);
    assert!(lines[1].starts_with("  /earning/rules/3/if: `order.moon` is unknown"), "{lines:?}");
    assert_eq!(shop.request("GET", "/health").send().json(), json!({"status": "ok"}));
}

#[test]
fn a_shopify_product_is_published_as_it_is_and_a_dry_run_publishes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Process::start(&folder, &[]);
    let url = shop.url().to_owned();
    let file = folder.path().join("mug.json");
    let mug = json!({"product": {"handle": "mug", "title": "Mug",
        "options": [{"name": "Size", "values": ["Small", "Large"]}],
        "variants": [
            {"id": 9_200_000_000_000_000_701_u64, "sku": "M-S", "price": "9.00", "option1": "Small"},
            {"id": 9_200_000_000_000_000_702_u64, "sku": "M-L", "price": "12.50",
                "option1": "Large"}]}});
    std::fs::write(&file, mug.to_string()).unwrap();
    let file = file.display().to_string();
    let publish = |more: &[&str]| {
        let output = forecourt(&[&["publish", &file, "--url", &url], more].concat());
        assert!(output.status.success(), "{output:?}");
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let [answer, stderr] = publish(&["--dry-run"]);
    assert_eq!(answer, "");
    assert!(stderr.starts_with("mug: 1 options, 0 rules, 2 variants; "), "{stderr}");
    let path = "/v1/configurator/mug/resolution?size=large";
    shop.request("GET", path).send().expect_problem(404, "product-unknown");
    let [answer, _] = publish(&[]);
    assert_eq!(answer.trim(), r#"{"product":"mug","version":"1","warnings":[]}"#);
    let document =
        shop.request("GET", "/v1/admin/configurators/mug").bearer(demo::STAFF_TOKEN).send();
    assert_eq!(document.json()["variants"][1]["price"], 1_250);
}

#[test]
fn a_renamed_shopify_product_replaces_the_one_under_its_earlier_handle() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Process::start(&folder, &[]);
    let url = shop.url().to_owned();
    let file = folder.path().join("products.json").display().to_string();
    let variant = |id: u64, size: &str| json!({"id": id, "price": "9.00", "option1": size});
    let product = |handle: &str, variants: &[Value]| json!({"handle": handle, "title": "Mug", "options": ["Size"], "variants": variants});
    let publish = |products: &[Value]| {
        // As a file of Windows.
        let page = format!("\u{feff}{}", json!({"products": products}));
        std::fs::write(&file, page).unwrap();
        forecourt(&["publish", &file, "--url", &url])
    };
    let (one, two, three) = (variant(701, "S"), variant(702, "M"), variant(703, "L"));
    let both =
        [product("mug", &[one.clone(), two.clone()]), product("cup", std::slice::from_ref(&three))];
    let output = publish(&both);
    assert!(output.status.success(), "{output:?}");
    // A variant that moved: the product that sells it has others.
    let output = publish(&[product("beaker", std::slice::from_ref(&one))]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.ends_with("\n  /variants: 701 is sold by `mug`\n"), "{stderr}");

    let output = publish(&[product("beaker", &[one, two, three])]);
    assert!(output.status.success(), "{output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    let withdrawn: Vec<&str> =
        stderr.lines().filter(|line| line.contains("is withdrawn")).collect();
    let expected = ["cup", "mug"]
        .map(|old| format!("{old} is withdrawn: all its variants are those of beaker now"));
    assert_eq!(withdrawn, expected);
    let status = |product: &str| {
        let path = format!("/v1/admin/configurators/{product}");
        shop.request("GET", &path).bearer(demo::STAFF_TOKEN).send().status
    };
    assert_eq!(["mug", "cup", "beaker"].map(status), [404, 404, 200]);
    let output = forecourt(&["withdraw", "beaker", "--url", &url]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(status("beaker"), 404);
}

#[test]
fn every_mistake_is_printed_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lamp.json");
    let mut lamp = crate::publishing::lamp();
    lamp["variants"] = json!([]);
    lamp["options"][0]["id"] = json!("fbclid");
    lamp["options"][1]["id"] = json!("utm_cord");
    std::fs::write(&file, lamp.to_string()).unwrap();
    let file = file.display().to_string();
    let stderr = error_lines(&["publish", &file, "--url", "http://127.0.0.1:9"]);
    assert_eq!(stderr[0], format!("forecourt: {file} can't be published"));
    assert!(stderr[1].starts_with("  /options/0/id: \"fbclid\" is what links carry"), "{stderr:?}");
    assert!(stderr[2].starts_with("  /options/1/id: "), "{stderr:?}");
}

fn error_lines(arguments: &[&str]) -> Vec<String> {
    let output = forecourt(arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap().lines().map(str::to_owned).collect()
}

/// A process that ends with the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// With the distribution that `docs/EDGE.md` has as its example.
#[test]
fn an_edge_alone_speaks_tls_and_logs_as_cloudfront_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("distribution.json");
    let manual = include_str!("../../../../docs/EDGE.md");
    let example = manual.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    std::fs::write(&file, example).unwrap();
    let mut edge = Command::new(env!("CARGO_BIN_EXE_forecourt"));
    edge.args(["edge", "--listen", "127.0.0.1:0", "--tls", "--access-log", "-", "--distribution"]);
    // No origin listens on a reserved port.
    edge.arg(&file).args(["--origin", "http://127.0.0.1:1"]);
    let mut edge = Killed(edge.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut greeting = String::new();
    let mut errors = BufReader::new(edge.0.stderr.take().unwrap());
    errors.read_line(&mut greeting).unwrap();
    let url = greeting.split(" at ").nth(1).unwrap().trim();
    assert!(url.starts_with("https://127.0.0.1:"), "{greeting}");
    let tls = ureq::tls::TlsConfig::builder().disable_verification(true).build();
    let config = ureq::Agent::config_builder().tls_config(tls).http_status_as_error(false);
    let agent = ureq::Agent::new_with_config(config.build());
    let answer = agent.get(format!("{url}/a?page=2")).call().unwrap();
    assert_eq!(answer.status().as_u16(), 502);
    assert_eq!(answer.headers()["x-cache"], "Error from cloudfront");
    let lines = BufReader::new(edge.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let lines: Vec<String> = lines.take(3).collect();
    assert_eq!(lines[0], "#Version: 1.0");
    assert!(lines[1].starts_with("#Fields: date time x-edge-location "), "{}", lines[1]);
    let fields: Vec<&str> = lines[2].split('\t').collect();
    let some = [fields[5], fields[7], fields[8], fields[11], fields[16], fields[20], fields[23]];
    assert_eq!(some, ["GET", "/a", "502", "page=2", "https", "TLSv1.3", "HTTP/1.1"]);
    assert_eq!(fields[28], "OriginConnectError");
}

#[test]
fn a_file_without_a_certificate_prints_one_error_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.pem").display().to_string();
    std::fs::write(&file, "").unwrap();
    let distribution = concat!(env!("CARGO_MANIFEST_DIR"), "/../../edge/distribution.json");
    let edge = ["edge", "--distribution", distribution, "--origin", "http://127.0.0.1:1"];
    let stderr = rejected(&[&edge[..], &["--certificate", &file, "--key", &file]].concat());
    assert!(stderr.starts_with("forecourt: no private key in PEM form: "), "{stderr}");
}

#[test]
fn the_help_of_every_command_has_an_example() {
    for command in [
        "up",
        "publish",
        "withdraw",
        "webhook",
        "sign-proxy",
        "token",
        "dead-letters list",
        "dead-letters redrive",
        "replay",
        "edge",
        "cost",
        "doctor",
        "loadtest",
        "loadtest-data",
    ] {
        let mut arguments: Vec<_> = command.split(' ').collect();
        arguments.push("--help");
        let help = forecourt(&arguments);
        let help = String::from_utf8(help.stdout).unwrap();
        assert!(
            help.contains("Example:") && help.contains(&format!("forecourt {command}")),
            "{help}"
        );
    }
}

#[test]
fn a_command_takes_the_profile_of_its_shop() {
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("shop.json");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("shop.json", r#"{"url": "https://api.example.com"}"#);
    let profile = profile.display().to_string();
    let stderr = rejected(&["token", "--profile", &profile]);
    assert!(stderr.starts_with("forecourt: FORECOURT_KEYS is not set: "), "{stderr}");
    write("shop.json", r#"{"url": "https://api.example.com", "secrets": "keys.env"}"#);
    write("keys.env", "FORECOURT_KEYS=k1:0123456789abcdef0123456789abcdef\n");
    let output = forecourt(&["token", "--customer", "7", "--profile", &profile]);
    let token = String::from_utf8(output.stdout).unwrap();
    let keys = KeyRing::parse("k1:0123456789abcdef0123456789abcdef").unwrap();
    let now_unix_s = Clock::system().now().unix_s();
    assert_eq!(verify_customer(&keys, token.trim(), now_unix_s).unwrap().customer, "7");
}

//! `forecourt cost` at a terminal.

use serde_json::Value;

use crate::binary::forecourt;

fn stdout(arguments: &[&str]) -> String {
    let output = forecourt(&[&["cost"], arguments].concat());
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn rejected(arguments: &[&str]) -> String {
    let output = forecourt(&[&["cost"], arguments].concat());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

#[test]
fn the_bill_lists_services_in_dollars_and_rupees_beside_the_published_costs() {
    let text = stdout(&["orders", "--inr", "88.75@2026-11-20"]);
    let row = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line[name.len()..].split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("a month"), ["USD", "INR", "free", "tier"]);
    assert_eq!(row("EventBridge").len(), 3, "dollars, rupees, what is free");
    assert_eq!(row("published")[..4], ["INR", "15000.00", "to", "40000.00:"]);
    assert_eq!(row("ours")[0], "INR");
    assert_eq!(row("  put-events"), ["27", "600"]);
    let plain = stdout(&[]);
    assert!(plain.starts_with(text.lines().next().unwrap()), "it is the default: {plain}");
    assert!(plain.contains("--inr 88.75@2026-11-20 adds rupees"), "{plain}");
}

#[test]
fn json_output_has_the_same_bill() {
    let bill: Value = serde_json::from_str(&stdout(&["million", "--json"])).unwrap();
    assert_eq!(bill["claim"]["from"], "4.5");
    assert_eq!(bill["region"], "us-east-1");
    let lines = bill["bill"]["lines"].as_array().unwrap();
    let events = lines.iter().find(|line| line["item"] == "events").unwrap();
    assert_eq!((&events["usd"], &events["service"]), (&"1".into(), &"EventBridge".into()));
    assert_eq!(bill["total_inr"], Value::Null);
}

#[test]
fn a_built_in_profile_can_be_printed_edited_and_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.json");
    let text = stdout(&["million", "--show"]).replace("One million", "My million");
    std::fs::write(&file, &text).unwrap();
    let file = file.display().to_string();
    assert!(stdout(&[&file]).starts_with("My million transactions"));
    std::fs::write(&file, text.replace("\"cart_commands\": 1000000", "\"cart_commands\": -1"))
        .unwrap();
    let mistake = rejected(&[&file]);
    assert!(mistake.contains("`writes.cart_commands`: invalid value: integer `-1`"), "{mistake}");
    assert!(mistake.contains("--show"), "{mistake}");
}

#[test]
fn invalid_input_prints_one_error_line() {
    let stderr = rejected(&["weekend"]);
    assert!(stderr.ends_with("name a profile's file, or one of orders, million\n"), "{stderr}");
    assert!(rejected(&["--inr", "lots"]).contains("such as 88.75@2026-11-20, not `lots`"));
    assert!(rejected(&["--prices", "/dev/null"]).contains("infra/cost/prices.json"));
}

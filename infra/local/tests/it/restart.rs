//! The process is stopped or killed, and no acknowledged command is lost.

use serde_json::{Value, json};

use crate::binary::Process;

#[test]
fn acknowledged_commands_survive_kill_9_of_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (mut token, mut bookmark) = (String::new(), String::new());
    for round in 1..=4 {
        let process = Process::start(&folder, &[]);
        if token.is_empty() {
            let created = process.request("POST", "/v1/carts").send().json();
            (token, bookmark) = (text(&created["token"]), text(&created["cart"]["bookmark"]));
        }
        bookmark = text(&process.add(&token, &bookmark, &round.to_string())["bookmark"]);
        process.signal("-KILL");
    }
    let process = Process::start(&folder, &[]);
    let cart = process.cart(&token, &bookmark);
    assert_eq!(cart["lines"][0]["quantity"], 4);
    let retried = process.add(&token, &bookmark, "4");
    assert_eq!(retried["lines"][0]["quantity"], 4, "a retry after the crash counts once");
}

#[test]
fn a_graceful_stop_is_clean_and_the_next_start_continues() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, &[]);
    let created = process.request("POST", "/v1/carts").send().json();
    let token = created["token"].as_str().unwrap();
    let bookmark = created["cart"]["bookmark"].as_str().unwrap();
    let added = process.add(token, bookmark, "add");
    process.signal("-TERM");
    assert!(process.child.wait().unwrap().success());
    let again = Process::start(&folder, &[]);
    let cart = again.cart(token, added["bookmark"].as_str().unwrap());
    assert_eq!(cart["lines"], added["lines"]);
    drop(again);
    let fresh = Process::start(&folder, &["--fresh"]);
    let cart = fresh.cart(token, "");
    assert_eq!((cart["lines"].clone(), cart["version"].clone()), (json!([]), json!("0")));
}

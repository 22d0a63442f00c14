//! The process is stopped or killed, and no acknowledged command is lost.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::journey::key;
use crate::shop::{RequestBuilder, data_in};

/// The real binary on a free port.
pub(crate) struct Process {
    pub(crate) child: Child,
    url: String,
    // Open until the end: a process fails to print its greeting to a closed pipe.
    _output: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn start(folder: &TempDir, arguments: &[&str]) -> Self {
        Self::spawn(forecourt(), &data_in(folder), arguments)
    }

    /// The same on a data folder of any name.
    pub(crate) fn start_in(data: &Path) -> Self {
        Self::spawn(forecourt(), data, &[])
    }

    /// The same, with debug logs in a file.
    pub(crate) fn start_logging(folder: &TempDir, log: File) -> Self {
        let mut command = forecourt();
        command.env("RUST_LOG", "debug").stderr(log);
        Self::spawn(command, &data_in(folder), &[])
    }

    fn spawn(mut command: Command, data: &Path, arguments: &[&str]) -> Self {
        let mut child = command
            .args(["up", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut greeting = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut greeting).unwrap();
        let url = greeting.split_whitespace().last().unwrap().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{greeting}");
        Self { child, url, _output: output }
    }

    pub(crate) fn request<'a>(&self, method: &'a str, path: &str) -> RequestBuilder<'a> {
        RequestBuilder::to(method, format!("{}{path}", self.url))
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn add(&self, token: &str, bookmark: &str, name: &str) -> Value {
        let new_line = json!({"product": "tee", "quantity": 1,
            "selection": {"colour": "white", "size": "xs", "fit": "regular"}});
        let added = self
            .request("POST", "/v1/cart/lines")
            .header("forecourt-cart", token)
            .header("forecourt-bookmark", bookmark)
            .header("idempotency-key", &key(name))
            .json(&new_line)
            .send();
        assert_eq!(added.status, 202, "{}", added.text);
        added.json()
    }

    fn cart(&self, token: &str, bookmark: &str) -> Value {
        let request = self.request("GET", "/v1/cart").header("forecourt-cart", token);
        let reply = request.header("forecourt-bookmark", bookmark).send();
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }
}

fn forecourt() -> Command {
    Command::new(env!("CARGO_BIN_EXE_forecourt"))
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already: some tests kill it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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

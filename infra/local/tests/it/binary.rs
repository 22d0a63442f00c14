//! The real binary: as a command line, and as a server.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::key;
use crate::shop::{RequestBuilder, data_in};

/// A server on a free port.
pub(crate) struct Process {
    pub(crate) child: Child,
    url: String,
    // Open until the end: a process fails to print its greeting to a closed pipe.
    _output: BufReader<ChildStdout>,
}

fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_forecourt"))
}

/// Runs a command to its end.
pub(crate) fn forecourt(arguments: &[&str]) -> Output {
    forecourt_with(&[], arguments)
}

/// The same with these variables in the environment.
pub(crate) fn forecourt_with(variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    command().envs(variables.iter().copied()).args(arguments).output().unwrap()
}

/// Runs a command on this folder: whether it succeeded, and its output.
fn run(data: &Path, arguments: &[&str]) -> (bool, String) {
    let data = data.display().to_string();
    let output = forecourt(&[arguments, &["--data", &data]].concat());
    let bytes = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), String::from_utf8(bytes).unwrap())
}

pub(crate) fn run_ok(data: &Path, arguments: &[&str]) -> String {
    let (succeeded, printed) = run(data, arguments);
    assert!(succeeded, "{arguments:?}: {printed}");
    printed
}

pub(crate) fn run_err(data: &Path, arguments: &[&str]) -> String {
    let (succeeded, printed) = run(data, arguments);
    assert!(!succeeded, "{arguments:?}: {printed}");
    printed
}

/// The dead letters as `--json` shows them.
pub(crate) fn letters(data: &Path) -> Vec<Value> {
    let listed = run_ok(data, &["dead-letters", "list", "--json"]);
    listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

// === impl Process ===

impl Process {
    pub(crate) fn start(folder: &TempDir, arguments: &[&str]) -> Self {
        Self::spawn(command(), &data_in(folder), arguments)
    }

    /// The same on a data folder of any name.
    pub(crate) fn start_in(data: &Path) -> Self {
        Self::spawn(command(), data, &[])
    }

    /// The same, with debug logs in a file.
    pub(crate) fn start_logging(folder: &TempDir, log: File) -> Self {
        let mut logging = command();
        logging.env("RUST_LOG", "debug").stderr(log);
        Self::spawn(logging, &data_in(folder), &[])
    }

    fn spawn(mut command: Command, data: &Path, arguments: &[&str]) -> Self {
        let mut child = command
            .args(["up", "--no-shopify", "--listen", "127.0.0.1:0", "--data"])
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

    pub(crate) fn add(&self, token: &str, bookmark: &str, name: &str) -> Value {
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

    pub(crate) fn cart(&self, token: &str, bookmark: &str) -> Value {
        let request = self.request("GET", "/v1/cart").header("forecourt-cart", token);
        let reply = request.header("forecourt-bookmark", bookmark).send();
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already: some tests kill it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

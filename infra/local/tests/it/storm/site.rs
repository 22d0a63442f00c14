//! The shop's address, which changes with every restart.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// How long to wait for the next process before trying the same one again.
const RESTART_MAX: Duration = Duration::from_secs(5);
/// The pause after a retryable rejection.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// The address of the process that runs now, and which one that is.
pub(crate) struct Site {
    now: Mutex<(u64, String)>,
    moved: Condvar,
}

/// The shop as a process of its own.
pub(crate) struct Process {
    child: Child,
    // Open until the end: a process fails to print its greeting to a closed pipe.
    _output: BufReader<ChildStdout>,
}

impl Site {
    pub(crate) fn at(url: String) -> Self {
        Self { now: Mutex::new((0, url)), moved: Condvar::new() }
    }

    pub(crate) fn now(&self) -> (u64, String) {
        self.now.lock().unwrap().clone()
    }

    pub(crate) fn move_to(&self, url: String) {
        let mut now = self.now.lock().unwrap();
        *now = (now.0 + 1, url);
        self.moved.notify_all();
    }

    /// After no answer: waits for the process after number `of`, or tries the same one again.
    pub(crate) fn wait_for_restart(&self, of: u64) {
        self.wait_after(of, RESTART_MAX);
    }

    /// Pauses after a retryable rejection, unless the shop restarts meanwhile.
    pub(crate) fn rest(&self, of: u64) {
        self.wait_after(of, RETRY_PAUSE);
    }

    fn wait_after(&self, of: u64, at_most: Duration) {
        let now = self.now.lock().unwrap();
        drop(self.moved.wait_timeout_while(now, at_most, |now| now.0 <= of).unwrap());
    }
}

impl Process {
    /// Starts `forecourt up` on a free port and waits for its greeting.
    pub(crate) fn start(binary: &Path, data: &Path, faults: &str) -> (Self, String) {
        let mut child = Command::new(binary)
            .args(["up", "--listen", "127.0.0.1:0", "--faults", faults, "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut greeting = String::new();
        output.read_line(&mut greeting).unwrap();
        let url = greeting.split_whitespace().last().unwrap().to_owned();
        assert!(url.starts_with("http://"), "{greeting}");
        (Self { child, _output: output }, url)
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

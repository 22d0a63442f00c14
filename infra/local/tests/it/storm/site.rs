//! The shop's address, which changes with every restart.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use super::counters::Counters;

/// How long to wait for the next process before trying the same one again.
const RESTART_MAX: Duration = Duration::from_secs(5);
/// The pause after a retryable rejection.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// The address of the process that runs now.
pub(crate) struct Site {
    now: Mutex<Address>,
    moved: Condvar,
}

/// The address of one process of the shop.
#[derive(Clone)]
pub(crate) struct Address {
    /// How many processes ran before it.
    pub(crate) process: u64,
    pub(crate) url: String,
}

/// The shop as a process of its own.
pub(crate) struct Process<'a> {
    binary: &'a Path,
    data: &'a Path,
    faults: &'a str,
    child: Child,
    pub(crate) url: String,
    // Open until the end: a process fails to print its greeting to a closed pipe.
    _output: BufReader<ChildStdout>,
}

impl Site {
    pub(crate) fn at(url: String) -> Self {
        Self { now: Mutex::new(Address { process: 0, url }), moved: Condvar::new() }
    }

    pub(crate) fn now(&self) -> Address {
        self.now.lock().unwrap().clone()
    }

    pub(crate) fn move_to(&self, url: String) {
        let mut now = self.now.lock().unwrap();
        *now = Address { process: now.process + 1, url };
        self.moved.notify_all();
    }

    /// After no answer: waits for the successor of a process, or tries the same one again.
    pub(crate) fn wait_for_restart(&self, process: u64) {
        self.wait_after(process, RESTART_MAX);
    }

    /// Pauses after a retryable rejection, unless the shop restarts meanwhile.
    pub(crate) fn rest(&self, process: u64) {
        self.wait_after(process, RETRY_PAUSE);
    }

    fn wait_after(&self, process: u64, at_most: Duration) {
        let now = self.now.lock().unwrap();
        drop(self.moved.wait_timeout_while(now, at_most, |now| now.process <= process).unwrap());
    }
}

impl<'a> Process<'a> {
    /// Starts `forecourt up` on a free port and waits for its greeting, which ends with its URL.
    pub(crate) fn start(binary: &'a Path, data: &'a Path, faults: &'a str) -> Self {
        let mut child = Command::new(binary)
            .args(["up", "--no-shopify", "--listen", "127.0.0.1:0", "--faults", faults, "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut greeting = String::new();
        output.read_line(&mut greeting).unwrap();
        let url = greeting.split_whitespace().last().unwrap().to_owned();
        assert!(url.starts_with("http://"), "{greeting}");
        Self { binary, data, faults, child, url, _output: output }
    }

    /// Kills it and starts it again `times` times, evenly over the `total` commands to be
    /// acknowledged. Returns early after a panic.
    pub(crate) fn restart_repeatedly(
        &mut self,
        times: u64,
        total: u64,
        counters: &Counters,
        site: &Site,
    ) {
        for restart in 1..=times {
            if !counters.wait_for(total * restart / (times + 1)) {
                break;
            }
            self.kill();
            *self = Self::start(self.binary, self.data, self.faults);
            site.move_to(self.url.clone());
        }
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process<'_> {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

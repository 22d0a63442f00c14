//! A client outside of this process: a program that plays devices. Whatever happens to a device is one
//! line of JSON, and the answer is one line: what the device does until it waits again. The program has
//! no clock, network or storage of its own, so a seed determines its history, too.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde_json::Value;

/// The program.
#[derive(Debug)]
pub struct ScriptProcess {
    child: Child,
    pipes: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
}

/// What a device did.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Effect {
    /// It sends a request.
    Send(ScriptRequest),
    /// It waits.
    Sleep { id: u64, ms: u64 },
    /// A call has ended.
    Done { id: u64, error: Option<String> },
    /// It stored the bookmark of an answer under a number.
    Stored { request: u64, number: u64, shown: bool },
    /// It stored the bookmark of a `cart-merged` problem.
    Learned { request: u64, number: u64 },
    /// It dropped the bookmarks of a request.
    Dropped { request: u64, remaining: Vec<u64> },
    /// It gave up a command.
    Expired { device: usize, key: String },
    /// It continues without its guest's resource.
    Abandoned { device: usize },
}

/// A request as a device sends it.
#[derive(Debug, Deserialize)]
pub(crate) struct ScriptRequest {
    pub(crate) id: u64,
    pub(crate) device: usize,
    pub(crate) tab: usize,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Option<String>,
    /// The bookmarks that it means to send.
    pub(crate) sent: Vec<ScriptBookmark>,
}

/// A bookmark, by the device's number for it.
#[derive(Debug, Deserialize)]
pub(crate) struct ScriptBookmark {
    pub(crate) number: u64,
    pub(crate) resource: String,
    pub(crate) text: String,
}

// === impl ScriptProcess ===

impl ScriptProcess {
    /// Starts a program by its command line, whose words are separated by spaces.
    ///
    /// # Errors
    /// The program can't be started.
    pub fn start(command: &str) -> io::Result<Self> {
        let mut words = command.split_whitespace();
        let mut child = Command::new(words.next().unwrap_or_default())
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let pipes = stdin.zip(stdout).ok_or_else(|| io::Error::other("no pipes"))?;
        Ok(Self { child, pipes: RefCell::new((pipes.0, BufReader::new(pipes.1))) })
    }

    /// Reports what happened; returns what its devices did.
    pub(crate) fn report(&self, message: &Value) -> io::Result<Vec<Effect>> {
        let mut pipes = self.pipes.borrow_mut();
        let (stdin, stdout) = &mut *pipes;
        writeln!(stdin, "{message}")?;
        stdin.flush()?;
        let mut line = String::new();
        if stdout.read_line(&mut line)? == 0 {
            return Err(io::Error::other("the client's program has ended"));
        }
        serde_json::from_str(&line).map_err(io::Error::other)
    }
}

impl Drop for ScriptProcess {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

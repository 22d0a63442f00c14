//! The format of the files in `tests/cases`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use edge_emulator::OriginError;
use serde::Deserialize;
use serde_json::Value;

use crate::world::{Act, says};

/// A list of headers as an answer shows it; null: it has none. A value that begins with `~` is
/// contained in the header, any other is all of it.
pub(crate) type Expectations = BTreeMap<String, Option<String>>;

/// One row of the list of cases in `RULES.md`, and what to do to see it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) case: u32,
    pub(crate) setup: String,
    pub(crate) expected: String,
    pub(crate) rules: Vec<String>,
    pub(crate) status: Status,
    /// Minimum, maximum and default TTL.
    #[serde(default = "default_ttl")]
    pub(crate) ttl: [u64; 3],
    /// Parts of the distribution to replace, by place (`key.`, `behavior.`, `origin.`, `config.` or
    /// `file.`) and property.
    #[serde(default)]
    pub(crate) with: BTreeMap<String, Value>,
    #[serde(default)]
    pub(crate) functions: Vec<FunctionOf>,
    #[serde(default)]
    pub(crate) invalidation_delay_s: u64,
    #[serde(default = "default_location")]
    pub(crate) locations: usize,
    /// What the origin does, in order; the last forever.
    #[serde(default)]
    pub(crate) origin: Vec<OriginAct>,
    /// A hit until just before so many seconds, and a request to the origin at that time.
    pub(crate) fresh_for: Option<u64>,
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
    /// The message with which the distribution is refused.
    pub(crate) refused: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Emulated,
    Approximated,
    Refused,
}

/// A function that always gives the same answer, or changes parts of what it gets.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FunctionOf {
    pub(crate) event: String,
    pub(crate) answer: Option<Value>,
    /// By JSON pointer; a part whose parent is not there stays away.
    #[serde(default)]
    pub(crate) set: BTreeMap<String, Value>,
}

/// An answer of the origin, a failure, or silence.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OriginAct {
    #[serde(default = "default_status")]
    status: u16,
    #[serde(default)]
    headers: Vec<String>,
    #[serde(default = "default_body")]
    body: String,
    #[serde(default)]
    hangs: bool,
    #[serde(default)]
    is_unreachable: bool,
}

/// Something done to the edge, and what is seen then.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// Seconds since the start; the time stays as it is without.
    pub(crate) at: Option<u64>,
    /// A millisecond before so many seconds.
    pub(crate) before: Option<u64>,
    /// Where the request comes in; the first is 1.
    #[serde(default = "default_location")]
    pub(crate) location: usize,
    /// The target of a request.
    pub(crate) request: Option<String>,
    #[serde(default = "default_method")]
    pub(crate) method: String,
    #[serde(default)]
    pub(crate) headers: Vec<String>,
    #[serde(default)]
    pub(crate) body: String,
    pub(crate) status: Option<u16>,
    /// `X-Cache`, without its tail.
    pub(crate) result: Option<String>,
    #[serde(default)]
    pub(crate) answer: Expectations,
    pub(crate) answer_body: Option<String>,
    /// Requests that the origin has got so far.
    pub(crate) fetches: Option<usize>,
    /// The target and headers of the latest of them.
    pub(crate) target: Option<String>,
    #[serde(default)]
    pub(crate) sent: Expectations,
    /// Functions run so far.
    pub(crate) runs: Option<usize>,
    /// How long the viewer waited.
    pub(crate) takes_s: Option<u64>,
    /// The same request by several viewers at once.
    pub(crate) together: Option<Together>,
    /// Items to invalidate, and how many objects this removes.
    #[serde(default)]
    pub(crate) invalidate: Vec<String>,
    pub(crate) removed: Option<usize>,
    /// Whether the origin answers from now on (it does, at first).
    pub(crate) origin_answers: Option<bool>,
}

/// What several viewers at once see, and the origin.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Together {
    pub(crate) viewers: usize,
    /// Requests that reach the origin before it answers any.
    pub(crate) waiting: usize,
    /// Requests that have reached it after its first answer.
    pub(crate) after_first: usize,
    /// Answers by result.
    pub(crate) results: BTreeMap<String, usize>,
}

fn default_ttl() -> [u64; 3] {
    [0, 31_536_000, 0]
}

fn default_status() -> u16 {
    200
}

fn default_body() -> String {
    "body".to_owned()
}

fn default_location() -> usize {
    1
}

fn default_method() -> String {
    "GET".to_owned()
}

// === impl Case ===

impl Case {
    /// All cases, by number.
    pub(crate) fn all() -> Vec<Self> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
        let mut cases = Vec::new();
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let part: Vec<Self> = serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            cases.extend(part);
        }
        cases.sort_by_key(|case| case.case);
        cases
    }
}

// === impl Status ===

impl Status {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Emulated => "emulated",
            Self::Approximated => "approximated",
            Self::Refused => "refused",
        }
    }
}

// === impl OriginAct ===

impl OriginAct {
    pub(crate) fn act(&self) -> Act {
        if self.hangs {
            return Act::Hang;
        }
        if self.is_unreachable {
            return Act::Fail(OriginError::Unreachable);
        }
        let headers: Vec<&str> = self.headers.iter().map(String::as_str).collect();
        let body = if self.status == 304 { "" } else { &self.body };
        says(self.status, &headers, body)
    }
}

// === impl Step ===

impl Step {
    pub(crate) fn request(&self) -> http::Request<Bytes> {
        let target = repeated(self.request.as_deref().expect("the step has a request"));
        let headers: Vec<String> = self.headers.iter().map(|line| repeated(line)).collect();
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let mut request = crate::world::request(&self.method, &target, &headers);
        *request.body_mut() = Bytes::from(self.body.clone());
        request
    }
}

/// The text with `{x*3}` replaced by `xxx`.
fn repeated(text: &str) -> String {
    let parts = text.split_once('{').zip(text.split_once('}'));
    let Some(((before, inside), (_, after))) = parts else { return text.to_owned() };
    let (what, count) = inside.split('}').next().unwrap().split_once('*').expect("`{x*3}`");
    format!("{before}{}{after}", what.repeat(count.parse().unwrap()))
}

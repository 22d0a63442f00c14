//! What a device was shown, judged at the moment it is shown.
//!
//! Every line of the storm has one owner, a device, who adds it, raises its quantity step by step,
//! and perhaps removes it; so a line's state is a number that only ever grows. One further line is
//! everybody's: all add one to it.

use std::collections::BTreeMap;

use serde_json::Value;

/// The state of a line: not there yet, its quantity, or removed.
pub(crate) type State = u64;

pub(crate) const ABSENT: State = 0;
pub(crate) const REMOVED: State = State::MAX;

/// The name of the line that is everybody's.
pub(crate) const SHARED: &str = "shared";

/// What the device has asked of a line of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The newest state it has sent.
    pub(crate) issued: State,
    /// The newest state that was acknowledged.
    pub(crate) acknowledged: State,
}

/// Everything a device has asked and seen of one cart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Witness {
    pub(crate) own: BTreeMap<String, Asked>,
    pub(crate) seen: BTreeMap<String, State>,
}

impl Witness {
    /// The states its acknowledged commands have led to.
    pub(crate) fn acknowledged(&self) -> BTreeMap<String, State> {
        self.own.iter().map(|(name, asked)| (name.clone(), asked.acknowledged)).collect()
    }

    /// Looks at an answer that is shown. `due` is what had been acknowledged when it was asked for.
    ///
    /// # Panics
    /// I1: an acknowledged command is missing, or one appears that nobody sent. I2: something that
    /// was shown before is gone.
    pub(crate) fn look(&mut self, body: &Value, due: &BTreeMap<String, State>) {
        assert!(body.get("reset").is_none(), "the table was never restored: {body}");
        let shown = states(body);
        for (name, asked) in &self.own {
            let due = due.get(name).copied().unwrap_or(ABSENT);
            let state = self.state_of(name, &shown);
            assert!(state >= due, "I1: {name} is {state}, {due} was acknowledged: {body}");
            if name != SHARED {
                assert!(state <= asked.issued, "I1: {name} is {state}, nobody asked: {body}");
            }
        }
        let names: Vec<String> = self.seen.keys().chain(shown.keys()).cloned().collect();
        for name in names {
            let state = self.state_of(&name, &shown);
            let before = self.seen.insert(name.clone(), state).unwrap_or(ABSENT);
            assert!(state >= before, "I2: {name} was {before} and is {state}: {body}");
        }
    }

    /// A line that is not there is one not added yet, or one removed.
    fn state_of(&self, name: &str, shown: &BTreeMap<String, State>) -> State {
        let was_seen = self.seen.get(name).is_some_and(|state| *state != ABSENT);
        let is_own_removed = self.own.get(name).is_some_and(|asked| asked.issued == REMOVED);
        let can_be_removed = name != SHARED && (was_seen || is_own_removed);
        shown.get(name).copied().unwrap_or(if can_be_removed { REMOVED } else { ABSENT })
    }
}

/// The lines of a cart by the names the storm gave them.
pub(crate) fn states(body: &Value) -> BTreeMap<String, State> {
    let state = |line: &Value| {
        let name = line["properties"]["name"].as_str().unwrap_or(SHARED).to_owned();
        (name, line["quantity"].as_u64().unwrap())
    };
    body["lines"].as_array().unwrap().iter().map(state).collect()
}

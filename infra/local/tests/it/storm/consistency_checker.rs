//! Checks each answer of a device when it is current.
//!
//! Every line of the storm has one owner, a device, who adds it, raises its quantity step by step,
//! and perhaps removes it; so a line's state is a number that only ever grows. One further line is
//! shared: all devices add one to it.

use std::collections::BTreeMap;

use serde_json::Value;

/// The state of a line: not there yet, its quantity, or removed.
pub(crate) type State = u64;

pub(crate) const ABSENT: State = 0;
pub(crate) const REMOVED: State = State::MAX;

/// The name of the shared line.
pub(crate) const SHARED: &str = "shared";

/// The progress of a device's commands on one of its lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LineProgress {
    /// The newest state it has sent.
    pub(crate) issued: State,
    /// The newest state that was acknowledged.
    pub(crate) acknowledged: State,
}

/// A device's commands on one cart, and the states shown to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConsistencyChecker {
    pub(crate) own: BTreeMap<String, LineProgress>,
    pub(crate) last_states: BTreeMap<String, State>,
}

impl ConsistencyChecker {
    /// The states after its acknowledged commands.
    pub(crate) fn acknowledged(&self) -> BTreeMap<String, State> {
        self.own.iter().map(|(name, progress)| (name.clone(), progress.acknowledged)).collect()
    }

    /// Checks a shown answer. `due` are the states acknowledged when its request was sent.
    ///
    /// # Panics
    /// I1: an acknowledged command is missing, or one appears that no device sent. I2: something
    /// shown before is gone.
    pub(crate) fn look(&mut self, body: &Value, due: &BTreeMap<String, State>) {
        assert!(body.get("reset").is_none(), "the table was never restored: {body}");
        let current = states(body);
        for (name, progress) in &self.own {
            let due = due.get(name).copied().unwrap_or(ABSENT);
            let state = self.state_of(name, &current);
            assert!(state >= due, "I1: {name} is {state}, {due} was acknowledged: {body}");
            if name != SHARED {
                assert!(state <= progress.issued, "I1: {name} is {state}, not issued: {body}");
            }
        }
        let names: Vec<String> = self.last_states.keys().chain(current.keys()).cloned().collect();
        for name in names {
            let state = self.state_of(&name, &current);
            let before = self.last_states.insert(name.clone(), state).unwrap_or(ABSENT);
            assert!(state >= before, "I2: {name} was {before} and is {state}: {body}");
        }
    }

    /// A missing line is not added yet, or removed.
    fn state_of(&self, name: &str, current: &BTreeMap<String, State>) -> State {
        let was_seen = self.last_states.get(name).is_some_and(|state| *state != ABSENT);
        let is_own_removed = self.own.get(name).is_some_and(|progress| progress.issued == REMOVED);
        let can_be_removed = name != SHARED && (was_seen || is_own_removed);
        current.get(name).copied().unwrap_or(if can_be_removed { REMOVED } else { ABSENT })
    }
}

/// The lines of a cart by their names in the storm.
pub(crate) fn states(body: &Value) -> BTreeMap<String, State> {
    let state = |line: &Value| {
        let name = line["properties"]["name"].as_str().unwrap_or(SHARED).to_owned();
        (name, line["quantity"].as_u64().unwrap())
    };
    body["lines"].as_array().unwrap().iter().map(state).collect()
}

//! Which rules an event matches.

use crate::config::Rule;
use crate::error::ConfigError;
use crate::pattern::{Document, Pattern};

/// All rules of a bus.
#[derive(Debug)]
pub(crate) struct Rules(Vec<Compiled>);

#[derive(Debug)]
struct Compiled {
    name: String,
    pattern: Pattern,
    /// Its queue, as an index into the bus's queues.
    queue: usize,
}

// === impl Rules ===

impl Rules {
    pub(crate) fn compile(rules: &[Rule], queues: &[String]) -> Result<Self, ConfigError> {
        let compile = |rule: &Rule| {
            let name = || rule.name.clone();
            let pattern = Pattern::parse(&rule.event_pattern)
                .map_err(|problem| ConfigError::Pattern { rule: name(), problem })?;
            let queue = queues.iter().position(|queue| *queue == rule.queue);
            let queue = queue.ok_or_else(|| ConfigError::NoSuchQueue {
                rule: name(),
                queue: rule.queue.clone(),
            })?;
            Ok(Compiled { name: name(), pattern, queue })
        };
        rules.iter().map(compile).collect::<Result<_, _>>().map(Self)
    }

    /// The queues that receive this event, one for each rule that matches, in the rules' order;
    /// of all rules, or of those named.
    pub(crate) fn queues_for(
        &self,
        event: &str,
        only: Option<&[String]>,
    ) -> serde_json::Result<Vec<usize>> {
        let document = Document::read(event)?;
        let is_named = |rule: &&Compiled| only.is_none_or(|names| names.contains(&rule.name));
        let matched = self.0.iter().filter(is_named).filter(|rule| document.matches(&rule.pattern));
        Ok(matched.map(|rule| rule.queue).collect())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|rule| rule.name == name)
    }
}

//! Which rules an event matches.

use crate::config::Rule;
use crate::error::ConfigError;
use crate::pattern::{Document, Pattern};

/// All rules of a bus: each a pattern and the queue it feeds, as an index into the bus's queues.
#[derive(Debug)]
pub(crate) struct Rules(Vec<(Pattern, usize)>);

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
            Ok((pattern, queue))
        };
        rules.iter().map(compile).collect::<Result<_, _>>().map(Self)
    }

    /// The queues that receive this event, one for each rule that matches, in the rules' order.
    pub(crate) fn queues_for(&self, event: &str) -> serde_json::Result<Vec<usize>> {
        let document = Document::read(event)?;
        let matched = self.0.iter().filter(|(pattern, _)| document.matches(pattern));
        Ok(matched.map(|(_, queue)| *queue).collect())
    }
}

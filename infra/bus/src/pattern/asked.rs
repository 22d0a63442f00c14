//! EventBridge's `TestEventPattern`: whether an event matches a pattern, asked of no bus.

use serde_json::Value;

use super::matching::Document;
use super::syntax::Pattern;
use crate::error::PatternError;

/// Whether an event, whole as it is delivered, matches a pattern. What is no JSON object matches
/// none.
///
/// # Errors
/// The pattern is none.
pub fn test_event_pattern(pattern: &Value, event: &str) -> Result<bool, PatternError> {
    let pattern = Pattern::parse(pattern)?;
    Ok(Document::read(event).is_ok_and(|event| event.matches(&pattern)))
}

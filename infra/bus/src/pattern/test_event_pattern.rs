//! EventBridge's `TestEventPattern`: whether an event matches a pattern, without a bus.

use serde_json::Value;

use super::matching::Document;
use super::syntax::Pattern;
use crate::error::PatternError;

/// Whether an event, as it is delivered, matches a pattern. Text that is no JSON object never
/// matches.
///
/// # Errors
/// The bus does not accept the pattern.
pub fn test_event_pattern(pattern: &Value, event: &str) -> Result<bool, PatternError> {
    let pattern = Pattern::parse(pattern)?;
    Ok(Document::read(event).is_ok_and(|event| event.matches(&pattern)))
}

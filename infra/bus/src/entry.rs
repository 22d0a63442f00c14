//! One entry of `PutEvents`: its fields, its limits, and AWS's error codes and messages.

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::value::RawValue;

use crate::detail::object_text;

/// Entries in one request (EventBridge quota for a classic bus).
pub const ENTRIES_MAX: usize = 10;

/// All entries of one request together: 1 MB since 2026-01-29, 256 KB before.
pub const ENTRIES_BYTES_MAX: usize = 1_048_576;

/// The size of a `Time` in the size of an entry, independent of its length (EventBridge guide).
const TIME_BYTES: usize = 14;

/// Longest `DetailType` in characters (EventBridge accepts and drops longer ones; this rejects
/// them).
const DETAIL_TYPE_CHARS_MAX: usize = 128;

/// Last second of the year 9999, the end of RFC 3339.
const TIME_S_MAX: i64 = 253_402_300_799;

/// An entry of a request. Every field is optional on the wire; a missing one is an error of the
/// entry, as on AWS.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Entry {
    /// The sender. Required; `aws.` is reserved.
    pub source: Option<String>,
    /// The kind of event. Required.
    pub detail_type: Option<String>,
    /// A JSON object, as text; delivered as written. Required.
    pub detail: Option<String>,
    /// The time of the event, in seconds since 1970; the time of the put if absent.
    #[serde(rename = "Time", deserialize_with = "epoch_seconds")]
    pub time_s: Option<i64>,
    /// ARNs the event is about.
    pub resources: Option<Vec<String>>,
    /// Name or ARN of the bus; `default` if absent.
    pub event_bus_name: Option<String>,
}

/// Why one entry of a request was not accepted, with AWS's code and message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct EntryError {
    /// For programs.
    pub error_code: &'static str,
    /// For people.
    pub error_message: String,
}

/// A valid entry.
#[derive(Debug)]
pub(crate) struct ValidEntry<'a> {
    pub(crate) source: &'a str,
    pub(crate) detail_type: &'a str,
    pub(crate) detail: &'a str,
    pub(crate) time_s: Option<i64>,
    pub(crate) resources: &'a [String],
}

// === impl Entry ===

impl Entry {
    /// An entry for the default bus with everything that is required.
    pub fn new(
        source: impl Into<String>,
        detail_type: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            source: Some(source.into()),
            detail_type: Some(detail_type.into()),
            detail: Some(detail.into()),
            ..Self::default()
        }
    }

    /// The size as EventBridge counts it.
    pub(crate) fn size_bytes(&self) -> usize {
        let text = |field: &Option<String>| field.as_ref().map_or(0, String::len);
        self.time_s.map_or(0, |_| TIME_BYTES)
            + text(&self.source)
            + text(&self.detail_type)
            + text(&self.detail)
            + self.resources.iter().flatten().map(String::len).sum::<usize>()
    }

    pub(crate) fn validate(&self, bus: &str) -> Result<ValidEntry<'_>, EntryError> {
        let source = required("Source", self.source.as_deref())?;
        let detail_type = required("DetailType", self.detail_type.as_deref())?;
        let detail = required("Detail", self.detail.as_deref())?;
        if source.starts_with("aws.") {
            return Err(EntryError::not_authorized_for_source());
        }
        if detail_type.chars().count() > DETAIL_TYPE_CHARS_MAX {
            return Err(EntryError::invalid_argument(
                "DetailType",
                "DetailType has more than 128 characters.",
            ));
        }
        if self.time_s.is_some_and(|time_s| !(0..=TIME_S_MAX).contains(&time_s)) {
            return Err(EntryError::invalid_argument("Time", "Time is out of range."));
        }
        let named = self.event_bus_name.as_deref().unwrap_or("default");
        let name = match named.strip_prefix("arn:") {
            Some(arn) => arn.rsplit_once(":event-bus/").map_or(named, |(_, name)| name),
            None => named,
        };
        if name != bus {
            return Err(EntryError::unknown_bus(named));
        }
        Ok(ValidEntry {
            source,
            detail_type,
            detail: object_text(detail).ok_or_else(EntryError::malformed_detail)?,
            time_s: self.time_s,
            resources: self.resources.as_deref().unwrap_or_default(),
        })
    }
}

// === impl EntryError ===

impl EntryError {
    pub(crate) fn malformed_detail() -> Self {
        Self { error_code: "MalformedDetail", error_message: "Detail is malformed.".to_owned() }
    }

    fn invalid_argument(parameter: &str, reason: &str) -> Self {
        Self {
            error_code: "InvalidArgument",
            error_message: format!("Parameter {parameter} is not valid. Reason: {reason}"),
        }
    }

    fn not_authorized_for_source() -> Self {
        Self {
            error_code: "NotAuthorizedForSourceException",
            error_message: "Not authorized for the source.".to_owned(),
        }
    }

    fn unknown_bus(name: &str) -> Self {
        Self {
            error_code: "ResourceNotFoundException",
            error_message: format!("Event bus {name} does not exist."),
        }
    }
}

fn required<'a>(name: &str, value: Option<&'a str>) -> Result<&'a str, EntryError> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| {
        EntryError::invalid_argument(name, &format!("{name} is a required argument."))
    })
}

/// AWS JSON 1.1 writes timestamps as seconds since 1970, perhaps with a fraction; events carry
/// whole seconds.
fn epoch_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let Some(raw) = Option::<Box<RawValue>>::deserialize(deserializer)? else { return Ok(None) };
    let whole = raw.get().split_once('.').map_or(raw.get(), |(whole, _)| whole);
    let digits = !raw.get().contains(['e', 'E', '"']);
    match whole.parse() {
        Ok(seconds) if digits => Ok(Some(seconds)),
        _ => Err(de::Error::custom("Time must be a number of seconds since 1970")),
    }
}

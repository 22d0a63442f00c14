//! Publishing: which version of the program is in effect since when. Versions and activations are
//! only ever added, so the version that applied to an order still does.

use domain_core::event::{Event, Kind};
use domain_core::port::{CONFLICT_ROUNDS_MAX, PortError, Written};
use domain_core::time::{SECOND_MS, Time};
use serde::{Deserialize, Serialize};

/// How long after the request a version begins to apply: the 5 seconds that clocks may differ by,
/// and as many for the write. So a consumer that absorbs an order placed under a version can read
/// it, and the same order absorbed again uses the same version.
pub const ACTIVATION_LEAD_MS: u64 = 10 * SECOND_MS;
/// Most activations in one response.
pub const HISTORY_MAX: usize = 50;

/// From when on a version applies, until the next activation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// Counts activations; the first is 1.
    pub number: u64,
    /// The version: the number of the activation that it was published with.
    pub version: u64,
    /// From when on. Later activations begin later.
    pub active_from: Time,
}

/// A request to publish or activate a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicationRequest {
    /// The newest activation that the author has seen, 0 without one; `None`: any.
    pub expected: Option<u64>,
    /// The current time.
    pub now: Time,
}

/// The result of publishing or activating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramPublication {
    /// The version applies soon.
    Done(Activation),
    /// The newest activation is not the expected one.
    Conflict,
    /// There is no such version.
    Unknown,
}

/// The detail of a `program.published` event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramEvent {
    /// The version that applies soon.
    pub version: u64,
    /// From when on.
    pub active_from: Time,
}

/// Stores versions of the program and their activations; all reads are strongly consistent.
pub trait ProgramStore: Send + Sync {
    /// At most `limit` activations that were made before number `before`, newest first.
    fn history(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Activation>, PortError>> + Send;

    /// A version as it was published.
    fn document(
        &self,
        version: u64,
    ) -> impl Future<Output = Result<Option<String>, PortError>> + Send;

    /// Writes an activation on condition that its number is not taken, together with the document
    /// of its version if that is new.
    fn activate(
        &self,
        activation: &Activation,
        document: Option<&str>,
    ) -> impl Future<Output = Result<Written, PortError>> + Send;
}

/// Publishes a document without mistakes as a new version and activates it.
///
/// # Errors
/// The port's, or [`CONFLICT_ROUNDS_MAX`] lost races of a request without an expected activation.
pub async fn publish<S: ProgramStore>(
    store: &S,
    document: &str,
    request: PublicationRequest,
) -> Result<ProgramPublication, PortError> {
    for _ in 0..CONFLICT_ROUNDS_MAX {
        let newest = newest(store).await?;
        let number = newest.map_or(0, |newest| newest.number);
        if request.expected.is_some_and(|expected| expected != number) {
            return repeated(store, document, request, newest).await;
        }
        let activation = request.next(newest, number + 1);
        if store.activate(&activation, Some(document)).await? == Written::Done {
            return Ok(ProgramPublication::Done(activation));
        }
    }
    Err(PortError::Unavailable("another publication came first at every attempt".to_owned()))
}

/// Activates a version that was published before.
///
/// # Errors
/// The port's, or [`CONFLICT_ROUNDS_MAX`] lost races of a request without an expected activation.
pub async fn activate<S: ProgramStore>(
    store: &S,
    version: u64,
    request: PublicationRequest,
) -> Result<ProgramPublication, PortError> {
    if store.document(version).await?.is_none() {
        return Ok(ProgramPublication::Unknown);
    }
    for _ in 0..CONFLICT_ROUNDS_MAX {
        let newest = newest(store).await?;
        let number = newest.map_or(0, |newest| newest.number);
        match newest {
            // It is the newest already, perhaps by this same request, whose response was lost.
            Some(newest) if newest.version == version => {
                return Ok(ProgramPublication::Done(newest));
            }
            _ if request.expected.is_some_and(|expected| expected != number) => {
                return Ok(ProgramPublication::Conflict);
            }
            _ => {}
        }
        let activation = request.next(newest, version);
        if store.activate(&activation, None).await? == Written::Done {
            return Ok(ProgramPublication::Done(activation));
        }
    }
    Err(PortError::Unavailable("another publication came first at every attempt".to_owned()))
}

/// The newest activation, if there is one.
///
/// # Errors
/// The port's.
pub async fn newest<S: ProgramStore>(store: &S) -> Result<Option<Activation>, PortError> {
    Ok(store.history(None, 1).await?.into_iter().next())
}

/// A publication is retried because its response was lost: the newest version is this same one.
async fn repeated<S: ProgramStore>(
    store: &S,
    document: &str,
    request: PublicationRequest,
    newest: Option<Activation>,
) -> Result<ProgramPublication, PortError> {
    let own = newest.filter(|newest| {
        newest.number == newest.version && request.expected == Some(newest.number - 1)
    });
    match own {
        Some(own) if store.document(own.version).await?.as_deref() == Some(document) => {
            Ok(ProgramPublication::Done(own))
        }
        _ => Ok(ProgramPublication::Conflict),
    }
}

// === impl ProgramEvent ===

impl ProgramEvent {
    /// The event as it is published.
    ///
    /// # Panics
    /// Never: two numbers always have a JSON form.
    #[must_use]
    pub fn to_event(&self) -> Event {
        let detail = serde_json::to_string(self).expect("two numbers have a JSON form");
        Event { kind: Kind::ProgramPublished, detail }
    }
}

// === impl PublicationRequest ===

impl PublicationRequest {
    fn next(self, newest: Option<Activation>, version: u64) -> Activation {
        let soon = self.now.plus_ms(ACTIVATION_LEAD_MS);
        Activation {
            number: newest.map_or(0, |newest| newest.number) + 1,
            version,
            active_from: newest.map_or(soon, |newest| soon.max(newest.active_from.plus_ms(1))),
        }
    }
}

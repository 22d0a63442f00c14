//! Header names of ours, lower case as HTTP/2 and Lambda@Edge events spell them.

/// What the client has seen of a resource; comma-separated on requests, one on answers.
pub const BOOKMARK: &str = "forecourt-bookmark";
/// The cart token of the viewer.
pub const CART: &str = "forecourt-cart";
/// Who the edge verified the viewer to be. Viewer-sent copies are dropped.
pub const IDENTITY: &str = "forecourt-identity";
/// When the customer token ends by which the edge verified the viewer. Viewer-sent copies are dropped.
pub const SESSION: &str = "forecourt-session";
/// The client's name for one intent.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The tags of a public answer. Publishing invalidates by tag. Removed before the viewer.
pub const TAGS: &str = "forecourt-tags";
/// A secret that only the edge sends: it proves to an HTTP API that a request comes from the edge.
/// CloudFront replaces a viewer's own (Developer Guide, "Add custom headers to origin requests").
pub const ORIGIN: &str = "forecourt-origin";

//! Lambda@Edge events of all four triggers, as CloudFront writes them and reads them back
//! (AWS: "Lambda@Edge event structure").

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a Lambda@Edge function is invoked with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Exactly one.
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

/// One record of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The only kind there is.
    pub cf: CloudFront,
}

/// The data CloudFront passes to a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudFront {
    /// Where the function runs.
    pub config: Config,
    /// The viewer's request, or the one CloudFront is about to send or has sent to the origin.
    pub request: Request,
    /// The origin's response, at the two response events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Response>,
}

/// Where a function runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Config {
    /// The `*.cloudfront.net` name.
    pub distribution_domain_name: String,
    /// The distribution.
    pub distribution_id: String,
    /// The trigger.
    pub event_type: EventType,
    /// The request's id, as in `X-Amz-Cf-Id`.
    pub request_id: String,
}

/// The four triggers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventType {
    /// Before the cache.
    ViewerRequest,
    /// Before the origin, on a miss.
    OriginRequest,
    /// After the origin, before the cache.
    OriginResponse,
    /// Before the viewer.
    ViewerResponse,
}

/// Headers by lower-case name, each with its values in order.
pub type Headers = BTreeMap<String, Vec<Header>>;

/// One header line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The name as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The value.
    pub value: String,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The viewer's address.
    pub client_ip: String,
    /// Its headers.
    pub headers: Headers,
    /// The HTTP method.
    pub method: String,
    /// The query without its `?`.
    pub querystring: String,
    /// The path.
    pub uri: String,
    /// The body, only where the trigger includes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// Where the request goes, at the two origin events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// A request's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Body {
    /// Whether CloudFront cut it.
    pub input_truncated: bool,
    /// Whether the function replaces it.
    pub action: BodyAction,
    /// The encoding of `data`.
    pub encoding: Encoding,
    /// The bytes.
    pub data: String,
}

/// What a function does with a request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyAction {
    /// Leaves it unchanged.
    ReadOnly,
    /// Puts `data` in its place.
    Replace,
}

/// The encoding of a body in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// As plain text.
    Text,
    /// Base64.
    Base64,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// An HTTP server.
    Custom(CustomOrigin),
    /// A bucket.
    S3(S3Origin),
}

/// An HTTP server as origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomOrigin {
    /// Headers CloudFront adds.
    pub custom_headers: Headers,
    /// Its domain.
    pub domain_name: String,
    /// Seconds an idle connection stays open.
    pub keepalive_timeout: u32,
    /// The prefix of the path.
    pub path: String,
    /// Its port.
    pub port: u16,
    /// `http` or `https`.
    pub protocol: String,
    /// Seconds to wait for each read.
    pub read_timeout: u32,
    /// Seconds to wait for the whole response; absent before 2025.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_completion_timeout: Option<u32>,
    /// The TLS versions offered.
    pub ssl_protocols: Vec<String>,
}

/// A bucket as origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct S3Origin {
    /// `none` or `origin-access-identity`.
    pub auth_method: String,
    /// Headers CloudFront adds.
    pub custom_headers: Headers,
    /// Its domain.
    pub domain_name: String,
    /// The prefix of the path.
    pub path: String,
    /// Seconds to wait for each read; absent before 2025.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_timeout: Option<u32>,
    /// Its region.
    pub region: String,
    /// Seconds to wait for the whole response; absent before 2025.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_completion_timeout: Option<u32>,
}

/// A response: the origin's, or one a function generates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// The status, as text.
    pub status: String,
    /// Its reason phrase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_description: Option<String>,
    /// Its headers.
    #[serde(default)]
    pub headers: Headers,
    /// The body of a generated response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The encoding of `body`; text if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_encoding: Option<Encoding>,
}

//! The event's JSON, as every Lambda@Edge function knows it.

use std::borrow::Cow;
use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use strum::IntoStaticStr;

use super::header_rules::is_disallowed;
use crate::distribution::OriginSettings;
use crate::request::EdgeRequest;

/// The names this one distribution goes by in events.
pub(crate) const DOMAIN_NAME: &str = "dlocal.cloudfront.net";
const DISTRIBUTION_ID: &str = "ELOCAL";

/// Which of the four events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Moment {
    ViewerRequest,
    OriginRequest,
    OriginResponse,
    ViewerResponse,
}

/// The content of an event, before serialization.
pub(super) struct Event<'a> {
    pub(super) moment: Moment,
    pub(super) request_id: &'a str,
    pub(super) request: &'a EdgeRequest,
    pub(super) origin: Option<&'a OriginSettings>,
    pub(super) response: Option<(StatusCode, &'a HeaderMap)>,
}

#[derive(Serialize)]
struct Records<'a> {
    #[serde(rename = "Records")]
    records: [Record<'a>; 1],
}

#[derive(Serialize)]
struct Record<'a> {
    cf: Cf<'a>,
}

#[derive(Serialize)]
struct Cf<'a> {
    config: Config<'a>,
    request: Request<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<Response<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    distribution_domain_name: &'static str,
    distribution_id: &'static str,
    event_type: &'static str,
    request_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    client_ip: IpAddr,
    headers: Headers<'a>,
    method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<serde_json::Value>,
    querystring: &'a str,
    uri: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    headers: Headers<'a>,
    status: &'a str,
    status_description: &'static str,
}

/// `{"name": [{"key", "value"}]}`, without what functions may not see.
struct Headers<'a>(&'a HeaderMap);

struct Lines<'a>(&'a HeaderMap, &'a HeaderName);

#[derive(Serialize)]
struct Line<'a> {
    key: &'a str,
    value: Cow<'a, str>,
}

// === impl Moment ===

impl Moment {
    pub(super) fn is_viewer(self) -> bool {
        matches!(self, Self::ViewerRequest | Self::ViewerResponse)
    }
}

// === impl Event ===

impl Event<'_> {
    pub(super) fn to_json(&self) -> Vec<u8> {
        let response = self.response.map(|(status, headers)| (status, Headers(headers)));
        let records = Records {
            records: [Record {
                cf: Cf {
                    config: Config {
                        distribution_domain_name: DOMAIN_NAME,
                        distribution_id: DISTRIBUTION_ID,
                        event_type: self.moment.into(),
                        request_id: self.request_id,
                    },
                    request: Request {
                        client_ip: self.request.viewer,
                        headers: Headers(&self.request.headers),
                        method: self.request.method.as_str(),
                        origin: self.origin.map(origin),
                        querystring: self.request.query.as_deref().unwrap_or_default(),
                        uri: &self.request.path,
                    },
                    response: response.as_ref().map(|(status, headers)| Response {
                        headers: Headers(headers.0),
                        status: status.as_str(),
                        status_description: status.canonical_reason().unwrap_or_default(),
                    }),
                },
            }],
        };
        serde_json::to_vec(&records).expect("strings and maps of strings are JSON")
    }
}

fn origin(settings: &OriginSettings) -> serde_json::Value {
    let completion = settings.timeouts.completion.unwrap_or(settings.timeouts.read);
    serde_json::json!({"custom": {
        "customHeaders": {},
        "domainName": settings.host.to_str().unwrap_or_default(),
        "keepaliveTimeout": 5,
        "path": settings.path,
        "port": 443,
        "protocol": "https",
        "readTimeout": settings.timeouts.read.as_secs(),
        "responseCompletionTimeout": completion.as_secs(),
        "sslProtocols": ["TLSv1.2"],
    }})
}

// === impl Headers ===

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for name in self.0.keys().filter(|name| !is_disallowed(name.as_str())) {
            map.serialize_entry(name.as_str(), &Lines(self.0, name))?;
        }
        map.end()
    }
}

impl Serialize for Lines<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut lines = serializer.serialize_seq(None)?;
        for value in self.0.get_all(self.1) {
            lines.serialize_element(&Line { key: self.1.as_str(), value: text(value) })?;
        }
        lines.end()
    }
}

/// A header's bytes as text: UTF-8 where they are, ISO-8859-1 where not (3.15).
pub(super) fn text(value: &HeaderValue) -> Cow<'_, str> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(value.as_bytes().iter().copied().map(char::from).collect()),
    }
}

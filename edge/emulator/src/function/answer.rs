//! A function's answer: the request to forward, or a response; anything else is a fault.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::event;
use super::text::Text;

/// The JSON of an answer: a response if it has a status, otherwise a request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Answer<'a> {
    status: Option<Value>,
    method: Option<Text<'a>>,
    uri: Option<Text<'a>>,
    querystring: Option<Text<'a>>,
    headers: Option<BTreeMap<Text<'a>, Vec<Line<'a>>>>,
    body: Option<Value>,
    body_encoding: Option<Text<'a>>,
    origin: Option<Value>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Line<'a> {
    key: Option<Text<'a>>,
    value: Text<'a>,
}

/// The parts of a request that a function may have changed.
pub(super) struct RequestAnswer {
    pub(super) method: String,
    pub(super) uri: String,
    pub(super) querystring: String,
    pub(super) headers: HeaderMap,
    pub(super) origin: Option<Value>,
}

/// The parts of a response that a function gave.
pub(super) struct ResponseAnswer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
}

// === impl Answer ===

impl<'a> Answer<'a> {
    pub(super) fn parse(json: &'a [u8]) -> Result<Self, String> {
        serde_json::from_slice(json).map_err(|error| format!("not an answer: {error}"))
    }

    pub(super) fn is_response(&self) -> bool {
        self.status.is_some()
    }

    /// `before` are the headers as the function got them: unchanged ones keep their very bytes.
    pub(super) fn into_request(self, before: &HeaderMap) -> Result<RequestAnswer, String> {
        if self.body.is_some() {
            return Err("a body, which the association does not include".to_owned());
        }
        Ok(RequestAnswer {
            method: self.method.ok_or("a request without method")?.into_owned(),
            uri: self.uri.ok_or("a request without uri")?.into_owned(),
            querystring: self.querystring.map(Text::into_owned).unwrap_or_default(),
            headers: header_map(self.headers.unwrap_or_default(), before)?,
            origin: self.origin,
        })
    }

    pub(super) fn into_response(self, before: &HeaderMap) -> Result<ResponseAnswer, String> {
        let status = match &self.status {
            Some(Value::String(text)) => text.parse().ok(),
            Some(Value::Number(number)) => {
                number.as_u64().and_then(|code| u16::try_from(code).ok())
            }
            _ => None,
        };
        let status = status
            .filter(|code| (200..600).contains(code))
            .and_then(|code| StatusCode::from_u16(code).ok())
            .ok_or("a response whose status is not 200 to 599")?;
        let body = match (self.body, self.body_encoding.as_deref()) {
            (None | Some(Value::Null), _) => None,
            (Some(Value::String(text)), None | Some("text")) => Some(Bytes::from(text)),
            (Some(Value::String(text)), Some("base64")) => {
                let decoded = STANDARD.decode(text).map_err(|_| "a body that is not base64")?;
                Some(Bytes::from(decoded))
            }
            _ => return Err("a body that is neither text nor base64".to_owned()),
        };
        let headers = header_map(self.headers.unwrap_or_default(), before)?;
        Ok(ResponseAnswer { status, headers, body })
    }
}

fn header_map(
    lines_by_name: BTreeMap<Text<'_>, Vec<Line<'_>>>,
    before: &HeaderMap,
) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::with_capacity(lines_by_name.len());
    for (name, lines) in lines_by_name {
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(format!("the header `{}` is not listed in lower case", &*name));
        }
        let parsed: HeaderName =
            name.parse().map_err(|_| format!("the header name `{}`", &*name))?;
        if before
            .get_all(&parsed)
            .iter()
            .map(event::text)
            .eq(lines.iter().map(|line| &line.value[..]))
        {
            for value in before.get_all(&parsed) {
                headers.append(&parsed, value.clone());
            }
            continue;
        }
        for line in lines {
            if line.key.is_some_and(|key| !key.eq_ignore_ascii_case(&name)) {
                return Err(format!("a key other than its header's name `{}`", &*name));
            }
            let value = HeaderValue::from_bytes(line.value.as_bytes())
                .map_err(|_| format!("the value of the header `{}`", &*name))?;
            headers.append(&parsed, value);
        }
    }
    Ok(headers)
}

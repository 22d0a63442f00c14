//! The command line's HTTP client.

use std::time::Duration;

use super::{CliError, cli_error};

/// How long one call may take: publishing a large product compiles it.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Most bytes of a reply: a product as it was published.
const REPLY_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// An HTTP client that reuses its connections.
pub(crate) struct Client(ureq::Agent);

/// A response.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) body: String,
}

/// Sends a body and reads the response of any status.
pub(crate) fn send(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Reply, CliError> {
    Client::new(TIMEOUT).send(method, url, headers, body).map_err(|error| {
        CliError(format!("{url} does not answer ({error}); is `forecourt up` running?"))
    })
}

// === impl Client ===

impl Client {
    /// Creates a client with this timeout per call. It does not follow redirects.
    pub(crate) fn new(timeout: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(timeout))
            .build();
        Self(ureq::Agent::new_with_config(config))
    }

    /// Sends a request with an optional body and reads the response of any status.
    pub(crate) fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Reply, CliError> {
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let result = match body {
            [] => self.0.run(request.body(()).map_err(cli_error)?),
            _ => self.0.run(request.body(body).map_err(cli_error)?),
        };
        let mut response = result.map_err(cli_error)?;
        let body = response.body_mut().with_config().limit(REPLY_BYTES_MAX);
        let body = body.read_to_string().map_err(cli_error)?;
        let status = response.status().as_u16();
        Ok(Reply { status, headers: response.headers().clone(), body })
    }
}

// === impl Reply ===

impl Reply {
    /// A header, or an empty string.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body of a success; a problem becomes an error with its title, detail and invalid fields.
    pub(crate) fn expect_success(self) -> Result<String, CliError> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let Ok(problem) = serde_json::from_str::<serde_json::Value>(&self.body) else {
            return Err(CliError(format!("HTTP {}", self.status)));
        };
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let mut message =
            format!("{} {}: {}", self.status, text(&problem["title"]), text(&problem["detail"]));
        for error in problem["errors"].as_array().into_iter().flatten() {
            message.push_str(&format!(
                "\n  {}: {}",
                text(&error["field"]),
                text(&error["message"])
            ));
        }
        Err(CliError(message))
    }
}

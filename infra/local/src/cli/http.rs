//! The command line's HTTP client.

use std::time::Duration;

use super::{CliError, told};

/// How long one call may take: publishing a large product compiles it.
const TIMEOUT: Duration = Duration::from_secs(120);

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Sends a body and reads the answer, whatever its status.
pub(crate) fn send(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Reply, CliError> {
    let config = ureq::Agent::config_builder();
    let config = config.http_status_as_error(false).timeout_global(Some(TIMEOUT)).build();
    let agent = ureq::Agent::new_with_config(config);
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body).map_err(told)?;
    let mut response = agent.run(request).map_err(|error| {
        CliError(format!("{url} does not answer ({error}); is `forecourt up` running?"))
    })?;
    let status = response.status().as_u16();
    let body = response.body_mut().read_to_string().map_err(told)?;
    Ok(Reply { status, body })
}

// === impl Reply ===

impl Reply {
    /// The body of a success; a problem becomes its title, detail and every field at fault.
    pub(crate) fn expect_success(self) -> Result<String, CliError> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let Ok(problem) = serde_json::from_str::<serde_json::Value>(&self.body) else {
            return Err(CliError(format!("HTTP {}", self.status)));
        };
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let mut told =
            format!("{} {}: {}", self.status, text(&problem["title"]), text(&problem["detail"]));
        for error in problem["errors"].as_array().into_iter().flatten() {
            told.push_str(&format!("\n  {}: {}", text(&error["field"]), text(&error["message"])));
        }
        Err(CliError(told))
    }
}

//! Secrets, from AWS Secrets Manager.

use std::fmt;

use aws_sdk_secretsmanager::Client;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use domain_core::port::PortError;

use crate::aws::{AwsConfig, sdk};
use crate::error::{corrupt, port_error};

/// The account's secrets, one read at a time.
#[derive(Debug, Clone)]
pub struct SecretsManager {
    client: Client,
}

/// The text of a secret. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

// === impl SecretsManager ===

impl SecretsManager {
    /// The secrets of the function's own region. The HTTP client is an argument, as for
    /// [`Aws::new`](crate::Aws::new).
    #[must_use]
    pub fn new(config: &AwsConfig, http: SharedHttpClient) -> Self {
        let endpoint = config.secrets_manager_endpoint.clone();
        Self { client: Client::new(&sdk(&config.region, &config.access, endpoint, http)) }
    }

    /// The text that is current under this name or ARN: the version that rotations call
    /// `AWSCURRENT`.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] if it can't be read now, [`PortError::Corrupt`] if it is not
    /// text.
    pub async fn read(&self, name: &str) -> Result<SecretText, PortError> {
        let sent = self.client.get_secret_value().secret_id(name).send().await;
        let secret = sent.map_err(|error| port_error("get secret", &error))?;
        let text = secret.secret_string.ok_or_else(|| corrupt("get secret", "not text"))?;
        Ok(SecretText(text))
    }
}

// === impl SecretText ===

impl SecretText {
    /// The text itself. The caller must not log it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SecretText")
    }
}

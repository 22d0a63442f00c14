//! Secrets, from AWS Secrets Manager.

use std::fmt;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use domain_core::port::PortError;
use serde::{Deserialize, Serialize};

use crate::aws::{AwsConfig, endpoint, timeouts};
use crate::error::corrupt;
use crate::operation::{AwsOperation, OperationConfig, Protocol};

/// The operation in errors.
const NAME: &str = "get secret";

/// The account's secrets, one read at a time.
#[derive(Debug, Clone)]
pub struct SecretsManager {
    get: AwsOperation,
}

/// The text of a secret. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetSecretValue<'a> {
    secret_id: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SecretValue {
    /// Absent if the secret is binary.
    secret_string: Option<String>,
}

// === impl SecretsManager ===

impl SecretsManager {
    /// The secrets of the function's own region. The HTTP client is an argument, as for
    /// [`Aws::new`](crate::Aws::new).
    #[must_use]
    pub fn new(config: &AwsConfig, http: SharedHttpClient) -> Self {
        let configured = config.secrets_manager_endpoint.clone();
        let get = OperationConfig {
            name: NAME,
            service: "secretsmanager",
            protocol: Protocol::Json { target: "secretsmanager.GetSecretValue" },
            endpoint: endpoint(configured, "secretsmanager", &config.region),
            region: config.region.clone(),
            timeouts: timeouts(),
        };
        Self { get: AwsOperation::new(get, &config.access, http) }
    }

    /// The text that is current under this name or ARN: the version that rotations call
    /// `AWSCURRENT`.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] if it can't be read now, [`PortError::Corrupt`] if it is not
    /// text.
    pub async fn read(&self, name: &str) -> Result<SecretText, PortError> {
        let answer = self.get.send_json(&GetSecretValue { secret_id: name }).await?;
        let SecretValue { secret_string } = answer;
        let text = secret_string.ok_or_else(|| corrupt(NAME, "not text"))?;
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

//! Why a call of the Admin API failed. No error contains a token or a variable.

use domain_core::port::PortError;
use serde::Deserialize;

use crate::tokens::TokenError;

/// Why there is no answer to an operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// The shop does not have the app, or its tokens are lost: a person must open the admin.
    #[error("the app may not act for the shop: {0}")]
    Uninstalled(TokenError),
    /// There is no token at the moment.
    #[error(transparent)]
    NoToken(TokenError),
    /// Shopify refuses a new token, too.
    #[error("Shopify refuses the access token")]
    TokenRefused,
    /// Other calls use up the shop's points. It was not executed.
    #[error("Shopify throttles the app: try again in {wait_ms} ms")]
    Throttled {
        /// After which the call may succeed.
        wait_ms: u64,
    },
    /// The mutation was not carried out, because its input is not acceptable.
    #[error("Shopify rejects the input: {}", list(.0))]
    User(Vec<UserError>),
    /// The operation failed, at least in part.
    #[error("Shopify answers with errors: {}", list(.0))]
    Graphql(Vec<GraphqlError>),
    /// An HTTP status that says that the call can't succeed: the shop is frozen or gone.
    #[error("Shopify answers with status {status}")]
    Status {
        /// The status.
        status: u16,
    },
    /// No answer, or one of a server that fails.
    #[error("Shopify is unavailable: {reason}")]
    Unavailable {
        /// Why.
        reason: String,
        /// Whether the operation may have been executed all the same.
        may_be_done: bool,
    },
    /// The answer is not what the operation's type says.
    #[error("Shopify's answer can't be read: {reason}")]
    Unreadable {
        /// Why.
        reason: String,
    },
}

/// A member of `userErrors`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct UserError {
    /// The path of the input that is at fault.
    #[serde(default)]
    pub field: Option<Vec<String>>,
    /// What is wrong.
    pub message: String,
    /// Its code, where the document asks for it.
    #[serde(default)]
    pub code: Option<String>,
}

/// A member of `errors`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphqlError {
    /// What is wrong.
    pub message: String,
    /// `extensions.code`, such as `ACCESS_DENIED`.
    pub code: Option<String>,
}

// === impl AdminError ===

impl AdminError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::NoToken(_) | Self::Throttled { .. } | Self::Unavailable { .. } => true,
            Self::Graphql(errors) => errors
                .iter()
                .all(|error| matches!(error.code(), "INTERNAL_SERVER_ERROR" | "TIMEOUT")),
            Self::Uninstalled(_)
            | Self::TokenRefused
            | Self::User(_)
            | Self::Status { .. }
            | Self::Unreadable { .. } => false,
        }
    }

    /// Whether the operation may have had its effect.
    #[must_use]
    pub fn may_be_done(&self) -> bool {
        match self {
            Self::Unavailable { may_be_done, .. } => *may_be_done,
            Self::Graphql(_) | Self::Unreadable { .. } => true,
            Self::Uninstalled(_)
            | Self::NoToken(_)
            | Self::TokenRefused
            | Self::Throttled { .. }
            | Self::User(_)
            | Self::Status { .. } => false,
        }
    }

    /// Whether Shopify denies access: a scope, or the approval for protected customer data.
    #[must_use]
    pub fn is_access_denied(&self) -> bool {
        match self {
            Self::Graphql(errors) => errors.iter().any(|error| error.code() == "ACCESS_DENIED"),
            _ => false,
        }
    }

    /// Whether Shopify does not serve this shop: it is frozen (402), locked (423), forbidden (403) or
    /// gone (404).
    #[must_use]
    pub fn is_shop_closed(&self) -> bool {
        matches!(self, Self::Status { status: 402 | 403 | 404 | 423 })
    }

    /// Whether Shopify does not know the cursor of a connection. The error has no code of its own.
    #[must_use]
    pub fn is_invalid_cursor(&self) -> bool {
        match self {
            Self::Graphql(errors) => {
                errors.iter().any(|error| error.message.to_lowercase().contains("invalid cursor"))
            }
            _ => false,
        }
    }

    /// Whether one of the user errors has this code.
    #[must_use]
    pub fn has_user_code(&self, code: &str) -> bool {
        match self {
            Self::User(errors) => errors.iter().any(|error| error.code.as_deref() == Some(code)),
            _ => false,
        }
    }
}

impl From<TokenError> for AdminError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::NotInstalled | TokenError::NeedsReinstall(_) => Self::Uninstalled(error),
            TokenError::Subject | TokenError::App(_) | TokenError::Unavailable(_) => {
                Self::NoToken(error)
            }
        }
    }
}

impl From<AdminError> for PortError {
    fn from(error: AdminError) -> Self {
        if error.is_retryable() {
            Self::Unavailable(error.to_string())
        } else {
            Self::Corrupt(error.to_string())
        }
    }
}

// === impl GraphqlError ===

impl GraphqlError {
    pub(super) fn code(&self) -> &str {
        self.code.as_deref().unwrap_or_default()
    }
}

impl std::fmt::Display for GraphqlError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.code {
            Some(code) => write!(out, "{} ({code})", self.message),
            None => out.write_str(&self.message),
        }
    }
}

impl std::fmt::Display for UserError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.message)?;
        if let Some(field) = &self.field {
            write!(out, " at {}", field.join("."))?;
        }
        match &self.code {
            Some(code) => write!(out, " ({code})"),
            None => Ok(()),
        }
    }
}

/// The first errors as one text.
fn list<E: std::fmt::Display>(errors: &[E]) -> String {
    const LISTED_MAX: usize = 5;
    let errors: Vec<String> = errors.iter().take(LISTED_MAX).map(E::to_string).collect();
    errors.join("; ")
}

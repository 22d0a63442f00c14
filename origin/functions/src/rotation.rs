//! What is built of the secrets, and built anew when they change: a rotation reaches every warm
//! instance within [`REREAD_AFTER_MS`], and whatever is under way ends with what it began with.
//!
//! Between two requests a Lambda stands still, so there is no background task here: a request that
//! finds the secrets old reads them before it is answered. Others at the same time do not wait.

use std::sync::{Mutex, PoisonError};

use origin_adapters::{SecretText, SecretsManager};
use origin_domain::port::PortError;
use origin_domain::time::{MINUTE_MS, SECOND_MS, Time};
use tokio::sync::Mutex as AsyncMutex;

use crate::clock::Clock;
use crate::secrets::{Secrets, SecretsError};

/// How old the secrets of a warm instance may be. A key verifies everywhere for an hour before it
/// signs; a token that was stolen is of use ten minutes more.
pub const REREAD_AFTER_MS: u64 = 10 * MINUTE_MS;
/// How long an instance waits after it could not read them. Until then it goes on with what it has:
/// a shop outlives an hour without Secrets Manager.
pub const RETRY_AFTER_MS: u64 = 30 * SECOND_MS;

/// Where a deployment's secrets are.
#[derive(Debug, Clone)]
pub struct SecretSource {
    /// Who keeps them.
    pub manager: SecretsManager,
    /// Under which name.
    pub name: String,
}

/// Why the secrets can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// They can't be read.
    #[error("the secret {name}: {error}")]
    Unread {
        /// Which secret.
        name: String,
        /// Why.
        error: PortError,
    },
    /// They are read and of no use.
    #[error("the secret {name}: {error}")]
    Unusable {
        /// Which secret.
        name: String,
        /// Why.
        error: SecretsError,
    },
}

/// What `build` made of the secrets as they were at most [`REREAD_AFTER_MS`] ago.
pub struct Rotating<T> {
    source: SecretSource,
    clock: Clock,
    build: Box<dyn Fn(Secrets) -> T + Send + Sync>,
    current: Mutex<Current<T>>,
    /// One reads at a time.
    reading: AsyncMutex<()>,
}

struct Current<T> {
    built: T,
    text: SecretText,
    due: Time,
}

// === impl SecretSource ===

impl SecretSource {
    async fn read(&self) -> Result<(SecretText, Secrets), SourceError> {
        let name = || self.name.clone();
        let text = self.manager.read(&self.name).await;
        let text = text.map_err(|error| SourceError::Unread { name: name(), error })?;
        let secrets = Secrets::parse(text.reveal())
            .map_err(|error| SourceError::Unusable { name: name(), error })?;
        Ok((text, secrets))
    }
}

// === impl Rotating ===

impl<T: Clone> Rotating<T> {
    /// Reads the secrets and builds.
    ///
    /// # Errors
    /// [`SourceError`]: nothing can be served without them.
    pub async fn start(
        source: SecretSource,
        clock: Clock,
        build: impl Fn(Secrets) -> T + Send + Sync + 'static,
    ) -> Result<Self, SourceError> {
        let (text, secrets) = source.read().await?;
        let due = clock.now().plus_ms(REREAD_AFTER_MS);
        let current = Mutex::new(Current { built: build(secrets), text, due });
        Ok(Self { source, clock, build: Box::new(build), current, reading: AsyncMutex::default() })
    }

    /// What to serve this request with.
    pub async fn current(&self) -> T {
        if self.is_due()
            && let Ok(_reading) = self.reading.try_lock()
        {
            self.reread().await;
        }
        self.with(|current| current.built.clone())
    }

    fn is_due(&self) -> bool {
        let now = self.clock.now();
        self.with(|current| current.due <= now)
    }

    async fn reread(&self) {
        let read = self.source.read().await;
        let now = self.clock.now();
        match read {
            Ok((text, secrets)) => {
                // Built outside the lock; only one of us reads.
                let is_new = self.with(|current| current.text != text);
                let built = is_new.then(|| (self.build)(secrets));
                self.with(|current| {
                    current.due = now.plus_ms(REREAD_AFTER_MS);
                    if let Some(built) = built {
                        tracing::info!("the secrets were rotated");
                        (current.built, current.text) = (built, text);
                    }
                });
            }
            Err(error) => {
                tracing::error!(%error, "the secrets in use are kept");
                self.with(|current| current.due = now.plus_ms(RETRY_AFTER_MS));
            }
        }
    }

    fn with<A>(&self, look: impl FnOnce(&mut Current<T>) -> A) -> A {
        look(&mut self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

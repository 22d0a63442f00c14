//! A value built from the secrets, and rebuilt when they change: a rotation reaches every warm
//! instance within [`REREAD_AFTER_MS`], and requests in progress finish with the earlier value.
//!
//! A Lambda is frozen between two requests, so this module has no background task: a request that
//! finds the secrets too old reads them first. Concurrent requests do not wait.

use std::sync::{Mutex, PoisonError};

use domain_core::port::PortError;
use domain_core::time::{MINUTE_MS, SECOND_MS, Time};
use origin_adapters::{SecretText, SecretsManager};
use tokio::sync::Mutex as AsyncMutex;

use crate::runtime::clock::Clock;
use crate::runtime::secrets::{Secrets, SecretsError};

/// How old the secrets of a warm instance may be. A key verifies everywhere for an hour before it
/// signs; a stolen token works ten minutes longer.
pub const REREAD_AFTER_MS: u64 = 10 * MINUTE_MS;
/// How long an instance waits after a failed read. Until then it continues with the secrets it has:
/// a shop survives an hour without Secrets Manager.
pub const RETRY_AFTER_MS: u64 = 30 * SECOND_MS;

/// The location of a deployment's secrets.
#[derive(Debug, Clone)]
pub struct SecretSource {
    /// The Secrets Manager client.
    pub manager: SecretsManager,
    /// The name of the secret.
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
    /// They can be read, but not used.
    #[error("the secret {name}: {error}")]
    Unusable {
        /// Which secret.
        name: String,
        /// Why.
        error: SecretsError,
    },
}

/// The value that `build` returned for secrets at most [`REREAD_AFTER_MS`] old.
pub struct Rotating<T> {
    source: SecretSource,
    clock: Clock,
    build: Box<dyn Fn(Secrets) -> T + Send + Sync>,
    current: Mutex<Current<T>>,
    /// Held by the one request that reads.
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
    /// Reads the secrets and builds the value.
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

    /// The value for this request; rereads the secrets first if they are due.
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
                // Built outside the lock; only one request reads at a time.
                let is_new = self.with(|current| current.text != text);
                let built = is_new.then(|| (self.build)(secrets));
                self.with(|current| {
                    current.due = now.plus_ms(REREAD_AFTER_MS);
                    if let Some(built) = built {
                        tracing::info!("the secrets changed");
                        (current.built, current.text) = (built, text);
                    }
                });
            }
            Err(error) => {
                tracing::error!(%error, "can't reread the secrets; the current ones stay in use");
                self.with(|current| current.due = now.plus_ms(RETRY_AFTER_MS));
            }
        }
    }

    fn with<A>(&self, f: impl FnOnce(&mut Current<T>) -> A) -> A {
        f(&mut self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

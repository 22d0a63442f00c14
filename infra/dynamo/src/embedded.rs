//! The database and its HTTP client for the SDK.

use std::path::{Path, PathBuf};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use dynoxide::{Database, DynoxideError};

use crate::connector::Client;
use crate::faults::Faults;

/// A DynamoDB inside this process. Clones share the tables and the faults.
#[derive(Clone)]
pub struct Embedded {
    database: Database,
    faults: Faults,
}

/// Why a file could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the tables in {path}: {reason}", path = .path.display())]
pub struct OpenError {
    path: PathBuf,
    reason: String,
}

// === impl Embedded ===

impl Embedded {
    /// Opens or creates the file. An acknowledged write survives any end of the process, not
    /// necessarily a failure of the machine.
    ///
    /// # Errors
    /// If the file is not such a database, or cannot be read and written.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        path.to_str()
            .ok_or_else(|| "the path is not UTF-8".to_owned())
            .and_then(|path| open(path).map_err(|error| error.to_string()))
            .map(|database| Self { database, faults: Faults::default() })
            .map_err(|reason| OpenError::new(path, &reason))
    }

    /// Empty tables in memory, dropped with the last clone.
    ///
    /// # Errors
    /// If SQLite cannot be started.
    pub fn memory() -> Result<Self, OpenError> {
        let database = Database::memory()
            .map_err(|error| OpenError::new(Path::new(":memory:"), &error.to_string()))?;
        Ok(Self { database, faults: Faults::default() })
    }

    /// The same tables with other faults; existing clones are not affected.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }

    /// The faults between the SDK and the tables.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The HTTP client for the SDK. It uses the operation only: region, credentials and endpoint
    /// may be anything.
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.client())
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.database.clone(), self.faults.clone())
    }

    /// Deletes the items that have expired by the machine's clock, as DynamoDB does by itself
    /// within days, and returns their number. Runs on this thread, page by page.
    ///
    /// # Errors
    /// If the file fails.
    pub fn sweep_expired(&self) -> std::io::Result<usize> {
        self.database.sweep_ttl().map_err(std::io::Error::other)
    }
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedded").field("faults", &self.faults).finish_non_exhaustive()
    }
}

fn open(path: &str) -> Result<Database, DynoxideError> {
    let database = Database::new(path)?;
    // Sets `synchronous = NORMAL`: no fsync for each commit. The log is written before the answer
    // and outlives the process; only a power cut could lose the last commits.
    database.disable_bulk_loading()?;
    // A file with only its first page intact opens without error: read the list of tables, too.
    database.table_count()?;
    Ok(database)
}

// === impl OpenError ===

impl OpenError {
    /// Joins the engine's reason into one line.
    fn new(path: &Path, reason: &str) -> Self {
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { path: path.to_owned(), reason }
    }
}

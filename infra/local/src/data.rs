//! The data folder: one process at a time, and one error line when it can't be used.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::local::LocalError;

/// The bus's file.
const BUS: &str = "bus.sqlite";

/// An open data folder. The operating system releases the lock when the process ends.
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

// === impl DataFolder ===

impl DataFolder {
    pub(crate) fn open(path: &Path, fresh: bool) -> Result<Self, LocalError> {
        fs::create_dir_all(path).map_err(|error| unusable(path, &error))?;
        let folder = Self::lock(path)?;
        if fresh {
            folder.clear().map_err(|error| unusable(path, &error))?;
        }
        Ok(folder)
    }

    /// Opens a folder that holds a shop; creates none.
    pub(crate) fn open_existing(path: &Path) -> Result<Self, LocalError> {
        if !path.join(BUS).exists() {
            let message = format!("{} is empty: no Forecourt has run on it", path.display());
            return Err(LocalError::Data(message));
        }
        Self::lock(path)
    }

    fn lock(path: &Path) -> Result<Self, LocalError> {
        let lock = File::create(path.join("lock")).map_err(|error| unusable(path, &error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(LocalError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(unusable(path, &error)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn table(&self) -> PathBuf {
        self.path.join("table.sqlite")
    }

    pub(crate) fn bus(&self) -> PathBuf {
        self.path.join(BUS)
    }

    /// The admin socket of the process that serves a folder.
    pub(crate) fn admin_socket_in(path: &Path) -> PathBuf {
        path.join("door.sock")
    }

    /// Removes our databases with SQLite's side files, and nothing else.
    fn clear(&self) -> std::io::Result<()> {
        for database in [self.table(), self.bus()] {
            for suffix in ["", "-wal", "-shm", "-journal"] {
                let mut file = database.clone().into_os_string();
                file.push(suffix);
                match fs::remove_file(&file) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(error);
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> LocalError {
    LocalError::Data(format!("{} can't be used: {error}", path.display()))
}

//! The data folder: one process at a time, and one clear line when it can't be used.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::local::LocalError;

/// An open data folder. The lock goes with the process, however it ends.
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

// === impl DataFolder ===

impl DataFolder {
    pub(crate) fn open(path: &Path, fresh: bool) -> Result<Self, LocalError> {
        let unusable = |error: std::io::Error| {
            LocalError::Data(format!("{} can't be used: {error}", path.display()))
        };
        fs::create_dir_all(path).map_err(unusable)?;
        let lock = File::create(path.join("lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let told = format!("{} is in use by another process", path.display());
                return Err(LocalError::Data(told));
            }
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        let folder = Self { path: path.to_owned(), _lock: lock };
        if fresh {
            folder.clear().map_err(unusable)?;
        }
        Ok(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn table(&self) -> PathBuf {
        self.path.join("table.sqlite")
    }

    pub(crate) fn bus(&self) -> PathBuf {
        self.path.join("bus.sqlite")
    }

    /// Removes what we keep here, with SQLite's side files, and nothing else.
    fn clear(&self) -> std::io::Result<()> {
        for kept in [self.table(), self.bus()] {
            for suffix in ["", "-wal", "-shm", "-journal"] {
                let mut file = kept.clone().into_os_string();
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

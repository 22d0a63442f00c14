//! Opens the file.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags, params};

use crate::config::Durability;
use crate::error::OpenError;
use crate::faults::DELAY_MS_MAX;

/// Marks the file as a bus's: "fcbu" in SQLite's `application_id`.
const APPLICATION_ID: i64 = 0x6663_6275;

/// The schema's version, in SQLite's `user_version`.
const SCHEMA_VERSION: i64 = 2;

/// A message refers to its event instead of carrying it, so a body is stored once however many
/// rules match and however often it is replayed. `due_ms` is the earliest time of delivery;
/// `leased` is 1 during delivery.
const SCHEMA: &str = "
CREATE TABLE bus (opening INTEGER NOT NULL, created_ms INTEGER NOT NULL) STRICT;
CREATE TABLE event (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, time_s INTEGER NOT NULL, body TEXT NOT NULL,
    stored_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, event INTEGER NOT NULL,
    replay TEXT, sent_ms INTEGER NOT NULL, first_received_ms INTEGER,
    due_ms INTEGER NOT NULL, received INTEGER NOT NULL DEFAULT 0,
    leased INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX message_due ON message (queue, leased, due_ms, seq);
CREATE TABLE dead_letter (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, event INTEGER NOT NULL,
    replay TEXT, sent_ms INTEGER NOT NULL, died_ms INTEGER NOT NULL,
    received INTEGER NOT NULL, reason TEXT NOT NULL
) STRICT;
CREATE INDEX dead_letter_queue ON dead_letter (queue, seq);
";

/// From version 1, which did not know when an event was stored; its own time is close enough.
const UPGRADE_FROM_1: &str = "
ALTER TABLE event ADD COLUMN stored_ms INTEGER NOT NULL DEFAULT 0;
UPDATE event SET stored_ms = time_s * 1000;
";

const FIRST_ROW: &str = "INSERT INTO bus (opening, created_ms) VALUES (0, ?1)";

/// An open database and its metadata.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) connection: Connection,
    /// How often the file has been opened, including this time.
    pub(crate) opening: u64,
    /// When the file was created: part of the ids of its messages.
    pub(crate) created_ms: u64,
    /// Messages per queue that were not finished.
    pub(crate) unfinished: Vec<(String, u64)>,
}

/// Opens or creates the file and makes every message that was being delivered due at once.
pub(crate) fn open(path: &Path, durability: Durability, now_ms: u64) -> Result<Opened, OpenError> {
    connect(path, durability, now_ms).map_err(|error| open_error(path, error))
}

enum ConnectError {
    Foreign,
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for ConnectError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn connect(path: &Path, durability: Durability, now_ms: u64) -> Result<Opened, ConnectError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    // Exclusive: a second process fails at once instead of delivering the same messages.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    let synchronous = match durability {
        Durability::Process => "NORMAL",
        Durability::Disk => "FULL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    prepare_schema(&mut connection, now_ms)?;
    let transaction = connection.transaction()?;
    transaction.execute(
        "UPDATE message SET leased = 0, due_ms = min(due_ms, ?1) WHERE leased = 1",
        params![now_ms],
    )?;
    // A clock that was set back must not delay messages until it catches up.
    transaction.execute(
        "UPDATE message SET due_ms = ?1 WHERE due_ms > ?1",
        params![now_ms.saturating_add(DELAY_MS_MAX)],
    )?;
    transaction.execute("UPDATE bus SET opening = opening + 1", [])?;
    let (opening, created_ms) =
        transaction.query_row("SELECT opening, created_ms FROM bus", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let unfinished = transaction
        .prepare("SELECT queue, count(*) FROM message GROUP BY queue")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    transaction.commit()?;
    Ok(Opened { connection, opening, created_ms, unfinished })
}

fn prepare_schema(connection: &mut Connection, now_ms: u64) -> Result<(), ConnectError> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if (application, version, tables) == (0, 0, 0) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(SCHEMA)?;
        transaction.execute(FIRST_ROW, params![now_ms])?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        transaction.commit()?;
        return Ok(());
    }
    match (application, version) {
        (APPLICATION_ID, SCHEMA_VERSION) => Ok(()),
        (APPLICATION_ID, 1) => {
            let transaction = connection.transaction()?;
            transaction.execute_batch(UPGRADE_FROM_1)?;
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            Ok(transaction.commit()?)
        }
        _ => Err(ConnectError::Foreign),
    }
}

fn open_error(path: &Path, error: ConnectError) -> OpenError {
    let path = path.to_owned();
    let ConnectError::Sqlite(source) = error else { return OpenError::Foreign(path) };
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::InUse(path),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => OpenError::Corrupt(path),
        _ => OpenError::Io { path, source },
    }
}

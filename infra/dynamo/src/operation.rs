//! The supported operations of DynamoDB, and how the engine runs each.

use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answer::Answer;

/// The prefix of the operation's name in `x-amz-target`.
const TARGET_PREFIX: &str = "DynamoDB_20120810.";

/// The supported operations. Any other is an `UnknownOperationException`; streams would cost the
/// engine a walk over all their records on every write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    BatchGetItem,
    BatchWriteItem,
    CreateTable,
    DeleteItem,
    DeleteTable,
    DescribeTable,
    DescribeTimeToLive,
    GetItem,
    ListTables,
    PutItem,
    Query,
    Scan,
    TransactGetItems,
    TransactWriteItems,
    UpdateItem,
    UpdateTimeToLive,
}

// === impl Operation ===

impl Operation {
    /// The operation that an `x-amz-target` header names.
    pub(crate) fn from_target(target: &str) -> Option<Self> {
        Some(match target.strip_prefix(TARGET_PREFIX)? {
            "BatchGetItem" => Self::BatchGetItem,
            "BatchWriteItem" => Self::BatchWriteItem,
            "CreateTable" => Self::CreateTable,
            "DeleteItem" => Self::DeleteItem,
            "DeleteTable" => Self::DeleteTable,
            "DescribeTable" => Self::DescribeTable,
            "DescribeTimeToLive" => Self::DescribeTimeToLive,
            "GetItem" => Self::GetItem,
            "ListTables" => Self::ListTables,
            "PutItem" => Self::PutItem,
            "Query" => Self::Query,
            "Scan" => Self::Scan,
            "TransactGetItems" => Self::TransactGetItems,
            "TransactWriteItems" => Self::TransactWriteItems,
            "UpdateItem" => Self::UpdateItem,
            "UpdateTimeToLive" => Self::UpdateTimeToLive,
            _ => return None,
        })
    }

    /// Whether it is about items; the others are about tables and are never throttled.
    pub(crate) fn is_about_items(self) -> bool {
        !matches!(
            self,
            Self::CreateTable
                | Self::DeleteTable
                | Self::DescribeTable
                | Self::DescribeTimeToLive
                | Self::ListTables
                | Self::UpdateTimeToLive
        )
    }

    /// Whether all its items succeed or fail together.
    pub(crate) fn is_transaction(self) -> bool {
        matches!(self, Self::TransactGetItems | Self::TransactWriteItems)
    }

    /// Whether DynamoDB rejects it while a transaction holds one of its items.
    pub(crate) fn can_conflict(self) -> bool {
        self.is_transaction() || matches!(self, Self::DeleteItem | Self::PutItem | Self::UpdateItem)
    }

    /// Runs it to its end on this thread.
    pub(crate) fn run(self, database: &Database, body: &[u8]) -> Answer {
        match self {
            Self::BatchGetItem => call(body, |request| database.batch_get_item(request)),
            Self::BatchWriteItem => call(body, |request| database.batch_write_item(request)),
            Self::CreateTable => call(body, |request| database.create_table(request)),
            Self::DeleteItem => call(body, |request| database.delete_item(request)),
            Self::DeleteTable => call(body, |request| database.delete_table(request)),
            Self::DescribeTable => call(body, |request| database.describe_table(request)),
            Self::DescribeTimeToLive => {
                call(body, |request| database.describe_time_to_live(request))
            }
            Self::GetItem => call(body, |request| database.get_item(request)),
            Self::ListTables => call(body, |request| database.list_tables(request)),
            Self::PutItem => call(body, |request| database.put_item(request)),
            Self::Query => call(body, |request| database.query(request)),
            Self::Scan => call(body, |request| database.scan(request)),
            Self::TransactGetItems => call(body, |request| database.transact_get_items(request)),
            Self::TransactWriteItems => {
                call(body, |request| database.transact_write_items(request))
            }
            Self::UpdateItem => call(body, |request| database.update_item(request)),
            Self::UpdateTimeToLive => call(body, |request| database.update_time_to_live(request)),
        }
    }
}

fn call<Request, Response>(
    body: &[u8],
    run: impl FnOnce(Request) -> Result<Response, DynoxideError>,
) -> Answer
where
    Request: DeserializeOwned,
    Response: Serialize,
{
    match serde_json::from_slice(body).map_err(parse_error).and_then(run) {
        Ok(response) => Answer::of(&response),
        Err(error) => error.into(),
    }
}

/// The engine validates while it parses, and marks the kind of error in front of the message.
fn parse_error(error: serde_json::Error) -> DynoxideError {
    let message = error.to_string();
    match message.split_once(':') {
        Some((marker, message)) if marker.starts_with("VALIDATION") => {
            DynoxideError::ValidationException(message.to_owned())
        }
        Some((marker, message)) if marker.starts_with("SERIALIZATION") => {
            DynoxideError::SerializationException(message.to_owned())
        }
        _ => DynoxideError::SerializationException(message),
    }
}

//! The tables on DynamoDB.

mod attributes;
pub mod schema;
mod table;
mod transaction;

pub use table::DynamoTable;

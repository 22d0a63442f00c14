//! The Admin GraphQL API.

mod bad_input;
mod bulk;
mod http;
mod kinds;
mod orders;
mod recording;
mod renamed;
mod replay;
mod scopes;
mod values;

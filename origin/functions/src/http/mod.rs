//! HTTP in, HTTP out: which routes each function serves, and what all requests and responses share.

pub mod body;
pub mod bookmarks;
pub mod caller;
pub mod documentation;
pub mod functions;
pub mod http_problem;
pub mod publishing;

mod require_edge;
mod response_policy;
mod routes;

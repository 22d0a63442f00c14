//! HTTP in, HTTP out: which routes each function serves, and what all requests and responses share.

pub mod bookmarks;
pub mod documentation;
pub mod http_problem;
pub mod publishing;
pub mod routers;

mod body;
mod caller;
mod command;
mod if_match;
mod permitted;
mod problem_help;
mod require_edge;
mod response_policy;
mod routes;
mod sent_id;
mod valid_tokens;

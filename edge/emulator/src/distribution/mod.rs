//! The distribution: CloudFormation properties, parsed once, rejected where not emulated.

mod behavior;
mod cloudformation;
mod errors;
mod names;
mod origin;
mod parse;
mod path_pattern;
mod policy;
mod response_headers;
mod unsupported;

pub(crate) use behavior::{Behavior, ViewerProtocol};
pub(crate) use errors::ErrorTtls;
pub(crate) use names::NameSet;
pub(crate) use origin::OriginSettings;
pub use origin::OriginTimeouts;
pub use parse::Distribution;
#[cfg(test)]
pub(crate) use path_pattern::{PathPattern, normalised};
pub(crate) use policy::{CachePolicy, OriginRequestPolicy};
pub(crate) use response_headers::{Cors, ResponseHeadersPolicy};

//! Requests to the routes for staff.

use super::http::{Reply, send};
use super::{CliError, cli_error};
use crate::profile::Profile;

/// Staff of a shop.
#[derive(Clone, Copy)]
pub(super) struct Staff<'a> {
    /// The shop.
    pub(super) profile: &'a Profile,
    /// The staff token, instead of the profile's.
    pub(super) token: Option<&'a str>,
}

// === impl Staff ===

impl Staff<'_> {
    /// Sends a request without a body.
    pub(super) fn request(self, method: &str, path: &str) -> Result<Reply, CliError> {
        self.send(method, path, &[], &[])
    }

    /// Sends a document with its content coding.
    pub(super) fn put(
        self,
        path: &str,
        document: &[u8],
        encoding: &str,
    ) -> Result<Reply, CliError> {
        let headers = [("content-type", "application/json"), ("content-encoding", encoding)];
        self.send("PUT", path, &headers, document)
    }

    fn send(
        self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Reply, CliError> {
        let url = format!("{}{path}", self.profile.url());
        let token = match self.token {
            Some(token) => token.to_owned(),
            None => self.profile.staff_token().map_err(cli_error)?,
        };
        let authorization = format!("Bearer {token}");
        let mut all = vec![("authorization", authorization.as_str())];
        all.extend(headers);
        send(method, &url, &all, body)
    }
}

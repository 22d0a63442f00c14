//! A kind of resource as a client knows it.

use std::collections::BTreeMap;
use std::fmt::Debug;

use bytes::Bytes;
use domain_core::id::CommandId;
use http::Response;
use serde_json::Value;

use super::bookmark_jar::Bookmark;
use super::http::{ClientRequest, ErrorReply, TokenMint};
use super::oracle::ClientOracle;

/// A kind of resource: its requests, its answers, and the oracle that checks them.
pub(crate) trait Resource: Sized + 'static {
    /// What a command does.
    type Action: Debug + Clone + PartialEq;
    /// What a read is about, besides the resource.
    type Read: Debug + Clone;
    /// What a client reads from an answer.
    type Body: Debug;
    /// The oracle of this kind.
    type Oracle: ClientOracle<Self>;

    /// The method of a device that a program plays with which it sends everything that waits.
    const FLUSH: &'static str;
    /// Whether an answer that is known may be answered with 304.
    const IS_READ_ON_CONDITION: bool;

    /// A read as a call of such a device.
    fn call_of_read(read: &Self::Read) -> Call;

    /// A command as a call of such a device.
    fn call_of_action(action: &Self::Action) -> Call;

    /// What the command of a request does; `None` if the request has another form.
    fn action_of(method: &str, path: &str, body: &Value) -> Option<Self::Action>;

    /// The resource of a request by its tokens.
    fn holder(headers: &BTreeMap<String, String>) -> Option<String>;

    /// The customer who has a resource.
    fn customer(resource: &str) -> String;

    /// What a read was about that was answered with 404.
    fn unknown_read(path: &str) -> Option<Self::Read>;

    /// The request of a read.
    fn read(resource: &str, read: &Self::Read, mint: TokenMint<'_>) -> ClientRequest;

    /// The request of a command, without its bookmarks.
    fn command(command: &Command<Self>, mint: TokenMint<'_>) -> ClientRequest;

    /// The id of a command.
    fn command_id(command: &Command<Self>) -> CommandId;

    /// Whether a command merges a guest's resource into the client's own.
    fn is_merge(command: &Command<Self>) -> bool;

    /// The merge of a guest's resource.
    fn merge(guest: &str) -> Option<Self::Action>;

    /// Another action, for a client that reuses a key.
    fn other(action: &Self::Action) -> Option<Self::Action>;

    /// Reads an answer of 2xx; an error says what is wrong with it.
    fn parse(answer: &Response<Bytes>) -> Result<Self::Body, String>;

    /// The bookmark of an answer.
    fn bookmark(body: &Self::Body) -> &str;

    /// The `ETag` of an answer to a read that is repeated with a condition.
    fn etag(body: &Self::Body) -> &str;
}

/// A call of a method of a device that a program plays.
pub(crate) struct Call {
    pub(crate) method: &'static str,
    /// An array.
    pub(crate) arguments: Value,
}

/// An action with its resource and its key: what is sent and resent.
pub(crate) struct Command<R: Resource> {
    pub(crate) resource: String,
    pub(crate) key: String,
    pub(crate) action: R::Action,
}

/// An answer that a client received.
pub(crate) struct ReceivedAnswer<'a, R: Resource> {
    pub(crate) client: usize,
    pub(crate) resource: &'a str,
    /// The bookmarks of the request, by the client's numbers for them.
    pub(crate) sent: &'a BTreeMap<u64, Bookmark>,
    pub(crate) body: &'a R::Body,
    /// The client's number for the bookmark of the answer.
    pub(crate) number: u64,
    pub(crate) is_shown: bool,
    /// The client's command that this acknowledges.
    pub(crate) acknowledged: Option<usize>,
}

/// An error that a client received.
pub(crate) struct ReceivedRejection<'a> {
    pub(crate) client: usize,
    /// The number of the command.
    pub(crate) number: usize,
    /// When the request was sent.
    pub(crate) sent_at_ms: u64,
    pub(crate) error: &'a ErrorReply,
}

// === impl Command ===

impl<R: Resource> Debug for Command<R> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} {} {:?}", self.resource, self.key, self.action)
    }
}

impl<R: Resource> Clone for Command<R> {
    fn clone(&self) -> Self {
        let Self { resource, key, action } = self;
        Self { resource: resource.clone(), key: key.clone(), action: action.clone() }
    }
}

//! The messages between clients, edges and instances.

use std::rc::Rc;

use domain_cart::{CartItem, Contents};
use domain_core::id::digest;
use domain_core::resource::Answer;

use crate::command::Command;

/// A request with the bookmarks of its client.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    /// `GET /v1/cart`.
    Read { cart: String, bookmarks: Vec<String>, if_none_match: Option<String> },
    /// A command, for the first time or as a retry.
    Command { command: Rc<Command>, bookmarks: Vec<String> },
}

/// The reply to a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// 200 or 202.
    Cart(Rc<Body>),
    /// 304.
    NotModified,
    /// 409: the cart was merged into another; with a bookmark if that cart contains the command of
    /// the request.
    Merged(Option<String>),
    /// An error.
    Error(ErrorReply),
}

/// A cart as one client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) contents: Contents,
    pub(crate) version: u64,
    pub(crate) bookmark: String,
    pub(crate) is_reset: bool,
    pub(crate) etag: String,
}

/// Why the answer has no cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ErrorReply {
    /// 400: a bookmark that does not verify.
    Bookmark,
    /// 409: the key belongs to another command.
    Conflict,
    /// 410: the key was first used too long ago.
    Expired,
    /// 409: the cart was merged into another, and the command did not count.
    Merged,
    /// 422 or 429.
    Limit,
    /// 422: there is no such line.
    LineUnknown,
    /// 5xx: the outcome is unknown.
    Unavailable,
}

// === impl Body ===

impl Body {
    /// The hash of everything that the client sees.
    pub(crate) fn tag(answer: &Answer<CartItem>, bookmark: &str) -> String {
        let Answer { view: contents, version, reset, .. } = answer;
        let mut hashed = format!("{version} {reset} ");
        for line in contents.lines.values() {
            hashed.push_str(line.offer.variant_id.as_deref().unwrap_or_default());
            hashed.push_str(&format!(" {} {} ", line.quantity, line.offer.price.0));
        }
        for (name, value) in &contents.attributes {
            hashed.push_str(&format!("{name}={value} "));
        }
        let digest = digest("etag", &[hashed.as_bytes(), bookmark.as_bytes()]);
        digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

//! What travels between clients, edges and instances.

use std::rc::Rc;

use origin_domain::cart::{Answer, Contents};
use origin_domain::id::digest;

use crate::ask::Command;

/// A request with everything its client has seen of the cart.
#[derive(Debug, Clone)]
pub(crate) enum Request {
    /// `GET /v1/cart`.
    Read { cart: String, bookmarks: Vec<String>, if_none_match: Option<String> },
    /// A command, for the first time or again.
    Command { command: Rc<Command>, bookmarks: Vec<String> },
}

/// What comes back.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// 200 or 202.
    Cart(Rc<Body>),
    /// 304.
    NotModified,
    /// 409: the cart went into another; with a bookmark if it knows the command of the request.
    Merged(Option<String>),
    /// An error.
    Refused(Refused),
}

/// A cart as one client is shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) contents: Contents,
    pub(crate) version: u64,
    pub(crate) bookmark: String,
    pub(crate) is_reset: bool,
    pub(crate) etag: String,
}

/// Why there is no cart in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Refused {
    /// 400: a bookmark that does not verify.
    Bookmark,
    /// 409: the key belongs to another content.
    Conflict,
    /// 410: the key was first used too long ago.
    Expired,
    /// 409: the cart went into another, and the command did not count.
    Merged,
    /// 422 or 429.
    Limit,
    /// 422: the line is not there.
    LineUnknown,
    /// 5xx: the fate is unknown.
    Unavailable,
}

// === impl Body ===

impl Body {
    /// The hash of everything a client is shown.
    pub(crate) fn tag(answer: &Answer, bookmark: &str) -> String {
        let Answer { contents, version, reset, .. } = answer;
        let mut shown = format!("{version} {reset} ");
        for line in contents.lines.values() {
            shown.push_str(line.offer.variant_id.as_deref().unwrap_or_default());
            shown.push_str(&format!(" {} {} ", line.quantity, line.offer.price.0));
        }
        for (name, value) in &contents.attributes {
            shown.push_str(&format!("{name}={value} "));
        }
        let digest = digest("etag", &[shown.as_bytes(), bookmark.as_bytes()]);
        digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

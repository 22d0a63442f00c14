//! Bookmarks: every one that is sent must verify; those the route can use are forwarded, in one
//! form.

use edge_wire::bookmark::{HEADER_BYTES_MAX, PER_REQUEST_MAX, PER_RESOURCE_MAX, Sealed, verify};
use edge_wire::identity::{Identity, Kind};
use edge_wire::keys::KeyRing;
use edge_wire::problem::{Code, Problem};
use edge_wire::resource::Resource;
use edge_wire::routes::{Caller, Route};

use crate::inputs::ClientInputs;
use crate::rejection::Rejection;

/// The header for the origin, or none.
pub(crate) fn collect(
    inputs: &ClientInputs<'_>,
    route: &Route,
    identities: &[Identity],
    keys: &KeyRing,
) -> Result<Option<String>, Rejection> {
    let reach = Reach::of(route);
    if reach == Reach::None {
        return Ok(None);
    }
    let mut sealed = verify_all(inputs.bookmarks(), keys).map_err(|message| {
        Problem::new(Code::BookmarkInvalid, "Drop the bookmarks of this request and read again.")
            .at(inputs.places.bookmarks, message)
    })?;
    if reach == Reach::Identity {
        // The customer beside an own cart is no caller that the route names.
        let is_named = |it: &&Identity| {
            let of_kind = |caller: &Caller| {
                let (Caller::Must(kind) | Caller::May(kind)) = caller;
                *kind == it.kind
            };
            route.callers.iter().any(of_kind)
        };
        let is_own = |it: &Sealed<'_>| {
            identities.iter().filter(is_named).any(|identity| is_about(&it.resource, identity))
        };
        sealed.retain(is_own);
    }
    let mut texts: Vec<&str> = sealed.iter().map(|bookmark| bookmark.text).collect();
    texts.sort_unstable();
    texts.dedup();
    Ok((!texts.is_empty()).then(|| texts.join(",")))
}

/// Which bookmarks a route can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// None: its answer is the same for every viewer.
    None,
    /// Those of its one identity.
    Identity,
    /// Any: a route of several identities (a customer takes a cart, a cart joins another) may
    /// answer with a cart that no token here names, and it is never cached.
    Any,
}

// === impl Reach ===

impl Reach {
    fn of(route: &Route) -> Self {
        let has_resource = |caller: &&Caller| {
            let (Caller::Must(kind) | Caller::May(kind)) = caller;
            matches!(kind, Kind::Cart | Kind::Customer)
        };
        match route.callers.iter().filter(has_resource).count() {
            0 => Self::None,
            1 => Self::Identity,
            _ => Self::Any,
        }
    }
}

fn verify_all<'a>(
    texts: impl Iterator<Item = &'a str>,
    keys: &KeyRing,
) -> Result<Vec<Sealed<'a>>, &'static str> {
    let mut sealed: Vec<Sealed<'a>> = Vec::new();
    let mut bytes = 0;
    for text in texts {
        // Each with the comma that would follow it.
        bytes += text.len() + 1;
        if bytes > HEADER_BYTES_MAX + 1 {
            return Err("holds more than 6 KB");
        }
        if sealed.len() == PER_REQUEST_MAX {
            return Err("holds more than eight bookmarks");
        }
        let bookmark = verify(keys, text).map_err(|_| "holds one that does not verify")?;
        let siblings = sealed.iter().filter(|other| other.resource == bookmark.resource).count();
        if siblings == PER_RESOURCE_MAX {
            return Err("holds more than four of one resource");
        }
        sealed.push(bookmark);
    }
    Ok(sealed)
}

fn is_about(resource: &Resource, identity: &Identity) -> bool {
    match (resource, identity.kind) {
        (Resource::Cart(id), Kind::Cart) | (Resource::Loyalty(id), Kind::Customer) => {
            *id == identity.id
        }
        _ => false,
    }
}

//! Bookmarks between the wire and the domain. The origin verifies every one again.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use domain_core::bookmark::{Bookmark, PENDING_MAX, Pending};
use domain_core::resource::{self, Answer, Reader};
use domain_core::time::Time;
use edge_wire::bookmark::{
    HEADER_BYTES_MAX, PER_REQUEST_MAX, PER_RESOURCE_MAX, Payload, Pending as WirePending, Sealed,
    seal, verify,
};
use edge_wire::headers::BOOKMARK;
use edge_wire::keys::KeyRing;
use edge_wire::problem::Code;
use edge_wire::resource::Resource;
use http::HeaderMap;
use http::request::Parts;

use crate::http::caller::Holder;
use crate::http::http_problem::HttpProblem;
use crate::runtime::clock::Clock;
use crate::runtime::shop::Shop;

/// What a client has read of one resource, according to its bookmarks.
#[derive(Debug, Clone)]
pub struct ClientView {
    resource: Resource,
    /// All bookmarks, merged.
    pub merged: Bookmark,
    /// The bookmark sent, if there was exactly one and its key still signs: the reply repeats it
    /// if nothing has changed.
    reusable: Option<String>,
}

/// A caller who holds a resource, and what they have read of it.
pub(crate) struct Client<H> {
    pub(crate) holder: H,
    pub(crate) view: ClientView,
}

impl<H: Holder> FromRequestParts<Arc<Shop>> for Client<H> {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> Result<Self, HttpProblem> {
        let holder = H::from_request_parts(parts, shop).await?;
        let view = ClientView::read(&shop.config.keys, &parts.headers, holder.resource())?;
        Ok(Self { holder, view })
    }
}

// === impl ClientView ===

impl ClientView {
    /// Reads the bookmarks of `resource` from a request; those of other resources are ignored.
    ///
    /// # Errors
    /// 400 `bookmark-invalid` for one that does not verify, or for too many.
    pub fn read(
        keys: &KeyRing,
        headers: &HeaderMap,
        resource: Resource,
    ) -> Result<Self, HttpProblem> {
        let mut texts: BTreeSet<&str> = BTreeSet::new();
        let mut bytes = 0;
        for header in headers.get_all(BOOKMARK) {
            let header = header.to_str().map_err(|_| invalid("it is not text"))?;
            bytes += header.len();
            texts.extend(header.split(',').map(str::trim).filter(|text| !text.is_empty()));
        }
        if bytes > HEADER_BYTES_MAX || texts.len() > PER_REQUEST_MAX {
            return Err(invalid("a request takes at most 8 bookmarks of 6 KB together"));
        }
        let mut own: Vec<Sealed<'_>> = Vec::new();
        for text in texts {
            let sealed = verify(keys, text).map_err(|error| invalid(&error.to_string()))?;
            if sealed.resource == resource {
                own.push(sealed);
            }
        }
        if own.len() > PER_RESOURCE_MAX {
            return Err(invalid("a request takes at most 4 bookmarks of one resource"));
        }
        let opened: Result<Vec<_>, _> = own.iter().map(Sealed::open).collect();
        let opened = opened.map_err(|error| invalid(&error.to_string()))?;
        let reusable = match own.as_slice() {
            [only] if only.is_current() => Some(only.text.to_owned()),
            _ => None,
        };
        let merged = Bookmark::merge(opened.into_iter().map(from_payload));
        Ok(Self { resource, merged, reusable })
    }

    /// The resource with this id as the client sees it.
    ///
    /// # Errors
    /// The port's, or 409 if the resource was merged into another.
    pub async fn answer<R: resource::Resource>(
        &self,
        reader: &impl Reader<R>,
        id: &str,
        clock: &Clock,
    ) -> Result<Answer<R>, HttpProblem> {
        let read = reader.read(id, &self.merged).await?;
        Ok(read.answer(&self.merged, clock.now())?)
    }

    /// The bookmark of an answer: the one sent, byte for byte, if its content is unchanged.
    ///
    /// # Errors
    /// 429 while more commands are pending together than a bookmark holds: several tabs were
    /// faster than the bus. The client keeps its bookmarks and reads again.
    pub fn reply(&self, keys: &KeyRing, bookmark: &Bookmark) -> Result<String, HttpProblem> {
        if bookmark.pending.len() > PENDING_MAX {
            let detail = "Keep your bookmarks and read again: your changes are on their way.";
            return Err(HttpProblem::new(Code::TooManyPending, detail));
        }
        Ok(match &self.reusable {
            Some(sent) if *bookmark == self.merged => sent.clone(),
            _ => seal(keys, &self.resource, &to_payload(bookmark)),
        })
    }
}

fn from_payload(payload: Payload) -> Bookmark {
    let pending = |wire: WirePending| Pending { time: Time(wire.time), id: wire.id.into() };
    Bookmark {
        floor: payload.floor,
        pending: payload.pending.into_iter().map(pending).collect(),
        moment: Time(payload.moment),
    }
}

fn to_payload(bookmark: &Bookmark) -> Payload {
    let pending = |own: &Pending| WirePending { time: own.time.0, id: own.id.bytes() };
    Payload {
        floor: bookmark.floor,
        pending: bookmark.pending.iter().map(pending).collect(),
        moment: bookmark.moment.0,
    }
}

fn invalid(reason: &str) -> HttpProblem {
    HttpProblem::new(
        Code::BookmarkInvalid,
        "Drop the bookmarks that this request sent, and only those, and read again.",
    )
    .at(format!("header:{BOOKMARK}"), reason)
}

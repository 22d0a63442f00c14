//! An edge: it also caches personal answers, by identity and bookmarks.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use edge_wire::bookmark::{Payload, verify};
use tokio::sync::oneshot;

use super::origin::Origin;
use super::request::{Body, ErrorReply, Reply, Request};
use crate::coverage::Coverage;
use crate::executor::TaskGroup;
use crate::mutant::Mutant;

/// How long an answer stays fresh: `s-maxage=5`.
const FRESH_MS: u64 = 5_000;

/// One edge location.
pub(crate) struct Edge {
    origin: Rc<Origin>,
    group: TaskGroup,
    objects: RefCell<HashMap<String, Object>>,
    /// The requests that wait for one origin request, by cache key; the first one started it.
    flights: RefCell<HashMap<String, Vec<oneshot::Sender<Option<Reply>>>>>,
}

/// A cached answer; a stale one is used for revalidation.
#[derive(Clone)]
struct Object {
    body: Rc<Body>,
    fresh_until_ms: u64,
}

// === impl Edge ===

impl Edge {
    pub(crate) fn new(origin: Rc<Origin>) -> Self {
        let group = origin.executor.new_group();
        Self { origin, group, objects: RefCell::default(), flights: RefCell::default() }
    }

    pub(crate) async fn handle(self: Rc<Self>, request: Request) -> Reply {
        let Request::Read { cart, mut bookmarks, if_none_match } = request else {
            return self.origin.call(request).await;
        };
        bookmarks.sort();
        let key = self.key(&cart, &bookmarks);
        let reply = match self.fresh(&key) {
            Some(body) => {
                self.count(Coverage::EdgeHit);
                Reply::Cart(body)
            }
            None => Rc::clone(&self).fetch_shared(key, cart, bookmarks).await,
        };
        match reply {
            Reply::Cart(body) if Some(&body.etag) == if_none_match.as_ref() => Reply::NotModified,
            reply => reply,
        }
    }

    /// Shares the origin request with every request of the same key. An answer that must not be
    /// cached is not shared either: the waiting requests then go to the origin themselves.
    async fn fetch_shared(
        self: Rc<Self>,
        key: String,
        cart: String,
        bookmarks: Vec<String>,
    ) -> Reply {
        let (sender, receiver) = oneshot::channel();
        let is_leader = {
            let mut flights = self.flights.borrow_mut();
            let waiting = flights.entry(key.clone()).or_default();
            waiting.push(sender);
            waiting.len() == 1
        };
        if is_leader {
            let (edge, key, cart, bookmarks) =
                (Rc::clone(&self), key.clone(), cart.clone(), bookmarks.clone());
            self.origin.executor.spawn(&self.group, async move {
                let (reply, is_cached) = edge.fetch(&key, cart, bookmarks).await;
                let waiting = edge.flights.borrow_mut().remove(&key).unwrap_or_default();
                for (place, sender) in waiting.into_iter().enumerate() {
                    let shared = (is_cached || place == 0).then(|| reply.clone());
                    // The viewer may have disconnected.
                    let _ = sender.send(shared);
                }
            });
        } else {
            self.count(Coverage::Collapsed);
        }
        match receiver.await {
            Ok(Some(reply)) => reply,
            Ok(None) => self.fetch(&key, cart, bookmarks).await.0,
            Err(_) => Reply::Error(ErrorReply::Unavailable),
        }
    }

    /// Sends a request to the origin, conditionally if there is a stale answer; returns whether the
    /// answer is cached.
    async fn fetch(&self, key: &str, cart: String, bookmarks: Vec<String>) -> (Reply, bool) {
        let stale = self.objects.borrow().get(key).cloned();
        let if_none_match = stale.as_ref().map(|object| object.body.etag.clone());
        let request = Request::Read { cart, bookmarks, if_none_match };
        let body = match (self.origin.call(request).await, stale) {
            (Reply::Cart(body), _) => body,
            (Reply::NotModified, Some(stale)) => stale.body,
            (reply, _) => return (reply, false),
        };
        // After a cart has ended, its next life may reach the same version, and its bookmarks the
        // same bytes.
        let is_cached = !body.is_reset || self.origin.mutant == Some(Mutant::ResetKept);
        if is_cached {
            let fresh_until_ms = self.origin.faults.timeline.now_ms() + FRESH_MS;
            let object = Object { body: Rc::clone(&body), fresh_until_ms };
            self.objects.borrow_mut().insert(key.to_owned(), object);
        }
        (Reply::Cart(body), is_cached)
    }

    fn fresh(&self, key: &str) -> Option<Rc<Body>> {
        let faults = &self.origin.faults;
        if faults.occurs(faults.profile.evicted) {
            self.objects.borrow_mut().remove(key);
        }
        let objects = self.objects.borrow();
        let object = objects.get(key)?;
        let is_fresh = faults.timeline.now_ms() < object.fresh_until_ms;
        let is_usable = is_fresh || self.origin.mutant == Some(Mutant::KeptForGood);
        is_usable.then(|| Rc::clone(&object.body))
    }

    /// The cache key: identity and bookmarks, which the edge does not open. Mutants omit parts of
    /// them.
    fn key(&self, cart: &str, bookmarks: &[String]) -> String {
        let opened = || -> Vec<Payload> {
            let opened = bookmarks.iter().map(|text| verify(self.origin.keys.all(), text)?.open());
            opened.filter_map(Result::ok).collect()
        };
        match self.origin.mutant {
            Some(Mutant::KeyWithoutIdentity) => {
                // The subject of a bookmark is an identity, too.
                if bookmarks.is_empty() { String::new() } else { bookmarks.join(",") }
            }
            Some(Mutant::KeyWithoutFloor) => {
                let pending: Vec<_> = opened().into_iter().map(|payload| payload.pending).collect();
                format!("{cart} {pending:?}")
            }
            Some(Mutant::KeyWithoutPending) => {
                let floors: Vec<_> = opened().into_iter().map(|payload| payload.floor).collect();
                format!("{cart} {floors:?}")
            }
            _ => format!("{cart} {}", bookmarks.join(",")),
        }
    }

    fn count(&self, coverage: Coverage) {
        self.origin.oracle.lock().count(coverage);
    }
}

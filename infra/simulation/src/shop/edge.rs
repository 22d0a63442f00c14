//! An edge: it keeps personal answers too, under whose they are and what their client has seen.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use edge_wire::bookmark::{Payload, verify};
use tokio::sync::oneshot;

use super::origin::Origin;
use super::request::{Body, Refused, Reply, Request};
use crate::bug::Bug;
use crate::counts::Occasion;
use crate::crew::Life;

/// How long an answer stays fresh: `s-maxage=5`.
const FRESH_MS: u64 = 5_000;

/// One edge location.
pub(crate) struct Edge {
    origin: Rc<Origin>,
    life: Life,
    objects: RefCell<HashMap<String, Object>>,
    /// Who waits for an origin's answer under a key, the one that asked first.
    flights: RefCell<HashMap<String, Vec<oneshot::Sender<Option<Reply>>>>>,
}

/// What is kept under a key; stale, it is still good for asking whether it has changed.
#[derive(Clone)]
struct Object {
    body: Rc<Body>,
    fresh_until_ms: u64,
}

// === impl Edge ===

impl Edge {
    pub(crate) fn new(origin: Rc<Origin>) -> Self {
        let life = origin.crew.life();
        Self { origin, life, objects: RefCell::default(), flights: RefCell::default() }
    }

    pub(crate) async fn handle(self: Rc<Self>, request: Request) -> Reply {
        let Request::Read { cart, mut bookmarks, if_none_match } = request else {
            return self.origin.ask(request).await;
        };
        bookmarks.sort();
        let key = self.key(&cart, &bookmarks);
        let reply = match self.fresh(&key) {
            Some(body) => {
                self.note(Occasion::EdgeHit);
                Reply::Cart(body)
            }
            None => Rc::clone(&self).obtain(key, cart, bookmarks).await,
        };
        match reply {
            Reply::Cart(body) if Some(&body.etag) == if_none_match.as_ref() => Reply::NotModified,
            reply => reply,
        }
    }

    /// Shares the way to the origin with whoever asks under the same key. What turns out not to be
    /// for keeping is not for sharing either: those who waited then go themselves.
    async fn obtain(self: Rc<Self>, key: String, cart: String, bookmarks: Vec<String>) -> Reply {
        let (tell, told) = oneshot::channel();
        let is_leader = {
            let mut flights = self.flights.borrow_mut();
            let waiting = flights.entry(key.clone()).or_default();
            waiting.push(tell);
            waiting.len() == 1
        };
        if is_leader {
            let (edge, key, cart, bookmarks) =
                (Rc::clone(&self), key.clone(), cart.clone(), bookmarks.clone());
            self.origin.crew.spawn(&self.life, async move {
                let (reply, is_kept) = edge.fetch(&key, cart, bookmarks).await;
                let waiting = edge.flights.borrow_mut().remove(&key).unwrap_or_default();
                for (place, tell) in waiting.into_iter().enumerate() {
                    let shared = (is_kept || place == 0).then(|| reply.clone());
                    // A viewer may have gone away.
                    let _ = tell.send(shared);
                }
            });
        } else {
            self.note(Occasion::Collapsed);
        }
        match told.await {
            Ok(Some(reply)) => reply,
            Ok(None) => self.fetch(&key, cart, bookmarks).await.0,
            Err(_) => Reply::Refused(Refused::Unavailable),
        }
    }

    /// Asks the origin, conditionally if there is something to revalidate; whether the answer is
    /// kept.
    async fn fetch(&self, key: &str, cart: String, bookmarks: Vec<String>) -> (Reply, bool) {
        let stale = self.objects.borrow().get(key).cloned();
        let if_none_match = stale.as_ref().map(|object| object.body.etag.clone());
        let request = Request::Read { cart, bookmarks, if_none_match };
        let body = match (self.origin.ask(request).await, stale) {
            (Reply::Cart(body), _) => body,
            (Reply::NotModified, Some(stale)) => stale.body,
            (reply, _) => return (reply, false),
        };
        // Another life of the cart may reach the same version, and its bookmarks the same bytes.
        let is_kept = !body.is_reset || self.origin.bug == Some(Bug::ResetKept);
        if is_kept {
            let fresh_until_ms = self.origin.sky.timeline.now_ms() + FRESH_MS;
            let object = Object { body: Rc::clone(&body), fresh_until_ms };
            self.objects.borrow_mut().insert(key.to_owned(), object);
        }
        (Reply::Cart(body), is_kept)
    }

    fn fresh(&self, key: &str) -> Option<Rc<Body>> {
        let sky = &self.origin.sky;
        if sky.strikes(sky.weather.evicted) {
            self.objects.borrow_mut().remove(key);
        }
        let objects = self.objects.borrow();
        let object = objects.get(key)?;
        let is_fresh = sky.timeline.now_ms() < object.fresh_until_ms;
        let is_usable = is_fresh || self.origin.bug == Some(Bug::KeptForGood);
        is_usable.then(|| Rc::clone(&object.body))
    }

    /// Identity and bookmarks, which nobody here opens, unless they are to be left out wrongly.
    fn key(&self, cart: &str, bookmarks: &[String]) -> String {
        let opened = || -> Vec<Payload> {
            let opened = bookmarks.iter().map(|text| verify(self.origin.keys.all(), text)?.open());
            opened.filter_map(Result::ok).collect()
        };
        match self.origin.bug {
            Some(Bug::KeyWithoutIdentity) => {
                // What a bookmark is about is a kind of identity, too.
                if bookmarks.is_empty() { String::new() } else { bookmarks.join(",") }
            }
            Some(Bug::KeyWithoutFloor) => {
                let pending: Vec<_> = opened().into_iter().map(|payload| payload.pending).collect();
                format!("{cart} {pending:?}")
            }
            Some(Bug::KeyWithoutPending) => {
                let floors: Vec<_> = opened().into_iter().map(|payload| payload.floor).collect();
                format!("{cart} {floors:?}")
            }
            _ => format!("{cart} {}", bookmarks.join(",")),
        }
    }

    fn note(&self, occasion: Occasion) {
        self.origin.bench.judge().note(occasion);
    }
}

//! One instance: what the routes of the cart do between the wire and the domain, on the real cache,
//! the real desk and real bookmarks.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use edge_wire::headers::BOOKMARK;
use edge_wire::resource::Resource;
use http::{HeaderMap, HeaderValue};
use origin_domain::bookmark::{Bookmark, Pending};
use origin_domain::cart::{self, Answer, CartWriter, Carts as _, Desk, Intent, MergeIntent};
use origin_domain::event::Events;
use origin_domain::idempotency::{CommandLog, CommandRecord, Fingerprint};
use origin_domain::port::PortError;
use origin_domain::time::Time;
use origin_functions::bookmarks::Shown;
use origin_functions::clock::Clock;

use super::keys::Rings;
use super::request::{Body, Refused, Reply, Request};
use crate::ask::{Ask, Command};
use crate::bug::Bug;
use crate::dice::Dice;
use crate::sabotage::{SuspectBus, SuspectCarts, SuspectLog, answered};

/// Prices change from one acceptance to the next: a retry that resolves anew is found out.
const PRICES: u64 = 4;

/// One instance on these ports.
pub(crate) struct Instance<S, L, E> {
    carts: SuspectCarts<S>,
    desk: Desk<SuspectCarts<S>, SuspectLog<L>, SuspectBus<E>>,
    clock: Clock,
    keys: Rings,
    dice: Dice,
    bug: Option<Bug>,
    first_answers: FirstAnswers,
}

/// What a shop that answers retries with the stored body would have stored.
pub(crate) type FirstAnswers = Rc<RefCell<HashMap<String, Rc<Body>>>>;

/// What an instance is given.
pub(crate) struct Fittings<S, L, E> {
    pub(crate) carts: S,
    pub(crate) log: L,
    pub(crate) events: E,
    pub(crate) clock: Clock,
    pub(crate) keys: Rings,
    pub(crate) dice: Dice,
    pub(crate) bug: Option<Bug>,
    pub(crate) first_answers: FirstAnswers,
}

// === impl Instance ===

impl<S: CartWriter + Clone, L: CommandLog + Clone, E: Events> Instance<S, L, E> {
    pub(crate) fn new(fittings: Fittings<S, L, E>) -> Self {
        let Fittings { carts, log, events, clock, keys, dice, bug, first_answers } = fittings;
        let carts = SuspectCarts::new(carts, clock.clone(), bug);
        let log = SuspectLog::new(log, clock.clone(), bug);
        let events = SuspectBus::new(events, &log, bug);
        let desk = Desk { carts: carts.clone(), log, events };
        Self { carts, desk, clock, keys, dice, bug, first_answers }
    }

    pub(crate) async fn serve(&self, request: &Request) -> Reply {
        let served = match request {
            Request::Read { cart, bookmarks, if_none_match } => {
                match self.read(cart, bookmarks).await {
                    Ok(body) if Some(&body.etag) == if_none_match.as_ref() => {
                        return Reply::NotModified;
                    }
                    read => read.map(Rc::new),
                }
            }
            Request::Command { command, bookmarks } => match &command.ask {
                Ask::Merge { guest } => self.merge(&command.cart, guest, bookmarks).await,
                _ => self.command(command, bookmarks).await,
            },
        };
        served.map_or_else(|reply| reply, Reply::Cart)
    }

    async fn read(&self, cart: &str, bookmarks: &[String]) -> Result<Body, Reply> {
        let shown = self.shown(cart, bookmarks)?;
        let pending: Vec<Pending> = shown.merged.pending.iter().copied().collect();
        let read = self.carts.read(cart, shown.merged.floor, &pending).await?;
        let answer = answered(&read, &shown.merged, self.clock.now(), self.bug)?;
        Ok(self.body(&shown, answer)?)
    }

    async fn command(&self, command: &Command, bookmarks: &[String]) -> Result<Rc<Body>, Reply> {
        let shown = self.shown(&command.cart, bookmarks)?;
        let (method, path, body) = command.ask.request();
        let mut intent = Intent {
            cart: command.cart.clone(),
            key: command.key.clone(),
            fingerprint: Fingerprint::of(method, &path, body.as_bytes()),
            bookmark: shown.merged.clone(),
            now: self.clock.now(),
        };
        if self.bug == Some(Bug::RetryOfAnyAge) {
            intent.now = self.young_again(&intent).await?;
        }
        let price = 1_000 + i64::try_from(self.dice.below(PRICES)).unwrap_or(0);
        let accepted = match self.desk.accept(&intent, command.ask.wish(price)).await {
            Err(cart::Refusal::Merged { accepted: Some(bookmark), .. }) => {
                return Err(Reply::Merged(Some(self.sealed(&shown, &bookmark)?)));
            }
            accepted => accepted?,
        };
        let body = Rc::new(self.body(&shown, accepted.answer)?);
        if self.bug == Some(Bug::RetryAnswersStoredBody) {
            let mut first_answers = self.first_answers.borrow_mut();
            return Ok(Rc::clone(first_answers.entry(command.key.clone()).or_insert(body)));
        }
        Ok(body)
    }

    async fn merge(
        &self,
        cart: &str,
        guest: &str,
        bookmarks: &[String],
    ) -> Result<Rc<Body>, Reply> {
        let (shown, guests) = (self.shown(cart, bookmarks)?, self.shown(guest, bookmarks)?);
        let is_forgetful = self.bug == Some(Bug::GuestPendingLost);
        let intent = MergeIntent {
            cart: cart.to_owned(),
            guest: guest.to_owned(),
            bookmark: shown.merged.clone(),
            guest_bookmark: if is_forgetful { Bookmark::default() } else { guests.merged },
            now: self.clock.now(),
        };
        let merged = self.desk.merge(&intent).await?;
        Ok(Rc::new(self.body(&shown, merged.answer)?))
    }

    fn shown(&self, cart: &str, bookmarks: &[String]) -> Result<Shown, Refused> {
        let mut headers = HeaderMap::new();
        if !bookmarks.is_empty() {
            let value =
                HeaderValue::from_str(&bookmarks.join(",")).map_err(|_| Refused::Bookmark)?;
            headers.insert(BOOKMARK, value);
        }
        let resource = Resource::Cart(cart.to_owned());
        Shown::read(self.keys.now(), &headers, resource).map_err(|_| Refused::Bookmark)
    }

    fn body(&self, shown: &Shown, answer: Answer) -> Result<Body, Refused> {
        let bookmark = self.sealed(shown, &answer.bookmark)?;
        let etag = match self.bug {
            Some(Bug::EtagIsVersion) => answer.version.to_string(),
            _ => Body::tag(&answer, &bookmark),
        };
        let Answer { contents, version, reset, .. } = answer;
        Ok(Body { contents, version, bookmark, is_reset: reset, etag })
    }

    /// More pending than a bookmark holds: a client asks again, a command with the same key.
    fn sealed(&self, shown: &Shown, bookmark: &Bookmark) -> Result<String, Refused> {
        shown.reply(self.keys.now(), bookmark).map_err(|_| Refused::Unavailable)
    }

    /// The time of the first attempt, as if no time had passed since.
    async fn young_again(&self, intent: &Intent) -> Result<Time, PortError> {
        let resource = format!("cart/{}", intent.cart);
        let id = origin_domain::id::CommandId::of_key(&resource, &intent.key);
        let record: Option<CommandRecord> = self.desk.log.find(id).await?;
        Ok(record.map_or(intent.now, |record| record.command.time.min(intent.now)))
    }
}

// === impl Reply ===

impl From<Refused> for Reply {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<PortError> for Reply {
    fn from(_: PortError) -> Self {
        Self::Refused(Refused::Unavailable)
    }
}

impl From<cart::MergedInto> for Reply {
    fn from(_: cart::MergedInto) -> Self {
        Self::Merged(None)
    }
}

impl From<cart::Refusal> for Reply {
    fn from(refusal: cart::Refusal) -> Self {
        Self::Refused(match refusal {
            cart::Refusal::Merged { .. } => return Self::Merged(None),
            cart::Refusal::LineUnknown => Refused::LineUnknown,
            cart::Refusal::Limit(_) => Refused::Limit,
            cart::Refusal::Conflict | cart::Refusal::NotAGuest => Refused::Conflict,
            cart::Refusal::Expired => Refused::Expired,
            cart::Refusal::Port(_) => Refused::Unavailable,
        })
    }
}

//! One instance: the code of the cart routes between the wire and the domain, with the real cache,
//! the real command handler and real bookmarks.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use domain_cart::{CartEvent, CartItem, CartRejection, CartWriter, MergeRequest};
use domain_core::bookmark::Bookmark;
use domain_core::event::Events;
use domain_core::idempotency::Fingerprint;
use domain_core::port::PortError;
use domain_core::resource::{
    Answer, CommandLog, CommandRequest, Commands, MergedInto, Reader as _, Rejection,
};
use domain_core::time::Time;
use edge_wire::headers::BOOKMARK;
use edge_wire::resource::Resource;
use http::{HeaderMap, HeaderValue};
use origin_functions::http::bookmarks::ClientView;
use origin_functions::runtime::clock::Clock;

use super::keys::InstanceKeys;
use super::request::{Body, ErrorReply, Reply, Request};
use crate::command::{ClientAction, Command};
use crate::mutant::Mutant;
use crate::mutants::{MutantBus, MutantCarts, MutantLog, mutant_answer};
use crate::rng::Rng;

/// Prices change from one acceptance to the next: this exposes a retry that resolves its command
/// again.
const PRICES: u64 = 4;

/// One instance on its ports.
pub(crate) struct Instance<S, L, E> {
    carts: MutantCarts<S>,
    commands: Commands<MutantCarts<S>, MutantLog<L>, MutantBus<E>>,
    clock: Clock,
    keys: InstanceKeys,
    rng: Rng,
    mutant: Option<Mutant>,
    first_answers: FirstAnswers,
}

/// The stored answers of a mutant that answers retries with the first answer.
pub(crate) type FirstAnswers = Rc<RefCell<HashMap<String, Rc<Body>>>>;

/// The parts of an instance.
pub(crate) struct InstanceParts<S, L, E> {
    pub(crate) carts: S,
    pub(crate) log: L,
    pub(crate) events: E,
    pub(crate) clock: Clock,
    pub(crate) keys: InstanceKeys,
    pub(crate) rng: Rng,
    pub(crate) mutant: Option<Mutant>,
    pub(crate) first_answers: FirstAnswers,
}

// === impl Instance ===

impl<S: CartWriter + Clone, L: CommandLog<CartEvent> + Clone, E: Events> Instance<S, L, E> {
    pub(crate) fn new(parts: InstanceParts<S, L, E>) -> Self {
        let InstanceParts { carts, log, events, clock, keys, rng, mutant, first_answers } = parts;
        let carts = MutantCarts::new(carts, clock.clone(), mutant);
        let log = MutantLog::new(log, clock.clone(), mutant);
        let events = MutantBus::new(events, &log, mutant);
        let commands = Commands { reader: carts.clone(), log, events };
        Self { carts, commands, clock, keys, rng, mutant, first_answers }
    }

    pub(crate) async fn serve(&self, request: &Request) -> Reply {
        let reply = match request {
            Request::Read { cart, bookmarks, if_none_match } => {
                match self.read(cart, bookmarks).await {
                    Ok(body) if Some(&body.etag) == if_none_match.as_ref() => {
                        return Reply::NotModified;
                    }
                    read => read.map(Rc::new),
                }
            }
            Request::Command { command, bookmarks } => match &command.action {
                ClientAction::Merge { guest } => self.merge(&command.cart, guest, bookmarks).await,
                _ => self.command(command, bookmarks).await,
            },
        };
        reply.map_or_else(|reply| reply, Reply::Cart)
    }

    async fn read(&self, cart: &str, bookmarks: &[String]) -> Result<Body, Reply> {
        let view = self.client_view(cart, bookmarks)?;
        let read = self.carts.read(cart, &view.merged).await?;
        let answer = mutant_answer(&read, &view.merged, self.clock.now(), self.mutant)?;
        Ok(self.body(&view, answer)?)
    }

    async fn command(&self, command: &Command, bookmarks: &[String]) -> Result<Rc<Body>, Reply> {
        let view = self.client_view(&command.cart, bookmarks)?;
        let (method, path, body) = command.action.request();
        let mut request = CommandRequest {
            resource: command.cart.clone(),
            key: command.key.clone(),
            fingerprint: Fingerprint::of(method, &path, body.as_bytes()),
            bookmark: view.merged.clone(),
            now: self.clock.now(),
        };
        if self.mutant == Some(Mutant::RetryOfAnyAge) {
            request.now = self.first_attempt_time(&request).await?;
        }
        let price = 1_000 + i64::try_from(self.rng.below(PRICES)).unwrap_or(0);
        let action = command.action.to_domain(price);
        let accepted = match domain_cart::accept(&self.commands, &request, action).await {
            Err(Rejection::Merged { accepted: Some(bookmark), .. }) => {
                return Err(Reply::Merged(Some(self.sealed(&view, &bookmark)?)));
            }
            accepted => accepted?,
        };
        let body = Rc::new(self.body(&view, accepted.answer)?);
        if self.mutant == Some(Mutant::RetryAnswersStoredBody) {
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
        let (view, guest_view) =
            (self.client_view(cart, bookmarks)?, self.client_view(guest, bookmarks)?);
        let is_forgetful = self.mutant == Some(Mutant::GuestPendingLost);
        let request = MergeRequest {
            cart: cart.to_owned(),
            guest: guest.to_owned(),
            bookmark: view.merged.clone(),
            guest_bookmark: if is_forgetful { Bookmark::default() } else { guest_view.merged },
            now: self.clock.now(),
        };
        let answer = domain_cart::merge(&self.commands, &request).await?;
        Ok(Rc::new(self.body(&view, answer)?))
    }

    fn client_view(&self, cart: &str, bookmarks: &[String]) -> Result<ClientView, ErrorReply> {
        let mut headers = HeaderMap::new();
        if !bookmarks.is_empty() {
            let value =
                HeaderValue::from_str(&bookmarks.join(",")).map_err(|_| ErrorReply::Bookmark)?;
            headers.insert(BOOKMARK, value);
        }
        let resource = Resource::Cart(cart.to_owned());
        ClientView::read(self.keys.now(), &headers, resource).map_err(|_| ErrorReply::Bookmark)
    }

    fn body(&self, view: &ClientView, answer: Answer<CartItem>) -> Result<Body, ErrorReply> {
        let bookmark = self.sealed(view, &answer.bookmark)?;
        let etag = match self.mutant {
            Some(Mutant::EtagIsVersion) => answer.version.to_string(),
            _ => Body::tag(&answer, &bookmark),
        };
        let Answer { view: contents, version, reset, .. } = answer;
        Ok(Body { contents, version, bookmark, is_reset: reset, etag })
    }

    /// Fails if more commands are pending than a bookmark holds: the client retries, a command with
    /// the same key.
    fn sealed(&self, view: &ClientView, bookmark: &Bookmark) -> Result<String, ErrorReply> {
        view.reply(self.keys.now(), bookmark).map_err(|_| ErrorReply::Unavailable)
    }

    /// The time of the first attempt, as if no time had passed since.
    async fn first_attempt_time(&self, request: &CommandRequest) -> Result<Time, PortError> {
        let record = self.commands.log.find(request.command_id::<CartItem>()).await?;
        Ok(record.map_or(request.now, |record| record.event.command.time.min(request.now)))
    }
}

// === impl Reply ===

impl From<ErrorReply> for Reply {
    fn from(error: ErrorReply) -> Self {
        Self::Error(error)
    }
}

impl From<PortError> for Reply {
    fn from(_: PortError) -> Self {
        Self::Error(ErrorReply::Unavailable)
    }
}

impl From<MergedInto> for Reply {
    fn from(_: MergedInto) -> Self {
        Self::Merged(None)
    }
}

impl From<Rejection<CartRejection>> for Reply {
    fn from(rejection: Rejection<CartRejection>) -> Self {
        Self::Error(match rejection {
            Rejection::Merged { .. } => return Self::Merged(None),
            // No instance here looks up an offer.
            Rejection::Check(CartRejection::LineUnknown | CartRejection::NotSold(_)) => {
                ErrorReply::LineUnknown
            }
            Rejection::Check(CartRejection::Limit(_)) | Rejection::TooManyPending => {
                ErrorReply::Limit
            }
            Rejection::Conflict | Rejection::Check(CartRejection::NotAGuest) => {
                ErrorReply::Conflict
            }
            Rejection::Expired => ErrorReply::Expired,
            Rejection::Port(_) => ErrorReply::Unavailable,
        })
    }
}

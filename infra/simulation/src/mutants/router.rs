//! Mutants around the router: another request goes in, or another answer comes out.

use std::collections::BTreeSet;

use bytes::Bytes;
use domain_cart::{CartEvent, Contents};
use domain_core::event::Events as _;
use domain_core::id::CommandId;
use domain_core::idempotency::RETRY_WINDOW_MS;
use domain_core::port::Consistency;
use domain_core::resource::{
    CommandEvent as _, CommandLog as _, CommandRecord, Resource as _, Source as _,
};
use edge_wire::bookmark::{Payload, Pending, seal, verify};
use edge_wire::function::HttpFunction;
use edge_wire::headers::{BOOKMARK, IDEMPOTENCY_KEY, IDENTITY};
use edge_wire::identity::{Kind as IdentityKind, verify as verify_identity};
use edge_wire::resource::Resource as WireResource;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, ETAG, IF_NONE_MATCH};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use origin_adapters::table::SharedTable;
use origin_adapters::{CartRepository, CommandLogRepository};
use serde_json::{Value, json};

use super::{MutantHooks, lock, unknown_command};
use crate::engine::Mutant;
use crate::world::{CURRENCY, Instance, any_keys};

/// What the edge may do with a personal answer.
const PERSONAL: &str = "s-maxage=5, stale-if-error=0";
/// The same for a year.
const FOR_A_YEAR: &str = "s-maxage=31536000, stale-if-error=0";

/// One request at an instance with a mutant.
struct Call<'a> {
    instance: &'a Instance,
    function: HttpFunction,
    request: Request<Bytes>,
}

/// Answers a request, or a mutant does.
pub(super) async fn serve(
    hooks: &MutantHooks,
    instance: &Instance,
    function: HttpFunction,
    request: Request<Bytes>,
) -> Response<Bytes> {
    let call = Call { instance, function, request };
    let is_read = call.request.method() == Method::GET;
    let is_loyalty = call.request.uri().path().starts_with("/v1/loyalty");
    let is_cart = function == HttpFunction::CartRead;
    let is_merge = call.request.uri().path() == "/v1/cart/merge";
    match hooks.mutant {
        Mutant::EtagIsVersion if is_cart => call.with_version_as_etag().await,
        Mutant::PendingOnTop => call.with_pending_on_top().await,
        Mutant::RetryAnswersStoredBody if function == HttpFunction::Commands => {
            let Some(key) = call.header(IDEMPOTENCY_KEY) else { return call.route().await };
            let answer = call.route().await;
            if answer.status() != StatusCode::ACCEPTED {
                return answer;
            }
            lock(&hooks.first_answers).entry(key).or_insert(answer).clone()
        }
        Mutant::KeptItemUnchecked if is_cart => {
            call.rewritten(|_, payload| payload.floor = 0).route().await
        }
        Mutant::JoinedLoadUnchecked if is_cart => call.without_cache().route().await,
        Mutant::MomentForgotten if is_loyalty => {
            call.rewritten(|_, payload| payload.moment = 0).route().await
        }
        Mutant::GuestPendingLost if is_merge => {
            let own = call.cart().map(WireResource::Cart);
            let forget = |resource: &WireResource, payload: &mut Payload| {
                if Some(resource) != own.as_ref() {
                    payload.pending.clear();
                }
            };
            call.rewritten(forget).route().await
        }
        Mutant::RetryOfAnyAge if function == HttpFunction::Commands && !is_merge => {
            call.honoured_at_any_age().await
        }
        Mutant::KeptForGood if is_read => {
            let answer = call.route().await;
            let is_cached = answer.headers().get(CACHE_CONTROL).is_some_and(|it| it == PERSONAL);
            if is_cached { cached(answer, FOR_A_YEAR) } else { answer }
        }
        Mutant::ResetKept if is_cart => {
            let answer = call.route().await;
            if is_reset(&answer) { cached(answer, PERSONAL) } else { answer }
        }
        Mutant::ResetUntold => {
            let answer = call.route().await;
            if !is_reset(&answer) {
                return answer;
            }
            let mut body = json_of(&answer);
            body.as_object_mut().map(|members| members.remove("reset"));
            with_json(answer, &body)
        }
        Mutant::PendingLostAtReset => {
            let again = call.copy();
            let answer = call.route().await;
            if !is_reset(&answer) {
                return answer;
            }
            again.rewritten(|_, payload| payload.pending.clear()).route().await
        }
        Mutant::MergeUntold if is_cart => call.without_merge().await,
        Mutant::HoldUnseen if is_loyalty && is_read => call.without_holds().await,
        _ => call.route().await,
    }
}

// === impl Call ===

impl Call<'_> {
    async fn route(self) -> Response<Bytes> {
        self.instance.route(self.function, self.request).await
    }

    fn copy(&self) -> Self {
        let (instance, function) = (self.instance, self.function);
        Call { instance, function, request: self.request.clone() }
    }

    fn header(&self, name: &str) -> Option<String> {
        self.request.headers().get(name)?.to_str().ok().map(str::to_owned)
    }

    /// The cart of the caller.
    fn cart(&self) -> Option<String> {
        let identities = verify_identity(&any_keys(), &self.header(IDENTITY)?)?;
        let cart = identities.into_iter().find(|one| one.kind == IdentityKind::Cart);
        cart.map(|one| one.id)
    }

    fn bookmarks(&self) -> Vec<(WireResource, Payload)> {
        let keys = any_keys();
        let opened = |text: &str| {
            let sealed = verify(&keys, text).ok()?;
            Some((sealed.resource.clone(), sealed.open().ok()?))
        };
        self.header(BOOKMARK).unwrap_or_default().split(',').filter_map(opened).collect()
    }

    /// The same request with other bookmarks.
    fn rewritten(mut self, act: impl Fn(&WireResource, &mut Payload)) -> Self {
        let keys = self.instance.keys.now().clone();
        let texts: Vec<String> = self
            .bookmarks()
            .into_iter()
            .map(|(resource, mut payload)| {
                act(&resource, &mut payload);
                seal(&keys, &resource, &payload)
            })
            .collect();
        self.set_bookmarks(&texts.join(","));
        self
    }

    fn set_bookmarks(&mut self, text: &str) {
        let headers = self.request.headers_mut();
        if !text.is_empty() {
            let value = HeaderValue::from_str(text).expect("bookmarks are text");
            headers.insert(HeaderName::from_static(BOOKMARK), value);
        }
    }

    /// The same read without the instance's cache, if no command is pending: the table then joins it
    /// to one in progress.
    fn without_cache(mut self) -> Self {
        let bookmarks = self.bookmarks();
        let has_pending = bookmarks.iter().any(|(_, payload)| !payload.pending.is_empty());
        let Some(cart) = self.cart().filter(|_| !has_pending) else { return self };
        let place =
            Pending { time: self.instance.shop.clock.now().0, id: unknown_command().bytes() };
        let floor = bookmarks.iter().map(|(_, payload)| payload.floor).max().unwrap_or_default();
        let payload = Payload { floor, pending: vec![place], moment: 0 };
        let text = seal(self.instance.keys.now(), &WireResource::Cart(cart), &payload);
        self.set_bookmarks(&text);
        self
    }

    async fn with_version_as_etag(mut self) -> Response<Bytes> {
        let known = self.request.headers_mut().remove(IF_NONE_MATCH);
        let mut answer = self.route().await;
        if answer.status() != StatusCode::OK {
            return answer;
        }
        let version = json_of(&answer)["version"].as_str().unwrap_or_default().to_owned();
        let tag: HeaderValue = format!("W/\"version-{version}\"").parse().expect("a tag is text");
        if known.as_ref() == Some(&tag) {
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            *answer.body_mut() = Bytes::new();
        }
        answer.headers_mut().insert(ETAG, tag);
        answer
    }

    /// Runs the pending commands after the item's.
    async fn with_pending_on_top(self) -> Response<Bytes> {
        let (cart, table) = (self.cart(), self.instance.table.clone());
        let answer = self.route().await;
        let mut body = json_of(&answer);
        let (Some(cart), true) = (cart, body["lines"].is_array()) else { return answer };
        let keys = any_keys();
        let text = body["bookmark"].as_str().unwrap_or_default();
        let payload = verify(&keys, text).and_then(|sealed| sealed.open());
        let item = CartRepository::new(&table).item(&cart, Consistency::Strong).await;
        let (Ok(payload), Ok(Some(item))) = (payload, item) else { return answer };
        if item.version != payload.floor {
            return answer;
        }
        let mut contents = item.fold(&[]);
        for Pending { id, .. } in payload.pending {
            if let Some(event) = recorded(&table, CommandId::from(id)).await {
                event.command.run(&mut contents);
            }
        }
        show(&contents, &mut body);
        with_json(answer, &body)
    }

    /// Publishes a command however old it is.
    async fn honoured_at_any_age(self) -> Response<Bytes> {
        let (Some(cart), Some(key)) = (self.cart(), self.header(IDEMPOTENCY_KEY)) else {
            return self.route().await;
        };
        let id = CommandId::of_key(&format!("cart/{cart}"), &key);
        let event = recorded(&self.instance.table, id).await;
        let shop = &self.instance.shop;
        let is_old = |at: u64| shop.clock.now().0 > at + RETRY_WINDOW_MS;
        let Some(event) = event.filter(|event| is_old(event.command.time.0)) else {
            return self.route().await;
        };
        let place = Pending { time: event.command.time.0, id: id.bytes() };
        if shop.cart_commands.events.publish(&[event.to_event()]).await.is_err() {
            let mut answer = Response::new(Bytes::new());
            *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            return answer;
        }
        let payload =
            Payload { floor: 0, pending: BTreeSet::from([place]).into_iter().collect(), moment: 0 };
        let own = seal(self.instance.keys.now(), &WireResource::Cart(cart), &payload);
        let sent = self.header(BOOKMARK).map_or(own.clone(), |sent| format!("{sent},{own}"));
        let mut read = self.copy();
        *read.request.method_mut() = Method::GET;
        *read.request.uri_mut() = "/v1/cart".parse().expect("a path");
        *read.request.body_mut() = Bytes::new();
        read.request.headers_mut().remove(CONTENT_LENGTH);
        read.function = HttpFunction::CartRead;
        read.set_bookmarks(&sent);
        let mut answer = read.route().await;
        if answer.status() == StatusCode::OK {
            *answer.status_mut() = StatusCode::ACCEPTED;
        }
        answer
    }

    /// Shows a cart that was merged into another as an empty one.
    async fn without_merge(self) -> Response<Bytes> {
        let (cart, keys) = (self.cart().unwrap_or_default(), self.instance.keys.now().clone());
        let is_ahead = self.bookmarks().iter().any(|(_, payload)| payload.floor > 0);
        let answer = self.route().await;
        if answer.status() != StatusCode::CONFLICT {
            return answer;
        }
        let payload = Payload { floor: 0, pending: Default::default(), moment: 0 };
        let bookmark = seal(&keys, &WireResource::Cart(cart.clone()), &payload);
        let mut body = json!({"id": cart, "version": "0", "currency": CURRENCY, "lines": [],
            "subtotal": 0, "attributes": {}, "bookmark": bookmark});
        if is_ahead {
            body["reset"] = json!(true);
        }
        let mut answer = with_json(answer, &body);
        *answer.status_mut() = StatusCode::OK;
        let value = HeaderValue::from_str(&bookmark).expect("a bookmark is text");
        answer.headers_mut().insert(HeaderName::from_static(BOOKMARK), value);
        answer
    }

    /// Shows the stored account, under a bookmark with its pending redemptions.
    async fn without_holds(self) -> Response<Bytes> {
        let again = self.copy().rewritten(|_, payload| payload.pending.clear());
        let answer = self.route().await;
        let (mut body, stored) = (json_of(&answer), json_of(&again.route().await));
        if answer.status() != StatusCode::OK || !stored["balance"].is_object() {
            return answer;
        }
        for member in ["balance", "tier", "next_tier", "expiring"] {
            if !body[member].is_null() {
                body[member] = stored[member].clone();
            }
        }
        with_json(answer, &body)
    }
}

/// The recorded event of a cart's command.
async fn recorded(table: &SharedTable, id: CommandId) -> Option<CartEvent> {
    let record: Option<CommandRecord<CartEvent>> =
        CommandLogRepository::new(table).find(id).await.ok().flatten();
    record.map(|record| record.event)
}

/// Puts other contents into an answer.
fn show(contents: &Contents, body: &mut Value) {
    let line = |(id, line): (_, &domain_cart::Line)| {
        let (price, quantity) = (line.offer.price.0, line.quantity);
        json!({"id": format!("{id}"), "variant_id": line.offer.variant_id, "quantity": quantity,
            "price": price, "total": price * i64::from(quantity)})
    };
    let lines: Vec<Value> = contents.lines.iter().map(|(id, one)| line((id, one))).collect();
    let total = |line: &Value| line["total"].as_i64().unwrap_or_default();
    body["subtotal"] = json!(lines.iter().map(total).sum::<i64>());
    body["lines"] = json!(lines);
    body["attributes"] = json!(contents.attributes);
}

fn json_of(answer: &Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).unwrap_or_default()
}

fn with_json(mut answer: Response<Bytes>, body: &Value) -> Response<Bytes> {
    answer.headers_mut().remove(CONTENT_LENGTH);
    *answer.body_mut() = body.to_string().into();
    answer
}

fn is_reset(answer: &Response<Bytes>) -> bool {
    answer.status().is_success() && json_of(answer)["reset"] == json!(true)
}

fn cached(mut answer: Response<Bytes>, directive: &'static str) -> Response<Bytes> {
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(directive));
    answer
}

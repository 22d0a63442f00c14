//! Carts as a client knows them: requests and answers.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain_cart::LineId;
use domain_core::id::CommandId;
use edge_wire::headers::{BOOKMARK, CART};
use http::{HeaderName, Method, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::command::CartAction;
use super::oracle::CartOracle;
use crate::world::{Call, ClientRequest, Command, Resource, TokenMint, etag, text, token_id};

/// The kind of resource.
pub(crate) struct Carts;

/// A cart as one client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CartBody {
    pub(crate) contents: ShownCart,
    pub(crate) version: u64,
    pub(crate) bookmark: String,
    pub(crate) is_reset: bool,
    pub(crate) etag: String,
}

/// The contents of a cart: quantities and prices by variant, and attributes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ShownCart {
    pub(crate) lines: BTreeMap<u32, (u32, i64)>,
    pub(crate) attributes: BTreeMap<u32, u32>,
}

/// The members of an answer that a client reads.
#[derive(Debug, Deserialize)]
struct Answer {
    version: String,
    lines: Vec<Line>,
    subtotal: i64,
    attributes: BTreeMap<String, String>,
    bookmark: String,
    #[serde(default)]
    reset: bool,
}

#[derive(Debug, Deserialize)]
struct Line {
    id: String,
    variant_id: String,
    quantity: u32,
    price: i64,
    total: i64,
}

/// The prefix of a customer's own cart.
const CUSTOMERS: &str = "customer-";
/// More than the variants of any world.
const VARIANTS_MAX: u32 = 10;

/// The id of the line of a variant.
fn line(variant: u32) -> String {
    LineId::of_variant(&variant.to_string(), &BTreeMap::new()).to_string()
}

/// The request of who holds a cart: an own cart needs its customer's token, too.
fn holder(request: ClientRequest, cart: &str, mint: TokenMint<'_>) -> ClientRequest {
    let request = request.header(mint.cart(cart));
    match cart.strip_prefix(CUSTOMERS) {
        Some(customer) => request.header(mint.customer(customer)),
        None => request,
    }
}

impl Resource for Carts {
    type Action = CartAction;
    type Read = ();
    type Body = CartBody;
    type Oracle = CartOracle;

    const FLUSH: &'static str = "cart.flush";
    const IS_READ_ON_CONDITION: bool = true;

    fn call_of_read((): &()) -> Call {
        Call { method: "cart.get", arguments: json!([]) }
    }

    fn call_of_action(action: &CartAction) -> Call {
        let call = |method, arguments| Call { method, arguments };
        match action {
            CartAction::Add { variant, quantity } => {
                let added = json!({"variant_id": variant.to_string(), "quantity": quantity});
                call("cart.add", json!([added]))
            }
            CartAction::Set { variant, quantity } => {
                call("cart.set", json!([line(*variant), quantity]))
            }
            CartAction::Remove { variant } => call("cart.remove", json!([line(*variant)])),
            CartAction::Clear => call("cart.clear", json!([])),
            CartAction::Attribute { name, value } => {
                let value = value.map(|value| value.to_string());
                call("cart.attributes", json!([{name.to_string(): value}]))
            }
            CartAction::Merge { .. } | CartAction::Take { .. } => {
                unreachable!("devices merge by themselves, and Shopify reports what was bought")
            }
        }
    }

    fn action_of(method: &str, path: &str, body: &Value) -> Option<CartAction> {
        let number = |value: &Value| u32::try_from(value.as_u64()?).ok();
        let variant = || {
            let id = path.strip_prefix("/v1/cart/lines/")?;
            (1..=VARIANTS_MAX).find(|variant| line(*variant) == id)
        };
        Some(match (method, path) {
            ("POST", "/v1/cart/lines") => CartAction::Add {
                variant: body["variant_id"].as_str()?.parse().ok()?,
                quantity: number(&body["quantity"])?,
            },
            ("DELETE", "/v1/cart/lines") => CartAction::Clear,
            ("PATCH", "/v1/cart/attributes") => {
                let (name, value) = body.as_object()?.iter().next()?;
                let value = value.as_str().map(str::parse).transpose().ok()?;
                CartAction::Attribute { name: name.parse().ok()?, value }
            }
            ("POST", "/v1/cart/merge") => {
                CartAction::Merge { guest: token_id(body["from"].as_str()?)?.to_owned() }
            }
            ("PATCH", _) => {
                CartAction::Set { variant: variant()?, quantity: number(&body["quantity"])? }
            }
            ("DELETE", _) => CartAction::Remove { variant: variant()? },
            _ => return None,
        })
    }

    fn holder(headers: &BTreeMap<String, String>) -> Option<String> {
        headers.get(CART).and_then(|token| token_id(token)).map(str::to_owned)
    }

    fn customer(cart: &str) -> String {
        cart.strip_prefix(CUSTOMERS).unwrap_or_default().to_owned()
    }

    fn unknown_read(_: &str) -> Option<()> {
        None
    }

    fn read(cart: &str, _: &(), mint: TokenMint<'_>) -> ClientRequest {
        holder(ClientRequest::new(Method::GET, "/v1/cart"), cart, mint)
    }

    fn command(command: &Command<Self>, mint: TokenMint<'_>) -> ClientRequest {
        let lines = "/v1/cart/lines";
        let of_line = |method, variant: &u32| {
            ClientRequest::new(method, format!("{lines}/{}", line(*variant)))
        };
        let request = match &command.action {
            CartAction::Add { variant, quantity } => {
                let body = json!({"variant_id": variant.to_string(), "quantity": quantity});
                ClientRequest::new(Method::POST, lines).json(&body)
            }
            CartAction::Set { variant, quantity } => {
                of_line(Method::PATCH, variant).json(&json!({"quantity": quantity}))
            }
            CartAction::Remove { variant } => of_line(Method::DELETE, variant),
            CartAction::Clear => ClientRequest::new(Method::DELETE, lines),
            CartAction::Attribute { name, value } => {
                let value = value.map(|value| value.to_string());
                let body = json!({name.to_string(): value});
                ClientRequest::new(Method::PATCH, "/v1/cart/attributes").json(&body)
            }
            CartAction::Merge { guest } => {
                let body = json!({"from": mint.cart_token(guest)});
                ClientRequest::new(Method::POST, "/v1/cart/merge").json(&body)
            }
            CartAction::Take { .. } => unreachable!("Shopify reports it"),
        };
        holder(request, &command.resource, mint).key(&command.key)
    }

    /// The hash of its key, of the guest whose cart is merged once, or of the order.
    fn command_id(command: &Command<Self>) -> CommandId {
        let resource = format!("cart/{}", command.resource);
        match &command.action {
            CartAction::Merge { guest } => CommandId::of_cause("cart", &format!("merge/{guest}")),
            CartAction::Take { order, .. } => {
                CommandId::of_cause(&resource, &format!("order/{order}"))
            }
            _ => CommandId::of_key(&resource, &command.key),
        }
    }

    fn is_merge(command: &Command<Self>) -> bool {
        matches!(command.action, CartAction::Merge { .. })
    }

    fn merge(guest: &str) -> Option<CartAction> {
        Some(CartAction::Merge { guest: guest.to_owned() })
    }

    fn other(action: &CartAction) -> Option<CartAction> {
        (*action != CartAction::Clear).then_some(CartAction::Clear)
    }

    fn parse(answer: &Response<Bytes>) -> Result<CartBody, String> {
        let Answer { version, lines, subtotal, attributes, bookmark, reset } =
            serde_json::from_slice(answer.body()).map_err(|error| error.to_string())?;
        if text(answer, &HeaderName::from_static(BOOKMARK)) != bookmark {
            return Err("header and body have different bookmarks".to_owned());
        }
        let sum: i64 = lines.iter().map(|one| one.total).sum();
        if lines.iter().any(|one| one.total != one.price * i64::from(one.quantity))
            || sum != subtotal
        {
            return Err(format!("a subtotal of {subtotal} for {lines:?}"));
        }
        let mut contents = ShownCart::default();
        for Line { id, variant_id, quantity, price, .. } in lines {
            let variant: u32 = variant_id.parse().map_err(|_| format!("variant {variant_id}"))?;
            let is_new = contents.lines.insert(variant, (quantity, price)).is_none();
            if id != line(variant) || !is_new {
                return Err(format!("the line {id} of variant {variant}"));
            }
        }
        for (name, value) in attributes {
            let number = |text: &str| text.parse().map_err(|_| format!("attribute {name}={value}"));
            contents.attributes.insert(number(&name)?, number(&value)?);
        }
        let version = version.parse().map_err(|_| format!("version {version}"))?;
        Ok(CartBody { contents, version, bookmark, is_reset: reset, etag: etag(answer) })
    }

    fn bookmark(body: &CartBody) -> &str {
        &body.bookmark
    }

    fn etag(body: &CartBody) -> &str {
        &body.etag
    }
}

//! The storefront's routes.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::body::{nested, read};
use super::cart::Cart;
use super::carts::{Browsers, CART_COOKIE, CUSTOMER_COOKIE, encode};
use super::checkout::{CheckoutError, Placement, order};
use super::error::CartError;
use super::pricing::{Pricing, price};
use super::reply::{Reply, response};
use super::shop::Shop;
use super::{commands, page, permalink, view};

/// Most sections of one request: Shopify's limit.
pub const SECTIONS_MAX: usize = 5;

/// The storefront of one shop.
#[derive(Debug)]
pub struct Storefront {
    browsers: Browsers,
}

/// A request with what belongs to it.
struct Visit<'a> {
    head: &'a HeaderMap,
    body: Value,
    cart: Cart,
    customer: Option<u64>,
    now_ms: u64,
    /// Whether only the head of the answer is requested: then nothing is stored.
    is_head: bool,
    /// Cookies to set.
    cookies: Vec<String>,
}

// === impl Storefront ===

impl Storefront {
    /// A storefront without carts. Tokens follow from the seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { browsers: Browsers::new(seed) }
    }

    /// The customer who is signed in: the App Proxy's `logged_in_customer_id`.
    #[must_use]
    pub fn customer(&self, headers: &HeaderMap) -> Option<u64> {
        self.browsers.customer(headers)
    }

    /// Answers a request. A path may begin with a locale.
    pub fn handle(
        &mut self,
        request: &Request<Bytes>,
        shop: &Shop<'_>,
        now_ms: u64,
    ) -> Response<Bytes> {
        if ![Method::GET, Method::HEAD, Method::POST].contains(request.method()) {
            let text = "Use GET or POST.".to_owned();
            return response(StatusCode::METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", text);
        }
        let result = self.visit(request, now_ms).and_then(|mut visit| {
            let path = without_locale(request.uri().path());
            let query = request.uri().query().unwrap_or_default();
            let reply = self.route(request.method(), path, query, (&mut visit, shop))?;
            Ok((reply, visit.cookies))
        });
        match result {
            Ok((reply, cookies)) => reply.response(cookies),
            Err(error) => response(error.status, "application/json", error.body().to_string()),
        }
    }

    /// Makes an order of the cart of a browser, and removes the cart. The signed-in customer buys;
    /// otherwise the customer with the e-mail address of the guest.
    ///
    /// # Errors
    /// [`CheckoutError`]; the cart stays.
    pub fn check_out(
        &mut self,
        headers: &HeaderMap,
        shop: &Shop<'_>,
        guest_email: &str,
        placement: &Placement,
    ) -> Result<Value, CheckoutError> {
        let cart = self.browsers.cart(headers);
        let customer = self.browsers.customer(headers);
        let buyer = customer.and_then(|id| shop.customers.by_id(id));
        let buyer = buyer.or_else(|| shop.customers.by_email(guest_email));
        let id = buyer.as_ref().map(|buyer| buyer.id);
        let pricing = price(&cart, shop, id, placement.now_ms);
        if pricing.lines.is_empty() {
            return Err(CheckoutError::Empty);
        }
        let buyer = buyer.ok_or(CheckoutError::Email)?;
        let order = order(&cart, &pricing, &buyer, shop.currency, placement)?;
        self.browsers.remove(&cart.token);
        Ok(order)
    }

    fn visit<'a>(
        &mut self,
        request: &'a Request<Bytes>,
        now_ms: u64,
    ) -> Result<Visit<'a>, CartError> {
        let head = request.headers();
        let content_type = head.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let body = read(content_type.unwrap_or_default(), request.body())?;
        let (cart, customer) = (self.browsers.cart(head), self.browsers.customer(head));
        let is_head = request.method() == Method::HEAD;
        Ok(Visit { head, body, cart, customer, now_ms, is_head, cookies: Vec::new() })
    }

    fn route(
        &mut self,
        method: &Method,
        path: &str,
        query: &str,
        (visit, shop): (&mut Visit<'_>, &Shop<'_>),
    ) -> Result<Reply, CartError> {
        let is_post = method == Method::POST;
        match path {
            "/cart.js" | "/cart.json" if !is_post => Ok(Reply::Json(visit.view(shop))),
            "/cart/add.js" | "/cart/add" if is_post => self.add(path, visit, shop),
            "/cart/update.js" | "/cart/update" | "/cart.js" if is_post => {
                let pricing = visit.pricing(shop);
                let cart = commands::update(&visit.cart, &pricing, &visit.body, shop)?;
                self.store(path, cart, visit, shop)
            }
            "/cart/change.js" | "/cart/change" if is_post => {
                let pricing = visit.pricing(shop);
                let cart = commands::change(&visit.cart, &pricing, &visit.body, shop)?;
                self.store(path, cart, visit, shop)
            }
            "/cart/clear.js" | "/cart/clear" => {
                let cart = commands::clear(&visit.cart);
                self.store(path, cart, visit, shop)
            }
            page::ACTIONS_PATH => Ok(Reply::Script(page::actions(shop.currency))),
            "/" => Ok(Reply::Html(page::home(shop, visit.customer))),
            "/cart" if !is_post => Ok(Reply::Html(page::cart(&visit.pricing(shop), shop.currency))),
            "/account/login" if !is_post => Ok(Reply::Html(page::sign_in(""))),
            "/account/login" => self.sign_in(visit, shop),
            "/account/logout" => {
                if !visit.is_head {
                    self.browsers.sign_out(visit.head);
                }
                visit.cookies.push(format!("{CUSTOMER_COOKIE}=; Path=/; Max-Age=0"));
                Ok(Reply::SeeOther("/".to_owned()))
            }
            _ => self.route_with_value(path, query, visit, shop),
        }
    }

    /// `/discount/CODE` and the cart permalink.
    fn route_with_value(
        &mut self,
        path: &str,
        query: &str,
        visit: &mut Visit<'_>,
        shop: &Shop<'_>,
    ) -> Result<Reply, CartError> {
        let parameters = form_urlencoded::parse(query.as_bytes());
        let parameters =
            nested(parameters.map(|(name, value)| (name.into(), value.into())).collect())?;
        let mut cart = visit.cart.clone();
        let target = if let Some(code) = path.strip_prefix("/discount/") {
            let code = form_urlencoded::parse(format!("c={code}").as_bytes())
                .next()
                .map(|(_, code)| code.into_owned());
            cart.codes = commands::codes(&code.unwrap_or_default())?;
            let redirect = parameters.get("redirect").and_then(Value::as_str).unwrap_or("/");
            if is_within_shop(redirect) { redirect.to_owned() } else { "/".to_owned() }
        } else if let Some(lines) = path.strip_prefix("/cart/") {
            cart = permalink::cart(&visit.cart.token, lines, &parameters, shop)?;
            let is_storefront = parameters.get("storefront").and_then(Value::as_str);
            if is_storefront == Some("true") { "/cart" } else { "/checkout" }.to_owned()
        } else {
            return Err(CartError::not_found("The local storefront has no such page.".to_owned()));
        };
        self.keep(cart, visit);
        Ok(Reply::SeeOther(target))
    }

    fn add(
        &mut self,
        path: &str,
        visit: &mut Visit<'_>,
        shop: &Shop<'_>,
    ) -> Result<Reply, CartError> {
        let (cart, added) = commands::add(&visit.cart, &visit.body, shop)?;
        let is_batch = visit.body.get("items").is_some();
        self.keep(cart, visit);
        if !path.ends_with(".js") {
            return Ok(Reply::SeeOther("/cart".to_owned()));
        }
        let pricing = visit.pricing(shop);
        let mut lines = added.iter().filter_map(|(id, properties)| {
            let is_it = |line: &&super::pricing::PricedLine| {
                line.line.variant_id == *id && line.line.properties == *properties
            };
            let line = pricing.lines.iter().find(is_it)?;
            Some(view::line(line, &pricing, shop.currency))
        });
        let reply = if is_batch {
            json!({ "items": lines.collect::<Vec<_>>() })
        } else {
            lines.next().unwrap_or_default()
        };
        visit.with_sections(reply)
    }

    fn store(
        &mut self,
        path: &str,
        cart: Cart,
        visit: &mut Visit<'_>,
        shop: &Shop<'_>,
    ) -> Result<Reply, CartError> {
        self.keep(cart, visit);
        if !path.ends_with(".js") {
            return Ok(Reply::SeeOther("/cart".to_owned()));
        }
        let view = visit.view(shop);
        visit.with_sections(view)
    }

    fn keep(&mut self, cart: Cart, visit: &mut Visit<'_>) {
        if visit.is_head {
            return;
        }
        let value = encode(&cart.token);
        visit.cookies.push(format!("{CART_COOKIE}={value}; Path=/; Max-Age=1209600; SameSite=Lax"));
        visit.cart = cart.clone();
        self.browsers.store(cart);
    }

    fn sign_in(&mut self, visit: &mut Visit<'_>, shop: &Shop<'_>) -> Result<Reply, CartError> {
        // Themes send `customer[email]`.
        let form = visit.body.get("customer").unwrap_or(&visit.body);
        let email = form.get("email").and_then(Value::as_str).unwrap_or_default();
        let Some(customer) = shop.customers.by_email(email) else {
            return Ok(Reply::Html(page::sign_in(
                "There is no customer with this e-mail address.",
            )));
        };
        let session = self.browsers.sign_in(customer.id);
        let cookie = format!("{CUSTOMER_COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax");
        visit.cookies.push(cookie);
        Ok(Reply::SeeOther("/".to_owned()))
    }
}

// === impl Visit ===

impl Visit<'_> {
    fn pricing(&self, shop: &Shop<'_>) -> Pricing {
        price(&self.cart, shop, self.customer, self.now_ms)
    }

    fn view(&self, shop: &Shop<'_>) -> Value {
        view::cart(&self.cart, &self.pricing(shop), shop.currency)
    }

    /// Adds what `sections` requests: null, as Shopify answers for a section that it can't render.
    fn with_sections(&self, mut reply: Value) -> Result<Reply, CartError> {
        let names: Vec<String> = match self.body.get("sections") {
            None | Some(Value::Null) => return Ok(Reply::Json(reply)),
            Some(Value::String(names)) => names.split(',').map(str::to_owned).collect(),
            Some(Value::Array(names)) => {
                names.iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect()
            }
            Some(_) => return Err(CartError::bad_request("sections is no list".to_owned())),
        };
        if names.len() > SECTIONS_MAX {
            let description = format!("More than {SECTIONS_MAX} sections.");
            return Err(CartError::bad_request(description));
        }
        let sections: Map<String, Value> =
            names.into_iter().map(|name| (name, Value::Null)).collect();
        reply["sections"] = sections.into();
        Ok(Reply::Json(reply))
    }
}

/// Whether a target leads to no other site: `//host` does, and browsers read a backslash as a slash and
/// skip tabs and line breaks.
fn is_within_shop(target: &str) -> bool {
    let is_safe = |letter: char| letter != '\\' && !letter.is_control();
    target.starts_with('/') && !target.starts_with("//") && target.chars().all(is_safe)
}

/// `/de/cart.js` and `/de-CH/cart.js` are `/cart.js`.
fn without_locale(path: &str) -> &str {
    let Some((locale, _)) = path.strip_prefix('/').and_then(|rest| rest.split_once('/')) else {
        return path;
    };
    let (language, region) = locale.split_once('-').unwrap_or((locale, "XX"));
    let is_code =
        |code: &str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_code(language) && is_code(region) { &path[locale.len() + 1..] } else { path }
}

//! The shop over HTTP: the admin API, OAuth, the App Proxy, the checkout, and the storefront for
//! everything else.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request as AxumRequest, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response as AxumResponse};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::Value;

use super::LocalShopify;
use super::access::TokenAccess;
use super::operator::{PATH as OPERATOR, answer};
use super::records::ShopRecords;
use crate::admin_api;
use crate::app_proxy::Visitor;
use crate::loopback;
use crate::oauth::Answer;
use crate::storefront::{Shop as Front, escape, layout};

/// Longest body of a request: that of the App Proxy, the longest of all.
const BODY_BYTES_MAX: usize = crate::app_proxy::REQUEST_BYTES_MAX;
const TOKENS: &str = "/admin/oauth/access_token";
const CHECKOUT: &str = "/checkout";

// === impl LocalShopify ===

impl LocalShopify {
    /// All routes.
    pub fn router(&self) -> Router {
        let access = TokenAccess {
            oauth: Arc::clone(&self.0.oauth),
            shop: self.0.domain.clone(),
            clock: self.0.clock.clone(),
        };
        admin_api::router(Arc::clone(&self.0.api), Arc::new(access))
            .layer(from_fn_with_state(self.clone(), after_admin))
            .merge(Router::new().fallback(shop).with_state(self.clone()))
            .layer(from_fn(loopback::guard))
    }

    async fn serve(&self, request: Request<Bytes>) -> AxumResponse {
        let path = request.uri().path();
        let now_s = self.now_ms() / 1_000;
        if path == TOKENS {
            let answer = self.oauth().handle(&self.0.domain, &request, now_s);
            return match answer {
                Answer::Response(response) => response.map(Body::from),
                // The state has changed, and no answer says so.
                Answer::Lost => StatusCode::BAD_GATEWAY.into_response(),
            };
        }
        let is_installed = self.oauth().is_installed(&self.0.domain);
        if is_installed && self.0.forwarder.serves(path) {
            let customer = self.storefront().customer(request.headers());
            let host = request.headers().get("host").and_then(|host| host.to_str().ok());
            let visitor = Visitor {
                customer,
                ip: "127.0.0.1".to_owned(),
                host: host.unwrap_or_default().to_owned(),
            };
            return self.0.forwarder.forward(request, &visitor, now_s).await.map(Body::from);
        }
        if let Some(response) = self.embedded(&request) {
            return response.map(Body::from);
        }
        if path == OPERATOR || path.starts_with("/_shopify/") {
            return self.operate(&request).map(Body::from);
        }
        if path == CHECKOUT {
            return self.checkout_page(&request).map(Body::from);
        }
        let shop = self.0.api.shop();
        let records = ShopRecords { shop: &shop, currency: self.0.currency, new_customer: None };
        let front = Front {
            catalogue: &records,
            customers: &records,
            discounts: &records,
            currency: self.0.currency,
        };
        self.storefront().handle(&request, &front, self.now_ms()).map(Body::from)
    }

    /// `GET /checkout` asks for an e-mail address, `POST /checkout` buys.
    fn checkout_page(&self, request: &Request<Bytes>) -> Response<Bytes> {
        const HTML: &str = "text/html; charset=utf-8";
        if request.method() != Method::POST {
            let form = "<h1>Checkout</h1><form method=\"post\" action=\"/checkout\">\
                        <label>E-mail address of a guest <input name=\"email\"></label> \
                        <button>Pay</button></form>";
            return answer(StatusCode::OK, HTML, layout("Checkout", form));
        }
        let form = form_urlencoded::parse(request.body());
        let email = form.into_iter().find(|(name, _)| name == "email");
        let email = email.map(|(_, email)| email.into_owned()).unwrap_or_default();
        let wants_json =
            request.headers().get("accept").is_some_and(|accept| accept == "application/json");
        match self.check_out(request.headers(), &email) {
            Ok(order) if wants_json => {
                answer(StatusCode::OK, "application/json", order.to_string())
            }
            Ok(order) => {
                let name = order["name"].as_str().map(escape).unwrap_or_default();
                let thanks = format!(
                    "<h1>Thank you</h1><p>Your order is {name}.</p><p><a href=\"/\">Back</a></p>"
                );
                answer(StatusCode::OK, HTML, layout("Thank you", &thanks))
            }
            Err(error) => {
                let text = format!("<h1>Checkout</h1><p>{}</p>", escape(&error.to_string()));
                answer(StatusCode::UNPROCESSABLE_ENTITY, HTML, layout("Checkout", &text))
            }
        }
    }
}

/// Queues the webhooks of what a request to the admin API changed.
async fn after_admin(
    State(shop): State<LocalShopify>,
    request: AxumRequest,
    next: Next,
) -> AxumResponse {
    let response = next.run(request).await;
    shop.publish_pending();
    response
}

async fn shop(State(shop): State<LocalShopify>, request: AxumRequest) -> AxumResponse {
    let (head, body) = request.into_parts();
    match to_bytes(body, BODY_BYTES_MAX).await {
        Ok(body) => shop.serve(Request::from_parts(head, body)).await,
        Err(_) => {
            let body = Value::from("The body is too long.").to_string();
            (StatusCode::PAYLOAD_TOO_LARGE, body).into_response()
        }
    }
}

//! CORS preflights.

use edge_functions::event::Request;
use edge_wire::problem::Code;

use super::{Expected, TestCase, case, rejects};
use crate::fixture::{Viewer, request_to};

fn preflight(path: &str) -> Request {
    request_to("OPTIONS", path)
        .with("Origin", "https://shop.example")
        .with("Access-Control-Request-Method", "POST")
        .with("Access-Control-Request-Headers", "authorization,content-type")
}

pub(super) fn cases() -> Vec<TestCase> {
    let answered = |name: &str, path: &str, headers| case(name, preflight(path), allowed(headers));
    vec![
        answered("a preflight of a product", "/v1/configurator/bike", READ),
        answered("a preflight of a selection", "/v1/configurator/bike/resolution?x", READ),
        answered("a preflight of a cart", "/v1/cart", READ),
        answered("a preflight of a new cart", "/v1/carts", POST),
        answered("a preflight of lines", "/v1/cart/lines", LINES),
        answered("a preflight of a line", "/v1/cart/lines/l-1", LINE),
        answered("a preflight of health", "/health", READ),
        rejects("a preflight of an unknown path", preflight("/v2/cart"), Code::RouteUnknown),
        rejects("a preflight of an odd path", preflight("/v1//cart"), Code::PathInvalid),
        rejects(
            "OPTIONS without an origin",
            request_to("OPTIONS", "/v1/cart").with("Access-Control-Request-Method", "GET"),
            Code::MethodNotAllowed,
        )
        .allows("GET, HEAD"),
        rejects(
            "OPTIONS that asks for no method",
            request_to("OPTIONS", "/v1/cart").with("Origin", "https://shop.example"),
            Code::MethodNotAllowed,
        )
        .allows("GET, HEAD"),
        answered("a preflight of log-out", "/v1/session", LOG_OUT),
        rejects("a preflight of a webhook", preflight("/webhooks/shopify"), Code::MethodNotAllowed)
            .allows("POST"),
        rejects(
            "a preflight of an admin route",
            preflight("/v1/admin/configurators/bike"),
            Code::MethodNotAllowed,
        )
        .allows("DELETE, GET, HEAD, PUT"),
        rejects(
            "a preflight behind the proxy",
            preflight("/proxy/v1/cart"),
            Code::MethodNotAllowed,
        )
        .allows("GET, HEAD"),
        rejects(
            "a preflight of what the proxy does not lead to",
            preflight("/proxy/v1/configurator/bike"),
            Code::RouteUnknown,
        ),
    ]
}

type Lines = &'static [(&'static str, &'static str)];

fn allowed(headers: Lines) -> Expected {
    Expected::Answered { status: "204", headers, body: None }
}

macro_rules! allowing {
    ($methods:literal) => {
        &[
            (
                "access-control-allow-headers",
                "Authorization, Content-Type, Idempotency-Key, If-None-Match, Forecourt-Cart, \
                 Forecourt-Bookmark, baggage, sentry-trace",
            ),
            ("access-control-allow-methods", $methods),
            ("access-control-allow-origin", "*"),
            ("access-control-max-age", "7200"),
            ("cache-control", "no-store"),
        ]
    };
}

const READ: Lines = allowing!("GET, HEAD");
const POST: Lines = allowing!("POST");
const LINES: Lines = allowing!("DELETE, POST");
const LOG_OUT: Lines = allowing!("DELETE");
const LINE: Lines = allowing!("DELETE, PATCH");

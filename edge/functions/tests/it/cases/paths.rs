//! Which paths and methods there are.

use edge_wire::problem::Code;

use super::{Expected, TestCase, case, forwards, rejects};
use crate::fixture::{Viewer, get, request_to};

pub(super) fn cases() -> Vec<TestCase> {
    let mut cases = vec![
        forwards("a product", get("/v1/configurator/bike"), "/v1/configurator/bike"),
        forwards(
            "a product whose id has a dot",
            get("/v1/configurator/a.b"),
            "/v1/configurator/a.b",
        ),
        forwards("the programme", get("/v1/loyalty/program"), "/v1/loyalty/program"),
        forwards("the description of this API", get("/v1/openapi.json"), "/v1/openapi.json"),
        forwards("whether the origin is ready", get("/health/ready"), "/health/ready"),
        forwards(
            "HEAD where there is GET",
            request_to("HEAD", "/v1/configurator/bike"),
            "/v1/configurator/bike",
        ),
        forwards("the admin", get("/admin"), "/admin"),
        forwards(
            "the admin as Shopify opens it",
            get(
                "/admin?embedded=1&hmac=0a&host=YWRtaW4&id_token=a.b.c&locale=en&new_one=%3B&new_one=2",
            ),
            "/admin",
        ),
        forwards("a file of the admin", get("/admin/0a1b/app.js"), "/admin/0a1b/app.js"),
        rejects(
            "a file of the admin with a parameter",
            get("/admin/0a1b/app.js?v=1"),
            Code::ParameterInvalid,
        )
        .at_field("query:v"),
        forwards("a webhook", request_to("POST", "/webhooks/shopify"), "/webhooks/shopify"),
        case("whether the edge is alive", get("/health"), alive(Some(r#"{"status":"ok"}"#))),
        case("HEAD of whether the edge is alive", request_to("HEAD", "/health"), alive(None)),
        rejects("the root", get("/"), Code::RouteUnknown),
        rejects(
            "a session without Shopify",
            request_to("POST", "/v1/session").customer("1001"),
            Code::ProxyOnly,
        ),
    ];
    cases.extend(unknown().map(|path| {
        rejects(format!("unknown path {path}"), get("").at(&path), Code::RouteUnknown)
    }));
    cases.extend(
        not_canonical()
            .map(|path| rejects(format!("path {path:?}"), get("").at(path), Code::PathInvalid)),
    );
    cases.extend(wrong_methods().map(|(method, path, allow)| {
        rejects(format!("{method} {path}"), request_to(method, path), Code::MethodNotAllowed)
            .allows(allow)
    }));
    cases
}

fn alive(body: Option<&'static str>) -> Expected {
    Expected::Answered {
        status: "200",
        headers: &[
            ("access-control-allow-origin", "*"),
            ("cache-control", "no-store"),
            ("content-type", "application/json"),
        ],
        body,
    }
}

/// Web cache deception by an appended segment or well-known name, other spellings, prefixes.
fn unknown() -> impl Iterator<Item = String> {
    let suffixes = "css js png jpg gif ico svg woff woff2 pdf json map".split(' ');
    let deceptions = suffixes.map(|suffix| format!("/v1/loyalty/x.{suffix}"));
    let long = format!("/v1/configurator/{}", "x".repeat(65));
    let others = [
        "/v1",
        "/robots.txt",
        "/favicon.ico",
        "/v1/cart/index.html",
        "/v1/loyalty.css",
        "/v1/cart.json",
        "/v1/cart/x/y.css",
        "/V1/cart",
        "/v1/Cart",
        "/v2/cart",
        "/v1/configurator",
        "/v1/configurator/_bike",
        "/v1/configurator/.well-known",
        "/v1/configurator/a:b",
        "/v1/configurator/bike/Resolution",
        "/v1/cart@evil.example",
        "/v1/cart:443",
        "/v1/cart,x.css",
        "/v1/cart$x.css",
        "/v1/cart!",
        "/v1/cart&x=1",
        "/v1/...",
        "/proxy",
        "/proxyv1/loyalty",
        "/proxy/v1",
        "/proxy/health",
        "/proxy/proxy/v1/loyalty",
        "/proxy/v1/configurator/bike",
        "/proxy/v1/configurator/bike/resolution",
        "/proxy/v1/openapi.json",
        "/proxy/webhooks/shopify",
        "/proxy/v1/admin/configurators/bike",
        "/proxy/admin",
        "/static/proxy/v1/loyalty",
    ];
    deceptions.chain([long]).chain(others.map(str::to_owned))
}

/// Forms that some server on the way might read as another path.
fn not_canonical() -> impl Iterator<Item = &'static str> {
    [
        "",
        "v1/cart",
        "*",
        "http://evil.example/v1/cart",
        "//",
        "//v1/cart",
        "/v1//cart",
        "/v1/cart/",
        "/v1/cart//",
        "/v1/./cart",
        "/v1/cart/.",
        "/v1/cart/..",
        "/v1/../v1/cart",
        "/static/../v1/loyalty",
        "/v1/loyalty/..;/x.css",
        "/..;/v1/loyalty",
        "/v1/cart;x.css",
        "/v1/cart;",
        "/v1;a=b/cart",
        "/v1/configurator/%62ike",
        "/v1/cart%2fx.css",
        "/v1/cart%2Fx.css",
        "/static/..%2f..%2fv1/loyalty",
        "/static/%2e%2e/v1/loyalty",
        "/static/%252e%252e/v1/loyalty",
        "/v1/cart%5cx.css",
        "/v1/cart\\x.css",
        "/v1/cart%3bx.css",
        "/v1/cart%00x.css",
        "/v1/cart%09x.css",
        "/v1/cart%0ax.css",
        "/v1/cart%0d%0aSet-Cookie:x",
        "/v1/cart%20",
        "/v1/cart%23x.css",
        "/v1/cart%26x.css",
        "/v1/cart%3fx.css",
        "/v1/cart%",
        "/v1/cart\0",
        "/v1/cart\tx",
        "/v1/cart\r\nx: y",
        "/v1/cart x",
        "/v1/cart\u{7f}",
        "/v1/cart\u{85}",
        "/v1/cärt",
        "/v1/cart/\u{ff0e}\u{ff0e}/x",
        "/v1/cart?x.css",
        "/v1/cart#x.css",
        "/v1/cart\"",
        "/v1/<cart>",
        "/v1/cart^",
        "/v1/cart`",
        "/v1/{cart}",
        "/v1/cart|x",
        "/proxy//v1/cart",
        "/proxy/../v1/cart",
        "/proxy/",
    ]
    .into_iter()
}

fn wrong_methods() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    [
        ("POST", "/v1/cart", "GET, HEAD"),
        ("PUT", "/v1/configurator/bike", "GET, HEAD"),
        ("DELETE", "/v1/loyalty", "GET, HEAD"),
        ("POST", "/health", "GET, HEAD"),
        ("get", "/v1/cart", "GET, HEAD"),
        ("TRACE", "/v1/cart", "GET, HEAD"),
        ("", "/v1/cart", "GET, HEAD"),
        ("GET", "/v1/carts", "POST"),
        ("HEAD", "/v1/carts", "POST"),
        ("GET", "/v1/session", "DELETE, POST"),
        ("GET", "/v1/cart/lines", "DELETE, POST"),
        ("GET", "/v1/cart/lines/x.css", "DELETE, PATCH"),
        ("PUT", "/v1/cart/attributes", "PATCH"),
        ("GET", "/webhooks/shopify", "POST"),
        ("POST", "/v1/admin/configurators/bike", "DELETE, GET, HEAD, PUT"),
        ("GET", "/v1/admin/configurators/bike/versions/1/activate", "POST"),
        ("DELETE", "/v1/admin/loyalty/program", "GET, HEAD, PUT"),
        ("PUT", "/v1/admin/loyalty/program/versions", "GET, HEAD"),
        ("GET", "/v1/admin/loyalty/program/versions/1/activate", "POST"),
        ("GET", "/v1/configurator/bike/selections", "POST"),
        ("POST", "/v1/selections/0123456789abcdef", "GET, HEAD"),
        ("DELETE", "/proxy/v1/loyalty", "GET, HEAD"),
        ("GET", "/proxy/v1/session", "DELETE, POST"),
    ]
    .into_iter()
}

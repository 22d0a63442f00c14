"""What schemathesis needs to know of the local shop: who calls, and the names of things that exist.

Nearly every request proves who calls, so that it gets past the edge; one in eight is left as it was generated.
The choice follows from the request alone, so that a seed repeats a run.
"""

import base64
import hashlib
import hmac
import json
import os
import time
import urllib.request
from urllib.parse import urlencode, urlsplit

import schemathesis

URL = os.environ["FORECOURT_URL"]
# The demo shop's (infra/local/src/demo.rs).
SHOP = "demo.myshopify.com"
SECRET = b"dev-shopify-secret"
STAFF = "dev-staff-token-0000000000000000"
CUSTOMER = "1001"
# A token is valid for 15 minutes, and a cart takes a limited number of commands.
TOKEN_S = 600
CART_USES = 100
# What is likely to exist, by the name of a parameter of a path.
KNOWN = {
    "product": ["tee", "bike", "mug"],
    "version": ["1", "2"],
    "customer": ["1001", "1002"],
    "person": ["71", "72"],
    "code": ["malformed", "cart-full"],
}


def post(path, headers=None):
    request = urllib.request.Request(URL + path, method="POST", headers=headers or {})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def proxied(path):
    """A path as Shopify's App Proxy calls it."""
    query = {
        "logged_in_customer_id": CUSTOMER,
        "path_prefix": "/apps/forecourt",
        "shop": SHOP,
        "timestamp": str(int(time.time())),
    }
    text = "".join(f"{name}={query[name]}" for name in sorted(query))
    query["signature"] = hmac.new(SECRET, text.encode(), hashlib.sha256).hexdigest()
    return f"/proxy{path}?{urlencode(query)}"


class Tokens:
    """The tokens of one customer and of carts, renewed in time."""

    def __init__(self):
        self.until, self.uses, self.session, self.guest, self.own = 0.0, 0, "", "", ""

    def customer(self):
        if time.monotonic() > self.until:
            self.session = post(proxied("/v1/session"))["token"]
            self.own = post("/v1/carts", {"Authorization": f"Bearer {self.session}"})["token"]
            self.until = time.monotonic() + TOKEN_S
        return self.session

    def cart(self, is_own):
        if is_own:
            self.customer()
            return self.own
        if self.uses % CART_USES == 0:
            self.guest = post("/v1/carts")["token"]
        self.uses += 1
        return self.guest


TOKENS = Tokens()


def chance(case, sides):
    """A number below `sides` that follows from the request."""
    seen = repr((case.path, case.path_parameters, case.query, case.body)).encode()
    return hashlib.sha256(seen).digest()[0] % sides


class Signed:
    """Signs a webhook over its bytes, and a session as the App Proxy does."""

    def __init__(self, is_session):
        self.is_session = is_session

    def __call__(self, request):
        if self.is_session:
            request.url = URL + proxied(urlsplit(request.url).path)
            return request
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        signature = base64.b64encode(hmac.new(SECRET, body, hashlib.sha256).digest())
        request.headers["X-Shopify-Hmac-Sha256"] = signature.decode()
        request.headers["X-Shopify-Shop-Domain"] = SHOP
        return request


@schemathesis.hook
def before_call(context, case, kwargs):
    if chance(case, 8) == 0:
        return
    path = case.operation.path
    security = case.operation.definition.raw.get("security", [])
    schemes = {scheme for way in security for scheme in way}
    if path == "/v1/session" or "webhook" in schemes:
        kwargs["auth"] = Signed(path == "/v1/session")
    if "staff" in schemes:
        case.headers["Authorization"] = f"Bearer {STAFF}"
    elif "customer" in schemes:
        case.headers["Authorization"] = f"Bearer {TOKENS.customer()}"
    if "cart" in schemes:
        case.headers["Forecourt-Cart"] = TOKENS.cart(path.endswith("/merge"))


@schemathesis.hook
def filter_headers(context, headers):
    """No value that HTTP forbids (RFC 9110 section 5.5): the parser answers it with a bare 400, before any route."""
    values = (headers or {}).values()
    return all(byte == "\t" or (" " <= byte and byte != "\x7f") for value in values for byte in str(value))


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    for name, known in KNOWN.items():
        value = (path_parameters or {}).get(name)
        if isinstance(value, str):
            at = hashlib.sha256(value.encode()).digest()[0]
            if at % 4 != 0:
                path_parameters[name] = known[at % len(known)]
    return path_parameters

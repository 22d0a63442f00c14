#!/usr/bin/env python3
"""Records the golden files of a release: drives its `forecourt` binary over HTTP and keeps what it wrote.

    python3 infra/local/tests/golden/record.py target/debug/forecourt FOLDER

FOLDER gets `table.sqlite.gz`, `bus.sqlite.gz`, `tokens.json`, `exchanges.json` and `events.json`. It takes
six minutes: a hold must time out, and messages must stay in the bus until the process has stopped.
"""

import atexit
import datetime
import gzip
import json
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

URL = "http://127.0.0.1:18477"
STAFF = "dev-staff-token-0000000000000000"
KEYS = "dev1:dev-forecourt-key-0000000000000000"
DEMO = pathlib.Path(__file__).resolve().parents[2] / "demo"
# What a bus waits before it delivers anything, in the phases that need it.
HOLD_DELAY_S = 35
LAST_DELAY_S = 150
# A published program applies from ten seconds later on.
ACTIVATION_S = 11


class Reply:
    def __init__(self, status, headers, text):
        self.status, self.headers, self.text = status, headers, text

    @property
    def json(self):
        return json.loads(self.text)


class Shop:
    """A running process on a data folder."""

    def __init__(self, binary, data, faults=None):
        self.binary = binary
        command = [binary, "up", "--listen", URL.removeprefix("http://"), "--data", str(data)]
        self.process = subprocess.Popen(command + (["--faults", faults] if faults else []), stdout=subprocess.DEVNULL)
        atexit.register(self.process.kill)
        for _ in range(600):
            try:
                if send("GET", "/health/ready").status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise SystemExit("the process does not start")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0

    def run(self, *arguments, text=None):
        done = subprocess.run([self.binary, *arguments], input=text, capture_output=True, text=True)
        assert done.returncode == 0, done
        return done.stdout.strip()

    def publish(self, document, *more):
        return self.run("publish", str(document), "--url", URL, *more)

    def webhook(self, topic, *arguments, text=None):
        return self.run("webhook", topic, *arguments, "--url", URL, text=text)


def send(method, path, headers=None, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {k: v for k, v in (headers or {}).items() if v}
    if body is not None:
        headers["content-type"] = "application/json"
    request = urllib.request.Request(URL + path, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return Reply(reply.status, reply.headers, reply.read().decode())
    except urllib.error.HTTPError as reply:
        return Reply(reply.code, reply.headers, reply.read().decode())


def expect(status, method, path, headers=None, body=None):
    reply = send(method, path, headers, body)
    assert reply.status == status, (method, path, reply.status, reply.text)
    return reply.json


def wait_for(what, condition):
    for _ in range(1800):
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    raise SystemExit(f"{what} does not happen")


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Cart:
    """A client's cart: its token, and the bookmark of the last answer."""

    def __init__(self, customer=None):
        headers = {"authorization": f"Bearer {customer}"} if customer else {}
        created = expect(201, "POST", "/v1/carts", headers)
        self.token, self.bookmark, self.id = created["token"], created["cart"]["bookmark"], created["cart"]["id"]

    def headers(self, key=None):
        return {"forecourt-cart": self.token, "forecourt-bookmark": self.bookmark, "idempotency-key": key}

    def command(self, method, path, key, body=None, status=202):
        answer = expect(status, method, path, self.headers(key), body)
        self.bookmark = answer["bookmark"]
        return answer

    def add(self, key, body):
        return self.command("POST", "/v1/cart/lines", key, body)

    def read(self):
        return self.command("GET", "/v1/cart", None, status=200)

    def settled(self, version):
        return wait_for(f"version {version} of {self.id}", lambda: (c := self.read())["version"] == version and c)


def tee(size, quantity, fit="regular", **more):
    return {"product": "tee", "quantity": quantity, "selection": {"colour": "white", "size": size, "fit": fit}, **more}


VARIANT = {"variant_id": "875309424069134920", "quantity": 3, "properties": {"Print": "Col de la Bonette"}}


def bearer(token, **more):
    return {"authorization": f"Bearer {token}", **more}


def customer_token(shop, customer):
    return shop.run("token", "--customer", customer)


def loyalty(token):
    return expect(200, "GET", "/v1/loyalty", bearer(token))


def redeem(token, key, bookmark=None):
    headers = bearer(token, **{"idempotency-key": key, "forecourt-bookmark": bookmark})
    return expect(202, "POST", "/v1/loyalty/redemptions", headers, {"points": 250, "reward": "five-euro"})


def status_of(token, redemption):
    return expect(200, "GET", f"/v1/loyalty/redemptions/{redemption}", bearer(token))["status"]


def adjust(customer, key, points, reason):
    path = f"/v1/admin/loyalty/customers/{customer}/adjustments"
    return expect(202, "POST", path, bearer(STAFF, **{"idempotency-key": key}), {"points": points, "reason": reason})


def ordinary_days(shop, work):
    """Carts, an order with its refund, a redemption, adjustments, publications, demands and a dead letter."""
    cart = Cart()
    line = cart.add("golden-add-selection", tee("xs", 2))["lines"][0]["id"]
    cart.add("golden-add-variant-0", VARIANT)
    bike = expect(200, "GET", "/v1/configurator/bike/completion?frame=carbon&_by=price")
    cart.add("golden-add-a-bicycle", {"product": "bike", "quantity": 1, "selection": bike["selection"]})
    cart.command("PATCH", f"/v1/cart/lines/{line}", "golden-set-quantity", {"quantity": 5})
    removed = cart.add("golden-add-removed-0", tee("m", 1, "long"))["lines"]
    removed = [one["id"] for one in removed if (one["selection"] or {}).get("size") == "m"][0]
    cart.command("DELETE", f"/v1/cart/lines/{removed}", "golden-remove-a-line")
    attributes = {"gift": "yes", "note": "für Zoë", "gone": "soon"}
    cart.command("PATCH", "/v1/cart/attributes", "golden-attributes-01", attributes)
    cart.command("PATCH", "/v1/cart/attributes", "golden-attributes-02", {"gone": None})
    cart.settled("8")

    cleared = Cart()
    cleared.add("golden-add-cleared-0", tee("xs", 1))
    cleared.command("DELETE", "/v1/cart/lines", "golden-clear-a-cart-")

    member = customer_token(shop, "1003")
    own = Cart(member)
    own.add("golden-add-at-home-0", tee("xs", 1))
    guest = Cart()
    guest.add("golden-add-as-guest0", tee("3xl", 1, properties={"Engraving": "Ada"}))
    headers = {**own.headers("golden-merge-a-guest"), **bearer(member)}
    headers["forecourt-bookmark"] = f"{guest.bookmark},{own.bookmark}"
    own.bookmark = expect(202, "POST", "/v1/cart/merge", headers, {"from": guest.token})["bookmark"]
    own.settled("3")

    ordered = Cart()
    ordered.add("golden-add-and-order", VARIANT)
    ordered.settled("1")
    hand_over = expect(200, "GET", "/v1/cart/checkout", ordered.headers())
    shop.webhook("orders/paid", "--fixture", "--cart", ordered.id)
    ordered.settled("2")
    shop.webhook("refunds/create", "--fixture")

    redeemed = redeem(customer_token(shop, "1007"), "golden-redeem-first0")["id"]
    wait_for("a confirmation", lambda: status_of(customer_token(shop, "1007"), redeemed) == "confirmed")
    adjust("1006", "golden-adjust-a-gift", 300, "A late delivery")
    adjust("1006", "golden-adjust-taken0", -14, "A mistake")

    for product in ["bike", "tee"]:
        shop.publish(DEMO / f"{product}.json")
    expect(200, "POST", "/v1/admin/configurators/bike/versions/1/activate", bearer(STAFF))
    selections = {}
    for name, product, selection in [
        ("complete", "tee", {"colour": "white", "size": "xs", "fit": "regular"}),
        ("partial", "bike", {"frame": "carbon", "size": "m"}),
        ("inconsistent", "bike", {"frame": "carbon", "motor": "mid"}),
    ]:
        body = {"selection": selection}
        selections[name] = expect(201, "POST", f"/v1/configurator/{product}/selections", None, body)["id"]

    # Larger than an event may be: its payload is stored beside it.
    order = json.loads((DEMO.parent / "fixtures/orders-paid.json").read_text())
    order.update({"id": 820982911946154509, "note": "x" * 1_100_000, "note_attributes": []})
    large = work / "large.json"
    text = json.dumps(order)
    for moment in ["2026-11-20T18:04:11+01:00", "2026-11-20T18:04:09+01:00"]:
        text = text.replace(moment, now())
    large.write_text(text)
    shop.webhook("orders/paid", str(large))
    cancelled = {"id": order["id"], "cancelled_at": now()}
    shop.webhook("orders/cancelled", "-", text=json.dumps(cancelled))
    for topic, customer in [("customers/data_request", 1009), ("customers/redact", 1005)]:
        demand = {"shop_id": 954889, "shop_domain": "demo.myshopify.com", "data_request": {"id": 9999},
                  "orders_requested": [], "orders_to_redact": [],
                  "customer": {"id": customer, "email": "ada@example.com"}}
        shop.webhook(topic, "-", text=json.dumps(demand))
    shop.webhook("orders/paid", "-", text='{"id":null}')
    demands = lambda: expect(200, "GET", "/v1/admin/privacy/demands", bearer(STAFF))["demands"]
    wait_for("two demands", lambda: len(demands()) == 2 and all(one["done"] for one in demands()))
    return {"cart": cart, "own": own, "guest": guest, "ordered": ordered, "cleared": cleared, "hand_over": hand_over,
            "confirmed": redeemed, "selections": selections}


def every_end_of_a_redemption(binary, data, work):
    """With a slow bus: a hold times out, one of two is rejected, a reward is withdrawn."""
    shop = Shop(binary, data, f"delay_ms={HOLD_DELAY_S}000..{HOLD_DELAY_S}000")
    program = json.loads((DEMO / "program.json").read_text())

    def publish(changes):
        file = work / "program.json"
        file.write_text(json.dumps({**program, **changes}))
        shop.publish(file)
        time.sleep(ACTIVATION_S)

    tokens = {customer: customer_token(shop, customer) for customer in ["1001", "1002", "1003"]}
    publish({"hold_minutes": 1})
    timed_out = redeem(tokens["1001"], "golden-redeem-times0")["id"]
    publish({"title": "Forecourt Riders, again"})
    released = redeem(tokens["1002"], "golden-redeem-withdr")["id"]
    either = [redeem(tokens["1003"], f"golden-redeem-{device}")["id"] for device in ["phone0", "laptop"]]
    # A hold ends after two deliveries: by then the reward must be gone, and not before it is asked for.
    time.sleep(HOLD_DELAY_S)
    publish({"rewards": program["rewards"][2:]})
    ends = {("1001", timed_out): "released", ("1002", released): "released"}
    for (customer, one), end in ends.items():
        wait_for(end, lambda: status_of(tokens[customer], one) == end)
    wait_for("a rejection", lambda: "rejected" in [status_of(tokens["1003"], one) for one in either])
    expect(200, "POST", "/v1/admin/loyalty/program/versions/1/activate", bearer(STAFF))
    time.sleep(ACTIVATION_S)
    # One delivery later it is held; the process stops for good before the next.
    token = customer_token(shop, "1007")
    held = redeem(token, "golden-redeem-held00")["id"]
    time.sleep(HOLD_DELAY_S + 2)
    shop.stop()
    return {"timed_out": timed_out, "released": released, "either": either, "held": held}


def exchange(name, method, path, headers=None, body=None):
    """Sends a request and keeps it with its answer."""
    reply = send(method, path, headers, body)
    headers = {k: v for k, v in (headers or {}).items() if v}
    recorded = {"name": name, "method": method, "path": path, "headers": headers}
    if body is not None:
        # As sent: a retry is recognised by its bytes.
        recorded["body"] = json.dumps(body)
    return {**recorded, "status": reply.status, "answer": reply.json}


def reads(carts, ends, tokens, pending):
    cart = lambda one: {"forecourt-cart": one.token, "forecourt-bookmark": one.bookmark}
    mine = lambda customer, bookmark=None: bearer(tokens[customer], **{"forecourt-bookmark": bookmark})
    entries = exchange("entries", "GET", "/v1/loyalty/entries?limit=2", mine("1001"))
    cursor = entries["answer"]["next"]
    customers = ["1001", "1002", "1003", "1005", "1006", "1007", "1009"]
    redemption = lambda name, customer, one, bookmark=None: exchange(
        f"redemption-{name}", "GET", f"/v1/loyalty/redemptions/{one}", mine(customer, bookmark))
    older = mine("1001", entries["answer"]["bookmark"])
    demands = exchange("demands", "GET", "/v1/admin/privacy/demands", bearer(STAFF))
    file = [one["id"] for one in demands["answer"]["demands"] if one["kind"] == "export"][0]
    every = [
        exchange("product", "GET", "/v1/configurator/bike"),
        exchange("resolution-of-variants", "GET", "/v1/configurator/tee/resolution?size=xs&fit=regular"),
        exchange("resolution", "GET", "/v1/configurator/bike/resolution?frame=carbon&size=m"),
        exchange("explanation", "GET", "/v1/configurator/bike/explanation?frame=carbon&_why=motor:mid"),
        exchange("completion", "GET", "/v1/configurator/guitar/completion?colour=gold&shape=single&_by=price"),
        exchange("program", "GET", "/v1/loyalty/program"),
        exchange("cart-with-a-pending-line", "GET", "/v1/cart", cart(carts["cart"])),
        exchange("cart-without-bookmark", "GET", "/v1/cart", {"forecourt-cart": carts["cart"].token}),
        exchange("cart-of-a-customer", "GET", "/v1/cart", cart(carts["own"])),
        exchange("cart-merged-away", "GET", "/v1/cart", cart(carts["guest"])),
        exchange("cart-partly-ordered", "GET", "/v1/cart", cart(carts["ordered"])),
        exchange("cart-cleared", "GET", "/v1/cart", cart(carts["cleared"])),
        exchange("hand-over", "GET", "/v1/cart/checkout", cart(carts["cart"])),
        exchange("loyalty-with-a-pending-redemption", "GET", "/v1/loyalty", mine("1008", pending["bookmark"])),
        exchange("entries-with-a-pending-redemption", "GET", "/v1/loyalty/entries", mine("1008", pending["bookmark"])),
        redemption("pending", "1008", pending["id"], pending["bookmark"]),
        redemption("confirmed", "1007", carts["confirmed"]),
        redemption("held", "1007", ends["held"]),
        redemption("timed-out", "1001", ends["timed_out"]),
        redemption("released", "1002", ends["released"]),
        redemption("of-either-phone", "1003", ends["either"][0]),
        redemption("of-either-laptop", "1003", ends["either"][1]),
        entries,
        exchange("entries-older", "GET", f"/v1/loyalty/entries?cursor={cursor}&limit=2", older),
        *[exchange(f"loyalty-{one}", "GET", "/v1/loyalty", mine(one)) for one in customers],
        *[exchange(f"selection-{name}", "GET", f"/v1/selections/{one}") for name, one in carts["selections"].items()],
        exchange("product-document", "GET", "/v1/admin/configurators/bike", bearer(STAFF)),
        exchange("product-versions", "GET", "/v1/admin/configurators/bike/versions", bearer(STAFF)),
        exchange("program-document", "GET", "/v1/admin/loyalty/program", bearer(STAFF)),
        exchange("program-versions", "GET", "/v1/admin/loyalty/program/versions", bearer(STAFF)),
        demands,
        exchange("exported-file", "GET", f"/v1/admin/privacy/demands/{file}", bearer(STAFF)),
    ]
    return every, cursor


def retries(carts, tokens, pending):
    """What a client repeats because it saw no answer, and what it may not change then."""
    cart, key = carts["cart"], {"idempotency-key": "golden-add-pending-0"}
    headers = {"forecourt-cart": cart.token, "forecourt-bookmark": cart.bookmark, **key}
    bookmark = {"forecourt-bookmark": pending["bookmark"]}
    mine = bearer(tokens["1008"], **{"idempotency-key": "golden-redeem-pendin"}, **bookmark)
    staff = bearer(STAFF, **{"idempotency-key": "golden-adjust-a-gift"})
    gift = ["POST", "/v1/admin/loyalty/customers/1006/adjustments", staff]
    redemptions = "/v1/loyalty/redemptions"
    return [
        exchange("cart-command-again", "POST", "/v1/cart/lines", headers, tee("4xl", 1, "long")),
        exchange("cart-command-of-another-content", "POST", "/v1/cart/lines", headers, tee("4xl", 2, "long")),
        exchange("redemption-again", "POST", redemptions, mine, {"points": 250, "reward": "five-euro"}),
        exchange("redemption-of-another-reward", "POST", redemptions, mine,
                 {"points": 100, "reward": "free-shipping"}),
        exchange("adjustment-again", *gift, {"points": 300, "reason": "A late delivery"}),
    ]


def later(carts, ends, tokens, pending):
    path = f"/v1/loyalty/redemptions/{pending['id']}"
    mine = bearer(tokens["1008"], **{"forecourt-bookmark": pending["bookmark"]})
    wait_for("the last confirmation", lambda: expect(200, "GET", path, mine)["status"] == "confirmed")
    carts["cart"].settled("9")
    held = f"/v1/loyalty/redemptions/{ends['held']}"
    wait_for("the end of the hold", lambda: status_of(tokens["1007"], ends["held"]) == "confirmed")
    # With the bookmarks from before: a client that slept in between.
    cart = {"forecourt-cart": carts["cart"].token, "forecourt-bookmark": carts["asleep"]}
    return [
        exchange("cart", "GET", "/v1/cart", cart),
        exchange("redemption", "GET", path, mine),
        exchange("redemption-once-held", "GET", held, bearer(tokens["1007"])),
        exchange("loyalty", "GET", "/v1/loyalty", bearer(tokens["1006"])),
    ]


def compact(source, target):
    connection = sqlite3.connect(source)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with open(target, "wb") as out, gzip.GzipFile("", "wb", 9, out, mtime=0) as packed:
        packed.write(source.read_bytes())


def events(bus):
    connection = sqlite3.connect(bus)
    rows = connection.execute("SELECT body FROM event ORDER BY seq").fetchall()
    connection.close()
    return [json.loads(body) for (body,) in rows]


def main(binary, target):
    work = pathlib.Path(tempfile.mkdtemp())
    data = work / "data"
    shop = Shop(binary, data)
    carts = ordinary_days(shop, work)
    time.sleep(8)  # Publications are consumed some seconds later.
    shop.stop()
    ends = every_end_of_a_redemption(binary, data, work)

    shop = Shop(binary, data, f"delay_ms={LAST_DELAY_S}000..{LAST_DELAY_S}000")
    tokens = {customer: customer_token(shop, customer) for customer in
              ["1001", "1002", "1003", "1005", "1006", "1007", "1008", "1009"]}
    acknowledged = time.monotonic()
    carts["asleep"] = carts["cart"].add("golden-add-pending-0", tee("4xl", 1, "long"))["bookmark"]
    pending = redeem(tokens["1008"], "golden-redeem-pendin", loyalty(tokens["1008"])["bookmark"])
    adjust("1006", "golden-adjust-pendng", 50, "A second gift")
    recorded_at = now()
    every, cursor = reads(carts, ends, tokens, pending)
    again = retries(carts, tokens, pending)
    bookmarks = {name: carts[name].bookmark for name in ["cart", "own", "ordered", "cleared"]}
    proxied = shop.run("sign-proxy", "/proxy/v1/loyalty", "--customer", "1001").removeprefix("http://127.0.0.1:8080")
    every.append(exchange("loyalty-through-the-app-proxy", "GET", proxied))
    session = shop.run("sign-proxy", "/proxy/v1/session", "--customer", "1004").removeprefix("http://127.0.0.1:8080")
    shop.stop()

    target.mkdir(parents=True, exist_ok=True)
    for name in ["table.sqlite", "bus.sqlite"]:
        compact(data / name, target / f"{name}.gz")
    archive = events(data / "bus.sqlite")
    copy = work / "copy"
    shutil.copytree(data, copy, ignore=shutil.ignore_patterns("*.sock", "lock"))

    time.sleep(max(0, LAST_DELAY_S + 1 - (time.monotonic() - acknowledged)))
    shop = Shop(binary, copy)
    after = later(carts, ends, tokens, pending)
    later_at = now()
    shop.stop()

    def write(name, content):
        (target / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")

    write("tokens.json", {
        "recorded_at": recorded_at, "keys": KEYS, "staff_token": STAFF,
        "customers": tokens, "carts": {name: {"id": carts[name].id, "token": carts[name].token} for name in
                                       ["cart", "own", "guest", "ordered", "cleared"]},
        "bookmarks": {f"cart/{carts[name].id}": bookmark for name, bookmark in bookmarks.items()}
        | {"loyalty/1008": pending["bookmark"]},
        "links": {carts["ordered"].id: carts["hand_over"]["cart_add"]["attributes"]["forecourt_cart"]},
        "entries_cursor": cursor, "selections": carts["selections"], "proxied_session": session,
    })
    write("exchanges.json", {"recorded_at": recorded_at, "reads": every, "retries": again,
                             "later_at": later_at, "later": after})
    lines = [json.dumps({"source": one["source"], "detail-type": one["detail-type"], "detail": one["detail"]},
                        ensure_ascii=False) for one in archive]
    (target / "events.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    shutil.rmtree(work)


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))

//! Every check by name, with the fix for its failure.

use super::report::{CheckError, Outcome};
use super::target_client::TargetClient;
use super::{bypass, caching, clock, edge, latency, privacy, shopify, writing};

/// One check.
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) run: fn(&TargetClient) -> Result<Outcome, CheckError>,
    pub(super) fix: &'static str,
}

const fn check(
    name: &'static str,
    run: fn(&TargetClient) -> Result<Outcome, CheckError>,
    fix: &'static str,
) -> Check {
    Check { name, run, fix }
}

const POLICIES: &str = "deploy edge/distribution.json as it is: its response headers policies";
const FUNCTION: &str =
    "every behavior needs the viewer-request function, published and with its keys";
const KEY: &str = "cache policies must key by Forecourt-Identity and Forecourt-Bookmark, and \
    forward no cookies: deploy edge/distribution.json as it is";

/// In this order; if the first fails, the others are skipped.
pub(super) const CHECKS: &[Check] = &[
    check("health", edge::health, "is the URL right, and the distribution deployed?"),
    check("ready", edge::ready, "are the tables there, and is a loyalty program published?"),
    check("clock", clock::skew, "set this machine's clock, or the deployment's: tokens have times"),
    check("tls", edge::tls, POLICIES),
    check("headers of public answers", edge::public_headers, POLICIES),
    check("headers of personal answers", edge::personal_headers, POLICIES),
    check("headers of uncached answers", edge::uncached_headers, POLICIES),
    check("headers of refusals", edge::error_headers, POLICIES),
    check("cors", edge::cors, POLICIES),
    check("methods", edge::methods, FUNCTION),
    check("documentation", edge::documentation, "does configurator-read answer?"),
    check(
        "a miss, then hits",
        caching::miss_then_hit,
        "the public cache policy needs min TTL 0, and the origin's s-maxage must reach the edge",
    ),
    check("one selection, one object", caching::one_object, FUNCTION),
    check("unknown parameters", caching::unknown_parameters, FUNCTION),
    check("unchanged answers", caching::unchanged, "ETag and If-None-Match must pass the edge"),
    check("anonymous", privacy::anonymous, FUNCTION),
    check("forged tokens", privacy::forged, FUNCTION),
    check("expired tokens", privacy::expired, FUNCTION),
    check("forged identities", privacy::identities, FUNCTION),
    check("cookies", privacy::cookies, KEY),
    check("two carts", privacy::two_carts, KEY),
    check("two customers", privacy::two_customers, KEY),
    check("paths that look like files", privacy::disguised_paths, FUNCTION),
    check(
        "webhooks, unsigned",
        shopify::unsigned,
        "the receiver must verify the HMAC over the raw body: is its secret the app's?",
    ),
    check(
        "webhooks, signed",
        shopify::signed,
        "the secret given is not the app's, the shop is another one, or the bus takes no events",
    ),
    check("app proxy, unsigned", shopify::proxy_unsigned, FUNCTION),
    check(
        "app proxy, signed",
        shopify::proxy_signed,
        "the secret given is not the app's, or the shop is another one",
    ),
    check(
        "write and read back",
        writing::read_back,
        "the bookmark must stand in the cache key; commands must reach table and bus",
    ),
    check(
        "a write is applied",
        writing::applied,
        "look at the cart queue and its dead letters: rule, consumer, or its rights are missing",
    ),
    check(
        "no way around the edge",
        bypass::rejected,
        "function URLs need AWS_IAM with origin access control, the HTTP API the secret header",
    ),
    check("latency of hits", latency::hits, "is the edge near, and does it answer from its cache?"),
    check(
        "latency of misses",
        latency::misses,
        "keep environments warm, and look at Server-Timing for where the time goes",
    ),
];

//! What the edge caches, and under which key.

use serde_json::Value;

use super::super::http::Reply;
use super::report::{CheckError, Outcome};
use super::target_client::{TargetClient, expect, expect_problem, json};

/// Most selections tried until one is not cached yet.
const FRESH_MAX: usize = 12;
/// Most repetitions until a hit: a CDN has several edges, and each first misses.
const HITS_MAX: usize = 6;

/// Two choices of a product, of two options, drawn at random.
struct Choices([String; 2]);

pub(super) fn is_hit(reply: &Reply) -> bool {
    reply.header("x-cache").starts_with("Hit") || reply.header("x-cache").starts_with("RefreshHit")
}

// === impl Choices ===

impl Choices {
    /// `None` if the product has fewer than two options.
    fn draw(target: &TargetClient) -> Result<Option<Self>, CheckError> {
        let path = format!("/v1/configurator/{}", target.product);
        let reply = target.get(&path, &[])?;
        expect(&reply, 200, &format!("GET {path}"))?;
        let product = json(&reply)?;
        let options = product["options"].as_array().map(Vec::as_slice).unwrap_or_default();
        let random = target.random().into_bytes();
        let at = |nth: usize, len: usize| {
            random[4 * nth..4 * nth + 4].iter().fold(0, |sum, byte| sum * 31 + usize::from(*byte))
                % len.max(1)
        };
        if options.len() < 2 {
            return Ok(None);
        }
        let first = at(0, options.len());
        let second = (first + 1 + at(1, options.len() - 1)) % options.len();
        let choice = |nth: usize, option: &Value| {
            let values = option["values"].as_array().map(Vec::as_slice).unwrap_or_default();
            let value = values.get(at(nth, values.len()))?;
            Some(format!("{}={}", option["id"].as_str()?, value["id"].as_str()?))
        };
        let chosen = choice(2, &options[first]).zip(choice(3, &options[second]));
        let (one, other) = chosen.ok_or("the product has an option without values")?;
        Ok(Some(Self([one, other])))
    }

    fn path(&self, target: &TargetClient) -> String {
        let Self([one, other]) = self;
        format!("/v1/configurator/{}/resolution?{one}&{other}", target.product)
    }

    /// The same selection in another order, with tracking parameters.
    fn other_path(&self, target: &TargetClient, nth: usize) -> String {
        let Self([one, other]) = self;
        let product = &target.product;
        format!(
            "/v1/configurator/{product}/resolution?utm_source=doctor{nth}&{other}&gclid=1&{one}"
        )
    }
}

/// Draws a resolution that the edge had not cached, and requests it once.
fn fresh(target: &TargetClient) -> Result<Option<(Choices, Reply)>, CheckError> {
    for _ in 0..FRESH_MAX {
        let Some(choices) = Choices::draw(target)? else { return Ok(None) };
        let path = choices.path(target);
        let reply = target.get(&path, &[])?;
        expect(&reply, 200, &format!("GET {path}"))?;
        if reply.header("x-cache").starts_with("Miss") {
            return Ok(Some((choices, reply)));
        }
    }
    Err(format!("{FRESH_MAX} selections drawn at random were all cached, or X-Cache is missing"))
}

fn few_options(target: &TargetClient) -> Outcome {
    Outcome::Skipped(format!("{} has fewer than two options: try --product", target.product))
}

/// Repeats a request until it is a hit.
fn hit(target: &TargetClient, path: &str) -> Result<Reply, CheckError> {
    let mut x_cache = String::new();
    for _ in 0..HITS_MAX {
        let reply = target.get(path, &[])?;
        if is_hit(&reply) {
            return Ok(reply);
        }
        reply.header("x-cache").clone_into(&mut x_cache);
    }
    Err(format!("GET {path} is no hit after {HITS_MAX} times: X-Cache is {x_cache:?}"))
}

pub(super) fn miss_then_hit(target: &TargetClient) -> Result<Outcome, CheckError> {
    let Some((choices, first)) = fresh(target)? else { return Ok(few_options(target)) };
    let path = choices.path(target);
    let again = hit(target, &path)?;
    if again.body != first.body {
        return Err(format!("GET {path} has another body from the cache"));
    }
    let age = again.header("age");
    match age.parse::<u64>() {
        Ok(_) => Ok(Outcome::Passed(format!("a hit of age {age} s after a miss"))),
        Err(_) => Err(format!("a hit has the Age {age:?}")),
    }
}

pub(super) fn one_object(target: &TargetClient) -> Result<Outcome, CheckError> {
    let Some((choices, first)) = fresh(target)? else { return Ok(few_options(target)) };
    // This request may reach another edge location, so the first form fills its cache. Each further
    // form is new to every location.
    for nth in 0..HITS_MAX {
        let reply = target.get(&choices.other_path(target, nth), &[])?;
        if reply.body != first.body {
            return Err("one selection in two orders has two answers".to_owned());
        }
        if is_hit(&reply) {
            return Ok(Outcome::Passed("independent of order and tracking parameters".to_owned()));
        }
    }
    Err(format!("{} in another order is another object", choices.path(target)))
}

pub(super) fn unknown_parameters(target: &TargetClient) -> Result<Outcome, CheckError> {
    let path = format!("/v1/configurator/{}?_cachebuster=1", target.product);
    let reply = target.get(&path, &[])?;
    expect_problem(&reply, 400, "parameter-invalid", &format!("GET {path}"))?;
    Ok(Outcome::Passed("rejected before the cache".to_owned()))
}

pub(super) fn unchanged(target: &TargetClient) -> Result<Outcome, CheckError> {
    let path = format!("/v1/configurator/{}", target.product);
    let reply = target.get(&path, &[])?;
    let etag = reply.header("etag").to_owned();
    let again = target.get(&path, &[("if-none-match", &etag)])?;
    expect(&again, 304, &format!("GET {path} with its own ETag {etag}"))?;
    Ok(Outcome::Passed("304 without a body".to_owned()))
}

//! What the edge keeps, and under which key.

use serde_json::Value;

use super::super::http::Reply;
use super::patient::{Patient, expect, expect_problem, json};
use super::report::{Seen, Wrong};

/// Most selections tried until one is not at the edge yet.
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
    fn draw(patient: &Patient) -> Result<Option<Self>, Wrong> {
        let path = format!("/v1/configurator/{}", patient.product);
        let reply = patient.get(&path, &[])?;
        expect(&reply, 200, &format!("GET {path}"))?;
        let product = json(&reply)?;
        let options = product["options"].as_array().map(Vec::as_slice).unwrap_or_default();
        let random = patient.random().into_bytes();
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

    fn path(&self, patient: &Patient) -> String {
        let Self([one, other]) = self;
        format!("/v1/configurator/{}/resolution?{one}&{other}", patient.product)
    }

    /// The same asked differently: the other way round, and from one of many advertisements.
    fn other_path(&self, patient: &Patient, nth: usize) -> String {
        let Self([one, other]) = self;
        let product = &patient.product;
        format!(
            "/v1/configurator/{product}/resolution?utm_source=doctor{nth}&{other}&gclid=1&{one}"
        )
    }
}

/// A resolution that was not at the edge, and is now.
fn fresh(patient: &Patient) -> Result<Option<(Choices, Reply)>, Wrong> {
    for _ in 0..FRESH_MAX {
        let Some(choices) = Choices::draw(patient)? else { return Ok(None) };
        let path = choices.path(patient);
        let reply = patient.get(&path, &[])?;
        expect(&reply, 200, &format!("GET {path}"))?;
        if reply.header("x-cache").starts_with("Miss") {
            return Ok(Some((choices, reply)));
        }
    }
    Err(format!("{FRESH_MAX} selections drawn at random were all at the edge, or none says so"))
}

fn few_options(patient: &Patient) -> Seen {
    Seen::Skipped(format!("{} has fewer than two options: try --product", patient.product))
}

/// Asks until the edge answers by itself.
fn hit(patient: &Patient, path: &str) -> Result<Reply, Wrong> {
    let mut told = String::new();
    for _ in 0..HITS_MAX {
        let reply = patient.get(path, &[])?;
        if is_hit(&reply) {
            return Ok(reply);
        }
        reply.header("x-cache").clone_into(&mut told);
    }
    Err(format!("GET {path} is no hit after {HITS_MAX} times: X-Cache is {told:?}"))
}

pub(super) fn miss_then_hit(patient: &Patient) -> Result<Seen, Wrong> {
    let Some((choices, first)) = fresh(patient)? else { return Ok(few_options(patient)) };
    let path = choices.path(patient);
    let again = hit(patient, &path)?;
    if again.body != first.body {
        return Err(format!("GET {path} answers otherwise from the edge's store"));
    }
    let age = again.header("age");
    match age.parse::<u64>() {
        Ok(_) => Ok(Seen::Well(format!("a hit of age {age} s after a miss"))),
        Err(_) => Err(format!("a hit has the Age {age:?}")),
    }
}

pub(super) fn one_object(patient: &Patient) -> Result<Seen, Wrong> {
    let Some((choices, first)) = fresh(patient)? else { return Ok(few_options(patient)) };
    // The edge that missed may not be the one asked now, so the first form brings it there. Each
    // further form is one that no edge has seen.
    for nth in 0..HITS_MAX {
        let reply = patient.get(&choices.other_path(patient, nth), &[])?;
        if reply.body != first.body {
            return Err("one selection in two orders is answered in two ways".to_owned());
        }
        if is_hit(&reply) {
            return Ok(Seen::Well("whatever the order and the tracking parameters".to_owned()));
        }
    }
    Err(format!("{} in another order is another object", choices.path(patient)))
}

pub(super) fn unknown_parameters(patient: &Patient) -> Result<Seen, Wrong> {
    let path = format!("/v1/configurator/{}?_cachebuster=1", patient.product);
    let reply = patient.get(&path, &[])?;
    expect_problem(&reply, 400, "parameter-invalid", &format!("GET {path}"))?;
    Ok(Seen::Well("refused before any cache".to_owned()))
}

pub(super) fn unchanged(patient: &Patient) -> Result<Seen, Wrong> {
    let path = format!("/v1/configurator/{}", patient.product);
    let reply = patient.get(&path, &[])?;
    let etag = reply.header("etag").to_owned();
    let again = patient.get(&path, &[("if-none-match", &etag)])?;
    expect(&again, 304, &format!("GET {path} with its own ETag {etag}"))?;
    Ok(Seen::Well("304 without a body".to_owned()))
}

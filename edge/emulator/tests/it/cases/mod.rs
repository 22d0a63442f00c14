//! CloudFront's rules as cases: each row of the list in `RULES.md` is data in `tests/cases`, and
//! one runner plays it against an emulator on a clock of its own.

mod data;
mod listed;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use edge_emulator::Distribution;
use http::{HeaderMap, Response};
use serde_json::{Value, json};
use tokio::task::yield_now;

use crate::world::{Function, VIEWER, World, distribution, timed, x_cache};
pub(crate) use data::{Case, Expectations, FunctionOf, Status, Step, Together};

/// A case that is being played; differences are collected, so that one run shows all of them.
struct Play<'a> {
    case: &'a Case,
    world: World,
    runs: Arc<AtomicUsize>,
    differences: Vec<String>,
}

// === impl Play ===

impl<'a> Play<'a> {
    fn new(case: &'a Case, distribution: &Value) -> Self {
        let runs = Arc::new(AtomicUsize::new(0));
        let acts: Vec<_> = case.origin.iter().map(data::OriginAct::act).collect();
        let world = World::with(distribution, acts, |mut builder| {
            for function in &case.functions {
                let (function, runs) = (function.clone(), Arc::clone(&runs));
                let name = function.event.clone();
                let function = Function(move |event: Value| {
                    runs.fetch_add(1, Ordering::SeqCst);
                    answer_of(&function, event)
                });
                builder = builder.function(name, Arc::new(function));
            }
            builder
                .pops(case.locations)
                .invalidation_delay(Duration::from_secs(case.invalidation_delay_s))
        });
        Self { case, world, runs, differences: Vec::new() }
    }

    async fn all(mut self) -> Vec<String> {
        if let Some(seconds) = self.case.fresh_for {
            self.fresh_for(seconds).await;
        }
        for (number, step) in (1..).zip(&self.case.steps) {
            let place = format!("case {}, step {number}", self.case.case);
            self.step(&place, step).await;
            settle().await;
            self.check(&place, "requests at the origin", step.fetches, self.world.origin.fetches());
        }
        self.differences
    }

    async fn fresh_for(&mut self, seconds: u64) {
        let place = format!("case {}, fresh for {seconds} s", self.case.case);
        self.world.get("/").await;
        if seconds > 0 {
            self.world.clock.at_ms(seconds * 1_000 - 1);
            let result = x_cache(&self.world.get("/").await).to_owned();
            let fetches = self.world.origin.fetches();
            self.check(&place, "requests at the origin just before", Some(1), fetches);
            self.check(&place, "is a miss just before", Some(false), result == "Miss");
        }
        self.world.clock.at_ms(seconds * 1_000);
        self.world.get("/").await;
        let fetches = self.world.origin.fetches();
        self.check(&place, "requests at the origin at that time", Some(2), fetches);
    }

    async fn step(&mut self, place: &str, step: &Step) {
        if let Some(at_ms) = step.at.map(|s| s * 1_000).or(step.before.map(|s| s * 1_000 - 1)) {
            self.world.clock.at_ms(at_ms);
        }
        match step.origin_answers {
            Some(true) => self.world.origin.gate.add_permits(1_000),
            Some(false) => drop(self.world.origin.shut()),
            None => {}
        }
        if !step.invalidate.is_empty() {
            let removed = self.world.emulator.invalidate(&step.invalidate).unwrap();
            self.check(place, "objects removed", step.removed, removed);
        }
        if let Some(together) = &step.together {
            return self.together(place, step, together).await;
        }
        if step.request.is_none() {
            return;
        }
        let location = self.world.emulator.locations().nth(step.location - 1);
        let location = location.expect("a location of the case");
        let (response, took) = timed(location.handle(step.request(), VIEWER)).await;
        self.check(place, "status", step.status, response.status().as_u16());
        self.check(place, "result", step.result.clone(), x_cache(&response).to_owned());
        self.check(place, "seconds", step.takes_s, took.as_secs());
        self.check(place, "runs of functions", step.runs, self.runs.load(Ordering::SeqCst));
        self.check(place, "body", step.answer_body.clone(), text(&response));
        self.check_headers(place, "answer", &step.answer, response.headers());
        if step.target.is_some() || !step.sent.is_empty() {
            let sent = self.world.origin.last();
            self.check(place, "target", step.target.clone(), sent.uri().to_string());
            self.check_headers(place, "sent", &step.sent, sent.headers());
        }
    }

    async fn together(&mut self, place: &str, step: &Step, together: &Together) {
        let before = self.world.origin.fetches();
        let _arrivals = self.world.origin.shut();
        let requests: Vec<_> = (0..together.viewers)
            .map(|_| {
                let (emulator, request) = (self.world.emulator.clone(), step.request());
                tokio::spawn(async move { emulator.handle(request, VIEWER).await })
            })
            .collect();
        settle().await;
        let fetches = self.world.origin.fetches() - before;
        self.check(place, "requests before an answer", Some(together.waiting), fetches);
        self.world.origin.gate.add_permits(1);
        settle().await;
        let fetches = self.world.origin.fetches() - before;
        self.check(place, "requests after the first", Some(together.after_first), fetches);
        self.world.origin.gate.add_permits(1_000);
        let mut results = BTreeMap::new();
        for request in requests {
            let result = x_cache(&request.await.unwrap()).to_owned();
            *results.entry(result).or_insert(0) += 1;
        }
        self.check(place, "results", Some(together.results.clone()), results);
    }

    fn check<T: PartialEq + std::fmt::Debug>(
        &mut self,
        place: &str,
        what: &str,
        expected: Option<T>,
        actual: T,
    ) {
        if let Some(expected) = expected
            && expected != actual
        {
            let difference = format!("{place}: {what}: {actual:?}, and not {expected:?}");
            self.differences.push(difference);
        }
    }

    fn check_headers(
        &mut self,
        place: &str,
        what: &str,
        expected: &Expectations,
        headers: &HeaderMap,
    ) {
        for (name, expected) in expected {
            let values: Vec<_> = headers
                .get_all(name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()))
                .collect();
            let actual = (!values.is_empty()).then(|| values.join(", "));
            let part = expected.as_deref().and_then(|text| text.strip_prefix('~'));
            match (part, &actual) {
                (Some(part), Some(actual)) if actual.contains(part) => {}
                _ => self.check(place, &format!("{what} {name}"), Some(expected.clone()), actual),
            }
        }
    }
}

fn text(response: &Response<Bytes>) -> String {
    String::from_utf8_lossy(response.body()).into_owned()
}

/// Lets every task run until it can do no more: a current-thread runtime goes round in order.
async fn settle() {
    for _ in 0..100 {
        yield_now().await;
    }
}

fn answer_of(function: &FunctionOf, event: Value) -> Value {
    if let Some(answer) = &function.answer {
        return answer.clone();
    }
    let cf = &event["Records"][0]["cf"];
    let is_response = function.event.ends_with("response");
    let mut message = cf[if is_response { "response" } else { "request" }].clone();
    for (pointer, value) in &function.set {
        let (parent, name) = pointer.rsplit_once('/').expect("a JSON pointer");
        if let Some(parent) = message.pointer_mut(parent).and_then(Value::as_object_mut) {
            parent.insert(name.to_owned(), value.clone());
        }
    }
    message
}

/// The distribution of one behavior that every case starts from, with the case's own parts.
fn distribution_of(case: &Case) -> Value {
    let [min, max, default] = case.ttl;
    let mut distribution = distribution(min, max, default);
    let functions = case.functions.iter();
    let associations: Vec<Value> =
        functions.map(|it| json!({"EventType": it.event, "LambdaFunctionARN": it.event})).collect();
    distribution["DistributionConfig"]["DefaultCacheBehavior"]["LambdaFunctionAssociations"] =
        json!(associations);
    for (place, value) in &case.with {
        let (part, property) = place.split_once('.').expect("a part and a property");
        let parent = match part {
            "key" => "/CachePolicies/c/ParametersInCacheKeyAndForwardedToOrigin",
            "behavior" => "/DistributionConfig/DefaultCacheBehavior",
            "origin" => "/DistributionConfig/Origins/0",
            "config" => "/DistributionConfig",
            "file" => "",
            other => panic!("`{other}` is no part of a distribution"),
        };
        distribution.pointer_mut(parent).expect("the part exists")[property] = value.clone();
    }
    distribution
}

async fn differences(case: &Case) -> Vec<String> {
    let distribution = distribution_of(case);
    match (case.status, &case.refused) {
        (Status::Refused, Some(message)) => {
            let parsed = Distribution::parse(distribution.to_string().as_bytes());
            let refusal = parsed.err().map(|error| error.to_string());
            match refusal.as_ref() == Some(message) {
                true => Vec::new(),
                false => vec![format!("case {}: {refusal:?}, and not {message:?}", case.case)],
            }
        }
        (Status::Emulated | Status::Approximated, None) => {
            let shows_something = case.fresh_for.is_some() || !case.steps.is_empty();
            assert!(shows_something, "case {} does nothing", case.case);
            Play::new(case, &distribution).all().await
        }
        _ => panic!("case {}: its status and `refused` do not agree", case.case),
    }
}

#[tokio::test(start_paused = true)]
async fn every_case_goes_as_listed() {
    let mut all = Vec::new();
    for case in &Case::all() {
        all.extend(differences(case).await);
    }
    assert!(all.is_empty(), "{} differences:\n{}", all.len(), all.join("\n"));
}

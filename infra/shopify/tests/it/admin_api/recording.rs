//! Recorded requests with the answers of a real shop, and how they are compared with ours.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use infra_shopify::admin_api::{AdminApi, Grant, Request, Version};
use infra_shopify::store::{Settings, Shop, gid};
use serde::Deserialize;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// Steps of a file, and the shop that they start from.
#[derive(Debug, Deserialize)]
pub(crate) struct Recording {
    pub(crate) version: String,
    at: String,
    #[serde(default)]
    settings: BTreeMap<String, Value>,
    #[serde(default)]
    seed: Vec<Seed>,
    /// Numbers of records without a meaning, by kind.
    #[serde(default)]
    filler: BTreeMap<String, u64>,
    #[serde(default)]
    numbers: BTreeMap<String, u64>,
    pub(crate) steps: Vec<Step>,
}

/// A record that exists before the first request.
#[derive(Debug, Deserialize)]
struct Seed {
    key: Option<String>,
    parent: Option<String>,
    value: Value,
}

/// A request and its answer.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Step {
    pub(crate) name: String,
    #[serde(default)]
    wait_seconds: i64,
    pub(crate) query: String,
    pub(crate) variables: Value,
    pub(crate) response: Value,
}

/// A shop whose clock stands still until it is moved.
pub(crate) struct World {
    pub(crate) api: AdminApi,
    now: Arc<Mutex<OffsetDateTime>>,
    version: Version,
}

impl World {
    pub(crate) fn new(settings: Settings, at: &str, version: &str) -> Self {
        let start = OffsetDateTime::parse(at, &Rfc3339).unwrap();
        let now = Arc::new(Mutex::new(start));
        let clock = Arc::clone(&now);
        let api =
            AdminApi::new(Shop::new(settings), Arc::new(move || *clock.lock().unwrap())).unwrap();
        Self { api, now, version: Version::of_path(version).unwrap() }
    }

    pub(crate) fn of(recording: &Recording) -> Self {
        let world = Self::new(settings(&recording.settings), &recording.at, &recording.version);
        let before = world.now() - Duration::days(1);
        let mut shop = world.api.shop();
        for seed in &recording.seed {
            let key = seed.key.as_deref().unwrap_or(seed.value["id"].as_str().unwrap());
            shop.records.insert(key, seed.parent.as_deref(), seed.value.clone(), before);
        }
        for (kind, count) in &recording.filler {
            for number in 1..=*count {
                let id = gid(kind, number);
                shop.records.insert(&id, None, json!({ "id": id }), before);
            }
        }
        for (kind, number) in &recording.numbers {
            shop.set_next_number(kind, *number);
        }
        drop(shop);
        world
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        *self.now.lock().unwrap()
    }

    pub(crate) fn wait(&self, seconds: i64) {
        *self.now.lock().unwrap() += Duration::seconds(seconds);
    }

    /// Lets the time pass that passed before a step.
    pub(crate) fn wait_for(&self, step: &Step) {
        self.wait(step.wait_seconds);
    }

    pub(crate) fn run(&self, query: &str, variables: Value) -> Value {
        let grant = Grant { token: "token".to_owned(), scopes: None };
        let variables = Some(variables);
        let request = Request { query: query.to_owned(), variables, operation_name: None };
        self.api.execute(self.version, &grant, &request)
    }
}

fn settings(given: &BTreeMap<String, Value>) -> Settings {
    let mut settings = Settings::default();
    for (name, value) in given {
        let text = || value.as_str().unwrap().to_owned();
        match name.as_str() {
            "name" => settings.name = text(),
            "currency" => settings.currency = text(),
            "domain" => settings.domain = text(),
            "app_handle" => settings.app_handle = text(),
            "app_key" => settings.app_key = text(),
            "sells_subscriptions" => settings.sells_subscriptions = value.as_bool().unwrap(),
            name => panic!("unknown setting {name}"),
        }
    }
    settings
}

/// All recordings by name.
pub(crate) fn recordings() -> BTreeMap<String, Recording> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/recordings");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let recording =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), recording)
    };
    files.map(read).collect()
}

/// Values that a shop chooses: ids, cursors and digests of the recording, and ours in their place.
#[derive(Debug, Default)]
pub(crate) struct Chosen(BTreeMap<String, String>);

/// Fields whose values the shop chooses, beside global ids.
const CHOSEN: [&str; 4] = ["cursor", "startCursor", "endCursor", "compareDigest"];
/// Times that the shop chooses. Other times come from the request.
const TIMES: [&str; 5] = ["createdAt", "updatedAt", "completedAt", "deactivatedAt", "endsAt"];

impl Chosen {
    /// Puts our values into the variables of a request.
    pub(crate) fn translate(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => json!(self.0.get(text).unwrap_or(text)),
            Value::Array(items) => items.iter().map(|item| self.translate(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), self.translate(value))).collect()
            }
            value => value.clone(),
        }
    }

    /// The first difference between a recorded answer and ours.
    pub(crate) fn difference(
        &mut self,
        recorded: &Value,
        ours: &Value,
        path: &str,
    ) -> Option<String> {
        let differs = || Some(format!("{path}: recorded {recorded}, ours {ours}"));
        match (recorded, ours) {
            (Value::Object(one), Value::Object(other)) => {
                let extra = other.keys().find(|name| !one.contains_key(*name));
                if let Some(extra) = extra {
                    return Some(format!("{path}.{extra}: not recorded, ours {}", other[extra]));
                }
                one.iter().find_map(|(name, value)| {
                    let path = format!("{path}.{name}");
                    self.difference(value, other.get(name).unwrap_or(&json!("(absent)")), &path)
                })
            }
            (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
                let mut pairs = std::iter::zip(one, other).enumerate();
                pairs.find_map(|(index, (one, other))| {
                    self.difference(one, other, &format!("{path}.{index}"))
                })
            }
            (Value::String(one), Value::String(other)) => {
                let field = path.rsplit('.').next().unwrap_or_default();
                if TIMES.contains(&field) {
                    let is_time = |text: &str| OffsetDateTime::parse(text, &Rfc3339).is_ok();
                    return if is_time(one) && is_time(other) { None } else { differs() };
                }
                if field == "invoiceUrl" {
                    let shop = |url: &str| url.rsplit_once('/').map(|(shop, _)| shop.to_owned());
                    return if shop(one) == shop(other) { None } else { differs() };
                }
                if CHOSEN.contains(&field) || one.starts_with("gid://") {
                    return if self.agree(one, other) { None } else { differs() };
                }
                if self.translate_ids(one) == *other { None } else { differs() }
            }
            (Value::Number(one), Value::Number(other)) => {
                if one.as_f64() == other.as_f64() {
                    None
                } else {
                    differs()
                }
            }
            (one, other) => {
                if one == other {
                    None
                } else {
                    differs()
                }
            }
        }
    }

    /// Whether a chosen value always has the same place in both.
    fn agree(&mut self, recorded: &str, ours: &str) -> bool {
        let kind = |text: &str| text.rsplit_once('/').map(|(kind, _)| kind.to_owned());
        if let Some(known) = self.0.get(recorded) {
            return known == ours;
        }
        let is_free = !self.0.values().any(|other| other == ours);
        self.0.insert(recorded.to_owned(), ours.to_owned());
        kind(recorded) == kind(ours) && is_free
    }

    /// A message with our ids.
    fn translate_ids(&self, text: &str) -> String {
        let ids = self.0.iter().filter(|(id, _)| id.starts_with("gid://"));
        ids.fold(text.to_owned(), |text, (recorded, ours)| text.replace(recorded, ours))
    }
}

/// Our answer without what is not compared.
pub(crate) fn without_cost(mut response: Value) -> Value {
    if let Some(response) = response.as_object_mut() {
        response.remove("extensions");
    }
    response
}

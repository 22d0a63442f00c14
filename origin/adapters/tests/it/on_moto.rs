//! A second implementation: the contracts of the embedded table and the local bus, run on moto
//! 5.2.5 (`.ci/run` starts it). Its authors implemented AWS's documentation independently. This
//! package's README lists its differences from AWS.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::shared::IntoShared as _;
use aws_smithy_types::body::SdkBody;
use domain_core::event::{Event, Events as _, Kind};
use origin_adapters::table::SharedTable;
use origin_adapters::{
    AccessKey, Aws, AwsConfig, CartRepository, CommandLogRepository, DynamoTable, EventBridgeBus,
    LedgerRepository, OrderHistoryRepository, ProgramRepository, ReconciliationRepository,
    SecretsManager, SelectionRepository, TokenRepository, schema,
};
use serde_json::{Value, json};

use crate::contract;
use crate::contract::cases::{cases, contracts};
use crate::world::{Both, config};

/// Where a moto server answers.
const URL: &str = "FORECOURT_MOTO_URL";
/// Messages of one receive: SQS's limit.
const MESSAGES_MAX: u64 = 10;
/// How often a message is received before it is a dead letter, here.
const RECEIVES_MAX: u64 = 3;
/// The rules and queues that are deployed.
const WIRING: &str = include_str!("../../../../infra/wiring.json");

/// Worlds of this process: each has tables, a bus and queues of its own names.
static WORLDS: AtomicU64 = AtomicU64::new(0);

/// Tables, a bus and queues of the server that no other test uses.
struct World {
    aws: Aws,
    config: AwsConfig,
    url: String,
    name: String,
}

/// Blocks while it waits, so that our timeouts don't elapse: moto's speed is not under test.
#[derive(Debug, Clone)]
struct InPlace(ureq::Agent);

/// A client without timeouts.
fn blocking() -> SharedHttpClient {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let connector = InPlace(ureq::Agent::new_with_config(config));
    http_client_fn(move |_, _| connector.clone().into_shared())
}

impl HttpConnector for InPlace {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut builder = ureq::http::Request::post(request.uri());
        for (name, value) in request.headers() {
            builder = builder.header(name, value);
        }
        let forwarded = builder.body(request.body().bytes().unwrap().to_vec()).unwrap();
        let mut answer = self.0.run(forwarded).unwrap();
        let body = SdkBody::from(answer.body_mut().read_to_vec().unwrap());
        let status = answer.status().as_u16().try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, body)))
    }
}

// === impl World ===

impl World {
    /// Tables just created.
    async fn new() -> Self {
        let world = Self::without_tables();
        schema::create_tables(&world.aws).await.unwrap();
        world
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the script that starts the server sets its address"
    )]
    fn without_tables() -> Self {
        let url = std::env::var(URL).unwrap_or_else(|_| panic!("{URL} names no moto server"));
        let nth = WORLDS.fetch_add(1, Ordering::Relaxed);
        let name = format!("world-{}-{nth}", std::process::id());
        let at = || Some(url.clone());
        let config = AwsConfig {
            dynamodb_endpoint: at(),
            eventbridge_endpoint: at(),
            secrets_manager_endpoint: at(),
            hot_table: format!("{name}-hot"),
            commands_table: format!("{name}-commands"),
            bus: name.clone(),
            ..config()
        };
        let aws = Aws::new(config.clone(), blocking(), blocking());
        Self { aws, config, url, name }
    }

    /// Operations that only templates and people call on AWS.
    fn call(&self, service: &str, operation: &str, body: &Value) -> Value {
        let (target, version) = match service {
            "sqs" => ("AmazonSQS", "1.0"),
            "events" => ("AWSEvents", "1.1"),
            _ => (service, "1.1"),
        };
        let AccessKey { id, .. } = &self.config.access;
        let scope = format!("{id}/20261122/{}/{service}/aws4_request", self.config.region);
        let request = ureq::http::Request::post(&self.url)
            .header("x-amz-target", format!("{target}.{operation}"))
            .header("content-type", format!("application/x-amz-json-{version}"))
            .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, Signature=0"))
            .body(body.to_string())
            .unwrap();
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let answer = ureq::Agent::new_with_config(config).run(request).unwrap();
        let text = answer.into_body().read_to_string().unwrap();
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// A queue, with a dead-letter queue if one is named.
    fn queue(&self, name: &str, dead_letters: Option<&str>) -> String {
        let name = format!("{}-{name}", self.name);
        let mut attributes = json!({"VisibilityTimeout": "0"});
        if let Some(dead) = dead_letters {
            let arn = self.arn(dead);
            let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": RECEIVES_MAX});
            attributes["RedrivePolicy"] = policy.to_string().into();
        }
        let request = json!({"QueueName": name, "Attributes": attributes});
        let made = self.call("sqs", "CreateQueue", &request);
        made["QueueUrl"].as_str().unwrap().to_owned()
    }

    fn arn(&self, queue: &str) -> String {
        format!("arn:aws:sqs:{}:123456789012:{}-{queue}", self.config.region, self.name)
    }

    /// The bus, with these rules into queues of their own names.
    fn bus(&self, rules: &[(&str, &Value)]) {
        self.call("events", "CreateEventBus", &json!({"Name": self.name}));
        for (queue, pattern) in rules {
            let rule = format!("{}-{queue}", self.name);
            let request = json!({"Name": rule, "EventBusName": self.name,
                "EventPattern": pattern.to_string()});
            self.call("events", "PutRule", &request);
            let targets = json!({"Rule": rule, "EventBusName": self.name,
                "Targets": [{"Id": "queue", "Arn": self.arn(queue)}]});
            assert_eq!(self.call("events", "PutTargets", &targets)["FailedEntryCount"], 0);
        }
    }

    /// Receives and deletes all messages.
    fn drain(&self, queue: &str) -> Vec<Value> {
        let mut bodies = Vec::new();
        loop {
            let received = self.receive(queue);
            if received.is_empty() {
                return bodies;
            }
            for message in received {
                let handle = &message["ReceiptHandle"];
                let request = json!({"QueueUrl": queue, "ReceiptHandle": handle});
                self.call("sqs", "DeleteMessage", &request);
                bodies.push(serde_json::from_str(message["Body"].as_str().unwrap()).unwrap());
            }
        }
    }

    fn receive(&self, queue: &str) -> Vec<Value> {
        let request = json!({"QueueUrl": queue, "MaxNumberOfMessages": MESSAGES_MAX,
            "WaitTimeSeconds": 0});
        let mut received = self.call("sqs", "ReceiveMessage", &request);
        received["Messages"].as_array_mut().map(std::mem::take).unwrap_or_default()
    }
}

macro_rules! on_moto {
    ($port:ident on $fresh:expr; $($case:ident,)+) => {
        mod $port {
            use super::*;

            $(
                #[tokio::test]
                #[ignore = "needs a moto server, which `.ci/run` starts"]
                async fn $case() {
                    let world = World::new().await;
                    let table = DynamoTable::shared(&world.aws);
                    contract::$port::$case($fresh(&table)).await;
                }
            )+
        }
    };
}

contracts!(on_moto);

#[tokio::test]
#[ignore = "needs a moto server, which `.ci/run` starts"]
async fn every_event_arrives_in_a_queue_as_consumers_read_it() {
    let world = World::without_tables();
    let queue = world.queue("all", None);
    world.bus(&[("all", &json!({"source": [{"prefix": "forecourt."}]}))]);
    let detail = |n| json!({"n": n, "id": u64::MAX, "text": "Zoë 😀"});
    let event =
        |n: usize| Event { kind: Kind::ALL[n % Kind::ALL.len()], detail: detail(n).to_string() };
    let all: Vec<Event> = (0..23).map(event).collect();
    EventBridgeBus::new(&world.aws).publish(&all).await.unwrap();
    let mut arrived = world.drain(&queue);
    arrived.sort_by_key(|event| event["detail"]["n"].as_u64());
    assert_eq!(arrived.len(), all.len());
    for (n, event) in arrived.iter().enumerate() {
        assert_eq!(event["source"], all[n].kind.source());
        assert_eq!(event["detail-type"], all[n].kind.detail_type());
        assert_eq!(event["detail"], detail(n));
        assert!(event["id"].is_string() && event["time"].is_string(), "{event}");
    }
}

#[tokio::test]
#[ignore = "needs a moto server, which `.ci/run` starts"]
async fn the_deployed_rules_lead_each_event_to_its_queues() {
    let world = World::without_tables();
    let wiring: Value = serde_json::from_str(WIRING).unwrap();
    let consumers = wiring["consumers"].as_array().unwrap().iter();
    let queues = consumers.flat_map(|consumer| consumer["queues"].as_array().unwrap());
    let rules: Vec<(&str, &Value)> =
        queues.map(|queue| (queue["name"].as_str().unwrap(), &queue["event_pattern"])).collect();
    let urls: Vec<String> = rules.iter().map(|(name, _)| world.queue(name, None)).collect();
    world.bus(&rules);
    let webhook = |topic: &str| {
        let metadata = json!({"x-shopify-topic": topic});
        (Kind::ShopifyWebhook, json!({"payload": {}, "metadata": metadata}))
    };
    let events = [
        ((Kind::CartCommanded, json!({})), vec!["cart"]),
        ((Kind::LoyaltyCommanded, json!({})), vec!["loyalty"]),
        ((Kind::ConfiguratorPublished, json!({})), vec!["published"]),
        ((Kind::ProgramPublished, json!({})), vec!["published", "rewards"]),
        ((Kind::CodesRanLow, json!({})), vec!["rewards"]),
        ((Kind::ReconciliationDue, json!({})), vec!["reconciliation"]),
        (webhook("orders/paid"), vec!["cart", "loyalty"]),
        (webhook("products/update"), vec![]),
        (webhook("customers/merge"), vec!["loyalty"]),
        (webhook("customers/redact"), vec!["privacy"]),
    ];
    let decided = Kind::REDEMPTIONS.map(|kind| ((kind, json!({})), vec!["redemption"]));
    let bus = EventBridgeBus::new(&world.aws);
    for ((kind, detail), expected) in events.into_iter().chain(decided) {
        bus.publish(&[Event { kind, detail: detail.to_string() }]).await.unwrap();
        let reached = rules.iter().zip(&urls).filter(|(_, url)| !world.drain(url).is_empty());
        let reached: Vec<&str> = reached.map(|((name, _), _)| *name).collect();
        assert_eq!(reached, expected, "{} {detail}", kind.detail_type());
    }
}

#[tokio::test]
#[ignore = "needs a moto server, which `.ci/run` starts"]
async fn a_message_that_always_fails_is_a_dead_letter_and_can_be_redriven() {
    let world = World::without_tables();
    let dead = world.queue("dead", None);
    let queue = world.queue("cart", Some("dead"));
    world.bus(&[("cart", &json!({"source": ["forecourt.cart"]}))]);
    let event = Event { kind: Kind::CartCommanded, detail: r#"{"cart":"a"}"#.to_owned() };
    EventBridgeBus::new(&world.aws).publish(&[event]).await.unwrap();
    for receive in 0..RECEIVES_MAX {
        assert_eq!(world.receive(&queue).len(), 1, "receive {receive}, and no consumer deletes it");
    }
    assert_eq!(world.receive(&queue), Vec::<Value>::new());
    let letters = world.receive(&dead);
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    let body: Value = serde_json::from_str(letter["Body"].as_str().unwrap()).unwrap();
    assert_eq!(body["detail"], json!({"cart": "a"}));
    // Redriving by hand, as there is no API for one message: sent again, and deleted there.
    let again = json!({"QueueUrl": queue, "MessageBody": letter["Body"]});
    world.call("sqs", "SendMessage", &again);
    assert_eq!(world.drain(&dead).len(), 1);
    assert_eq!(world.drain(&queue), [body]);
}

#[tokio::test]
#[ignore = "needs a moto server, which `.ci/run` starts"]
async fn a_secret_is_read_as_it_is_now() {
    let world = World::without_tables();
    let secrets = SecretsManager::new(&world.config, blocking());
    let name = &world.name;
    let put = |operation: &str, body: Value| world.call("secretsmanager", operation, &body);
    contract::secrets::a_secret_is_read_as_it_is_now(&secrets, name, |text| {
        match put("DescribeSecret", json!({"SecretId": name}))["ARN"].is_string() {
            true => put("PutSecretValue", json!({"SecretId": name, "SecretString": text})),
            false => put("CreateSecret", json!({"Name": name, "SecretString": text})),
        };
    })
    .await;
    let binary = json!({"Name": format!("{name}-binary"), "SecretBinary": "AAEC"});
    put("CreateSecret", binary);
    contract::secrets::a_binary_secret_is_corrupt(&secrets, &format!("{name}-binary")).await;
}

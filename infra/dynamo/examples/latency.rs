//! Measures the latency of calls through the SDK: `cargo run -p infra-dynamo --example latency`.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use aws_sdk_dynamodb::{Client, Config};
use infra_dynamo::Embedded;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The size of a middling cart.
const ITEM_BYTES: usize = 2_000;
const CALLS: usize = 2_000;
const TASKS: usize = 64;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Outcome {
    let folder = tempfile::tempdir()?;
    let client = client(&Embedded::open(folder.path().join("tables.sqlite"))?);
    create(&client).await?;
    for (name, call) in [("PutItem", Call::Put), ("GetItem", Call::Get)] {
        let alone = tokio::spawn(many(client.clone(), call, CALLS)).await??;
        let (took, together) = measured(concurrent(&client, call)).await;
        let rate = 1_000 * together?.len() as u128 / took.as_millis();
        let (p50, p99) = (alone[CALLS / 2].as_micros(), alone[CALLS * 99 / 100].as_micros());
        println!("{name}: alone p50 {p50} µs, p99 {p99} µs; {TASKS} tasks {rate} calls/s");
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Call {
    Get,
    Put,
}

async fn concurrent(client: &Client, call: Call) -> Outcome<Vec<Duration>> {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..TASKS {
        tasks.spawn(many(client.clone(), call, CALLS / TASKS));
    }
    let mut durations = Vec::new();
    while let Some(task) = tasks.join_next().await {
        durations.extend(task??);
    }
    Ok(durations)
}

/// The durations of `calls` sequential calls, shortest first.
async fn many(client: Client, call: Call, calls: usize) -> Outcome<Vec<Duration>> {
    let mut durations = Vec::with_capacity(calls);
    for _ in 0..calls {
        let (took, done) = measured(one(&client, call)).await;
        done?;
        durations.push(took);
    }
    durations.sort();
    Ok(durations)
}

async fn one(client: &Client, call: Call) -> Outcome {
    let pk = AttributeValue::S("cart/1".to_owned());
    match call {
        Call::Get => {
            client.get_item().table_name("hot").key("pk", pk).send().await?;
        }
        Call::Put => {
            let d = AttributeValue::B(Blob::new(vec![7; ITEM_BYTES]));
            client.put_item().table_name("hot").item("pk", pk).item("d", d).send().await?;
        }
    }
    Ok(())
}

async fn measured<T>(work: impl Future<Output = T>) -> (Duration, T) {
    #[expect(clippy::disallowed_methods, reason = "this program measures time")]
    let now = Instant::now;
    let start = now();
    let output = work.await;
    (now().duration_since(start), output)
}

fn client(tables: &Embedded) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "example"))
        .http_client(tables.http_client());
    Client::from_conf(config.build())
}

async fn create(client: &Client) -> Outcome {
    let kind = ScalarAttributeType::S;
    client
        .create_table()
        .table_name("hot")
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(
            AttributeDefinition::builder().attribute_name("pk").attribute_type(kind).build()?,
        )
        .key_schema(
            KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash).build()?,
        )
        .send()
        .await?;
    Ok(())
}

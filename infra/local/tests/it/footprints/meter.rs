//! Counts calls below the SDK: DynamoDB's capacity units as DynamoDB reports them, EventBridge's
//! entries by their bytes.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use infra_cost::Footprint;
use serde_json::Value;

/// The bytes that EventBridge counts for an entry's time.
const ENTRY_TIME_BYTES: usize = 14;

/// Reads of items; operations outside this and the next list are about tables.
const READS: [&str; 4] = ["GetItem", "BatchGetItem", "Query", "Scan"];
/// Writes of items.
const WRITES: [&str; 4] = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"];

/// The counts so far. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter(Arc<Mutex<Footprint>>);

/// A client that counts its calls.
#[derive(Debug)]
struct Metered {
    inner: SharedHttpClient,
    meter: Meter,
}

/// Its connector.
#[derive(Debug)]
struct Wire {
    inner: SharedHttpConnector,
    meter: Meter,
}

// === impl Meter ===

impl Meter {
    /// The same client with counted calls.
    pub(super) fn on(&self, inner: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Metered { inner, meter: self.clone() })
    }

    /// Returns the counts since the last call.
    pub(super) fn take(&self) -> Footprint {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    pub(super) fn count(&self, count: impl FnOnce(&mut Footprint)) {
        count(&mut self.0.lock().unwrap());
    }

    fn published(&self, request: &Value) {
        let entries = request["Entries"].as_array().unwrap();
        let size = |entry: &Value| {
            let text = |name: &str| entry[name].as_str().unwrap_or_default().len();
            ENTRY_TIME_BYTES + text("Source") + text("DetailType") + text("Detail")
        };
        self.count(|so_far| {
            so_far.publishes += 1;
            so_far.events += entries.len() as u64;
            so_far.event_bytes += entries.iter().map(size).sum::<usize>() as u64;
        });
    }

    fn answered(&self, operation: &str, answer: &Value) {
        let consumed = &answer["ConsumedCapacity"];
        let of_tables = consumed.as_array().cloned().unwrap_or_else(|| vec![consumed.clone()]);
        let halves: u64 = of_tables.iter().map(halves).sum();
        self.count(|so_far| {
            so_far.table_calls += 1;
            match READS.contains(&operation) {
                true => so_far.read_halves += halves,
                false => so_far.write_units += halves.div_ceil(2),
            }
        });
    }
}

/// Capacity units in halves.
fn halves(consumed: &Value) -> u64 {
    let units = consumed["CapacityUnits"].to_string();
    let (whole, half) = units.split_once('.').unwrap_or((units.as_str(), "0"));
    assert!(["0", "5"].contains(&half), "{consumed}");
    2 * whole.parse::<u64>().unwrap() + u64::from(half == "5")
}

// === impl Metered ===

impl HttpClient for Metered {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Wire { inner, meter: self.meter.clone() })
    }
}

// === impl Wire ===

impl HttpConnector for Wire {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let (service, operation) = target.split_once('.').unwrap();
        let is_counted = READS.iter().chain(&WRITES).any(|counted| *counted == operation);
        if service != "AWSEvents" && !is_counted {
            return self.inner.call(request);
        }
        let mut body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        if service == "AWSEvents" {
            self.meter.published(&body);
            return self.inner.call(request);
        }
        body["ReturnConsumedCapacity"] = "TOTAL".into();
        *request.body_mut() = SdkBody::from(body.to_string());
        let (inner, meter) = (self.inner.call(request), self.meter.clone());
        let operation = operation.to_owned();
        HttpConnectorFuture::new(async move {
            let response = inner.await?;
            if response.status().is_success() {
                meter.answered(&operation, &read(&response));
            }
            Ok(response)
        })
    }
}

fn read(response: &HttpResponse) -> Value {
    serde_json::from_slice(response.body().bytes().unwrap()).unwrap()
}

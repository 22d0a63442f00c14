//! The Admin GraphQL API: the whole schema, executed over the records of a shop.

mod access;
mod bulk;
mod connection;
mod cost;
mod customers;
mod derived;
mod discounts;
mod document;
mod draft_orders;
mod failure;
mod functions;
mod gift_cards;
mod http;
mod jobs;
mod metafields;
mod money;
mod mutations;
mod orders;
mod products;
mod queries;
mod resolver;
mod schema;
mod search;
mod session;
mod store_credit;
mod tags;
mod validation;
mod variables;
mod version;
mod webhook_address;
mod webhooks;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use apollo_compiler::Schema;
use apollo_compiler::validation::Valid;
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

pub use access::{Access, AnyToken, Grant};
pub use bulk::fail_bulk_operation;
pub use cost::{BUCKET_MAX, COST_MAX, RESTORE_PER_SECOND};
pub(crate) use customers::is_email;
pub use document::document_errors;
pub use http::{BODY_BYTES_MAX, router};
pub use orders::{piece_value, place_paid_order};
pub use schema::{SchemaError, VERSION};
pub use version::Version;

use self::cost::Buckets;
use crate::store::Shop;

/// Says what time it is.
pub type Clock = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;

/// The Admin API of one shop.
pub struct AdminApi {
    schema: &'static Valid<Schema>,
    shop: Mutex<Shop>,
    buckets: Mutex<Buckets>,
    clock: Clock,
}

/// A GraphQL request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The document.
    pub query: String,
    /// Values of its variables.
    #[serde(default)]
    pub variables: Option<Value>,
    /// Which operation of the document.
    #[serde(default)]
    pub operation_name: Option<String>,
}

impl AdminApi {
    /// The API of a shop; the first one parses the schema.
    ///
    /// # Errors
    ///
    /// If the schema in this crate is damaged.
    pub fn new(shop: Shop, clock: Clock) -> Result<Self, SchemaError> {
        let schema = schema::shared()?;
        Ok(Self { schema, shop: Mutex::new(shop), buckets: Mutex::default(), clock })
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        (self.clock)()
    }

    /// The shop, as it is now.
    pub fn shop(&self) -> MutexGuard<'_, Shop> {
        let now = (self.clock)();
        let mut shop = self.shop.lock().unwrap_or_else(PoisonError::into_inner);
        jobs::run_due(self.schema, &mut shop, now);
        shop
    }

    /// Answers a request of the shop's own: with every scope, and without a bucket, because
    /// webhooks and the merchant's acts don't wait for points.
    pub fn execute_internal(&self, request: &Request) -> Value {
        match validation::prepare(self.schema, request) {
            Ok(prepared) => {
                let at = ((self.clock)(), Version::default());
                prepared.execute(self.schema, &mut self.shop(), at, None)
            }
            Err(errors) => json!({ "errors": errors }),
        }
    }

    /// Answers a request that comes with the grant of its token.
    pub fn execute(&self, version: Version, grant: &Grant, request: &Request) -> Value {
        let now = (self.clock)();
        let prepared = match validation::prepare(self.schema, request) {
            Ok(prepared) => prepared,
            Err(errors) => return json!({ "errors": errors }),
        };
        let requested =
            cost::requested(&prepared.document, prepared.operation(), &prepared.variables);
        let bucket = |take| {
            let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
            buckets.take(&grant.token, take, now)
        };
        if let Some(refusal) = cost::refuse(requested, bucket(0)) {
            return refusal;
        }
        let mut shop = self.shop();
        let scopes = grant.scopes.as_deref();
        let mut response = prepared.execute(self.schema, &mut shop, (now, version), scopes);
        drop(shop);
        let actual = cost::actual(&response, &prepared.document, prepared.operation());
        let actual = actual.min(requested);
        let available = bucket(actual);
        response["extensions"] =
            json!({ "cost": cost::report(requested, Some(actual), available) });
        response
    }
}

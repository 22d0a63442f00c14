//! Empty tables inside this process, on DynamoDB.

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::http::{SharedHttpClient, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::shared::IntoShared as _;
use domain_cart::{CartChange, CartItem, CartWriter};
use domain_core::id::CommandId;
use domain_core::idempotency::Recorded;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::resource::{CommandEvent, CommandLog, CommandRecord, Read, Source};
use infra_dynamo::Embedded;
use origin_adapters::table::SharedTable;
use origin_adapters::{AccessKey, Aws, AwsConfig, DynamoTable, schema};

/// The hot table's name here.
pub(crate) const HOT: &str = "shop";
/// The commands table's name here.
pub(crate) const COMMANDS: &str = "shop-commands";

/// Empty tables.
pub(crate) struct World {
    /// The database.
    pub(crate) embedded: Embedded,
    /// The clients of it.
    pub(crate) aws: Aws,
    /// The tables as repositories use them.
    pub(crate) table: SharedTable,
}

/// The event client of tests that send no events.
#[derive(Debug)]
struct Nowhere;

impl HttpConnector for Nowhere {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err(ConnectorError::io("nowhere".into())))
    }
}

// === impl World ===

impl World {
    /// Tables just created.
    pub(crate) async fn new() -> Self {
        let embedded = Embedded::memory().unwrap();
        let aws = aws(embedded.http_client());
        schema::create_tables(&aws).await.unwrap();
        let table = DynamoTable::shared(&aws);
        Self { embedded, aws, table }
    }

    /// The SDK itself, for requests that no adapter sends.
    pub(crate) fn raw(&self) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .http_client(self.embedded.http_client());
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }
}

/// The tables of this client.
pub(crate) fn table(dynamodb_http: SharedHttpClient) -> SharedTable {
    DynamoTable::shared(&aws(dynamodb_http))
}

fn aws(dynamodb_http: SharedHttpClient) -> Aws {
    let nowhere = http_client_fn(|_, _| Nowhere.into_shared());
    Aws::new(config(), dynamodb_http, nowhere)
}

/// The configuration of the tests.
pub(crate) fn config() -> AwsConfig {
    AwsConfig {
        region: "us-east-1".to_owned(),
        access: AccessKey {
            id: "AKIDEXAMPLE".to_owned(),
            secret: "a-secret-access-key".to_owned(),
            session_token: Some("a-session-token".to_owned()),
        },
        dynamodb_endpoint: None,
        eventbridge_endpoint: None,
        secrets_manager_endpoint: None,
        hot_table: HOT.to_owned(),
        commands_table: COMMANDS.to_owned(),
        bus: "default".to_owned(),
    }
}

/// Two repositories as one, for contracts that need both.
#[derive(Debug, Clone)]
pub(crate) struct Both<C, L>(pub(crate) C, pub(crate) L);

impl<C: Source<CartItem>, L: Send + Sync> Source<CartItem> for Both<C, L> {
    async fn item(
        &self,
        cart: &str,
        consistency: Consistency,
    ) -> Result<Option<CartItem>, PortError> {
        self.0.item(cart, consistency).await
    }

    async fn batch(&self, cart: &str, ids: &[CommandId]) -> Result<Read<CartItem>, PortError> {
        self.0.batch(cart, ids).await
    }
}

impl<C: CartWriter, L: Send + Sync> CartWriter for Both<C, L> {
    async fn store(
        &self,
        cart: &str,
        item: &CartItem,
        seen: Option<&CartItem>,
    ) -> Result<Written, PortError> {
        self.0.store(cart, item, seen).await
    }

    async fn store_both(&self, changes: [CartChange<'_>; 2]) -> Result<Written, PortError> {
        self.0.store_both(changes).await
    }
}

impl<E: CommandEvent, C: Send + Sync, L: CommandLog<E>> CommandLog<E> for Both<C, L> {
    async fn record(
        &self,
        record: &CommandRecord<E>,
    ) -> Result<Recorded<CommandRecord<E>>, PortError> {
        self.1.record(record).await
    }

    async fn find(&self, id: CommandId) -> Result<Option<CommandRecord<E>>, PortError> {
        self.1.find(id).await
    }
}

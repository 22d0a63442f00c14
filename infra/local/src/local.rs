//! The whole shop in one process: edge, functions, table and bus, wired as on AWS.
//!
//! ```text
//! viewer ─► Emulator ─► Router per function ─► SDK ─► Embedded (SQLite)
//!                             └► SDK ─► HTTP ─► Bus (SQLite) ─► consumers ─► SDK ─► Embedded
//! ```

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use edge_emulator::{Distribution, EdgeFunction, Emulator, Origin};
use edge_functions::EdgeConfig;
use edge_wire::function::{ConsumerFunction, HttpFunction};
use edge_wire::keys::KeyRing;
use edge_wire::secrets::ShopifySecrets;
use edge_wire::token::StaffTokens;
use infra_bus::{Bus, Clock as BusClock, Faults, Target};
use infra_dynamo::Embedded;
use origin_adapters::schema::create_tables;
use origin_adapters::{AccessKey, Aws, AwsConfig};
use origin_functions::consumers::Orders;
use origin_functions::http::routers::router;
use origin_functions::runtime::clock::Clock;
use origin_functions::runtime::composition::Composition;
use origin_functions::runtime::config::ShopConfig;
use origin_functions::runtime::ports::{Ports, SharedEdgeCache};
use origin_functions::runtime::shop::{Shop, system_random};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::admin::{AdminSocket, Maintenance};
use crate::bus_client::bus_http_client;
use crate::data::DataFolder;
use crate::edge::{LocalEdge, RouterOrigin, ViewerRequest};
use crate::targets::InProcess;
use crate::wiring::{bus_config, queues_of};
use crate::{demo, seed};

/// How long running batches may take to end when the process stops.
pub(crate) const STOP_MAX: Duration = Duration::from_secs(6);

/// How to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the edge listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The data folder.
    pub data: PathBuf,
    /// Whether to delete the stored state first.
    pub fresh: bool,
    /// Faults that the bus injects.
    pub faults: Option<String>,
    /// Whether the archive is being replayed into a restored table: no redemption is decided then.
    pub replaying: bool,
    /// One or more comma-separated staff tokens.
    pub staff_tokens: String,
    /// The clock of the edge function, the functions, the consumers and the bus.
    pub clock: Clock,
}

/// Why it could not start, as one line.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The data folder can't be used.
    #[error("{0}")]
    Data(String),
    /// A running process uses the data folder.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The address can't be used.
    #[error("can't listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// An argument is invalid.
    #[error("{0}")]
    Option(String),
    /// The demo shop could not be set up.
    #[error("the demo shop can't be set up: {0}")]
    Seed(String),
    /// A part failed.
    #[error("{0}")]
    Part(String),
}

/// The parts of an edge besides its distribution.
#[derive(Clone)]
pub struct EdgeParts {
    /// The viewer-request function.
    pub function: Arc<dyn EdgeFunction>,
    /// The origins, by their ids in the distribution.
    pub origins: Vec<(&'static str, Arc<dyn Origin>)>,
}

/// A running shop.
pub struct Local {
    address: SocketAddr,
    data: DataFolder,
    parts: EdgeParts,
    emulator: Emulator,
    bus: Bus,
    table: Embedded,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
}

// === impl Local ===

impl Local {
    /// Starts everything and sets up the demo shop if the data folder is empty.
    ///
    /// # Errors
    /// [`LocalError`]; then nothing is left running.
    pub async fn start(options: Options) -> Result<Self, LocalError> {
        let faults = options.faults.as_deref().map(Faults::parse).transpose();
        let faults = faults.map_err(|error| LocalError::Option(format!("--faults: {error}")))?;
        let edge_config = edge_config(&options.staff_tokens)?;
        let listener = listen(options.listen).await?;
        let address = listener.local_addr().map_err(part)?;
        let data = DataFolder::open(&options.data, options.fresh)?;
        let table =
            Embedded::open(data.table()).map_err(|error| unusable_file(&data.table(), error))?;
        let bus_listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let bus_address = bus_listener.local_addr().map_err(part)?;
        let aws =
            Aws::new(aws_config(&bus_address.to_string()), table.http_client(), bus_http_client());
        let clock = options.clock;
        create_tables(&aws).await.map_err(part)?;
        let ports = Ports::on_aws(&aws);
        seed::seed(&ports.table, &clock).await?;
        let parts = edge_parts(edge_config, &ports, &clock);
        let emulator = emulator(&parts)?;
        let targets = targets(&ports, &emulator, options.replaying, &clock);
        let mut config = bus_config(faults.unwrap_or_default());
        config.clock = BusClock::at(clock.now().0);
        let bus = Bus::open(&data.bus(), config, targets)
            .map_err(|error| unusable_file(&data.bus(), error))?;
        let (stop, stopped) = watch::channel(false);
        let (serving, until) = (bus.clone(), ended(stopped.clone()));
        let mut servers =
            vec![tokio::spawn(async move { serving.serve(bus_listener, until).await })];
        let serving = emulator.clone();
        let until = ended(stopped.clone());
        servers.push(tokio::spawn(async move { serving.serve(listener, until).await }));
        let maintenance = Maintenance::new(bus.clone(), table.clone(), &ports.table, true);
        servers.extend(AdminSocket::spawn(
            &DataFolder::admin_socket_in(data.path()),
            maintenance,
            ended(stopped),
        ));
        Ok(Self { address, data, parts, emulator, bus, table, stop, servers })
    }

    /// The URL of the edge.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The bus, to stop a consumer or to inspect its queues.
    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// The table, to make it fail.
    #[must_use]
    pub fn table(&self) -> &Embedded {
        &self.table
    }

    /// The edge, to invalidate.
    #[must_use]
    pub fn edge(&self) -> &Emulator {
        &self.emulator
    }

    /// The parts of the edge: another edge may serve the same origins.
    #[must_use]
    pub fn edge_parts(&self) -> &EdgeParts {
        &self.parts
    }

    /// Waits for running work and closes the files.
    ///
    /// # Errors
    /// The bus could not be closed in time; acknowledged events stay stored.
    pub async fn stop(self) -> Result<(), LocalError> {
        // Without receivers, everything has stopped already.
        let _ = self.stop.send(true);
        for server in self.servers {
            // A server that panicked has ended, too.
            let _ = server.await;
        }
        self.bus.shutdown(STOP_MAX).await.map_err(part)
    }
}

async fn ended(mut stopped: watch::Receiver<bool>) {
    // If the sender is dropped, the shop is gone.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn listen(address: SocketAddr) -> Result<TcpListener, LocalError> {
    TcpListener::bind(address).await.map_err(|error| LocalError::Listen { address, error })
}

fn edge_config(staff_tokens: &str) -> Result<EdgeConfig, LocalError> {
    let staff = StaffTokens::parse(staff_tokens).ok_or_else(|| {
        LocalError::Option("FORECOURT_STAFF_TOKEN needs at least 32 bytes".to_owned())
    })?;
    Ok(EdgeConfig { shop: demo::SHOP.to_owned(), shopify_secrets: secrets(), keys: keys(), staff })
}

fn keys() -> KeyRing {
    KeyRing::parse(demo::KEYS).expect("the demo keys are well-formed")
}

fn secrets() -> ShopifySecrets {
    ShopifySecrets::parse(demo::SHOPIFY_SECRET).expect("the demo secret is well-formed")
}

/// The SDK's view of this machine; `bus` is the address of the bus.
#[must_use]
pub fn aws_config(bus: &str) -> AwsConfig {
    AwsConfig {
        region: demo::REGION.to_owned(),
        access: AccessKey {
            id: "local".to_owned(),
            secret: "local".to_owned(),
            session_token: None,
        },
        dynamodb_endpoint: Some("http://table.invalid".to_owned()),
        eventbridge_endpoint: Some(format!("http://{bus}")),
        secrets_manager_endpoint: None,
        hot_table: demo::HOT_TABLE.to_owned(),
        commands_table: demo::COMMANDS_TABLE.to_owned(),
        bus: demo::BUS.to_owned(),
    }
}

type Targets = HashMap<String, Arc<dyn Target>>;

/// The consumers behind their queues.
fn targets(ports: &Ports, emulator: &Emulator, is_replaying: bool, clock: &Clock) -> Targets {
    let shop = demo::SHOP.to_owned();
    let composition =
        Composition { ports: ports.clone(), shop, is_replaying, clock: clock.clone() };
    let edge = SharedEdgeCache::new(LocalEdge(emulator.clone()));
    let of_function = |function: &ConsumerFunction| {
        let target = Arc::new(InProcess(composition.consumer(*function, &keys(), &edge)));
        queues_of(*function).map(move |queue| (queue, Arc::clone(&target) as Arc<dyn Target>))
    };
    ConsumerFunction::ALL.iter().flat_map(of_function).collect()
}

/// The orders that the demo shop's carts accept.
pub(crate) fn orders() -> Orders {
    Orders { keys: keys(), shop: demo::SHOP.to_owned() }
}

fn edge_parts(config: EdgeConfig, ports: &Ports, clock: &Clock) -> EdgeParts {
    let origin = |function: HttpFunction| {
        let shop = Shop::new(shop_config(), ports, clock.clone(), system_random);
        let origin: Arc<dyn Origin> = Arc::new(RouterOrigin(router(function, Arc::new(shop))));
        (function.name(), origin)
    };
    EdgeParts {
        function: Arc::new(ViewerRequest { config, clock: clock.clone() }),
        origins: HttpFunction::ALL.iter().copied().map(origin).collect(),
    }
}

fn emulator(parts: &EdgeParts) -> Result<Emulator, LocalError> {
    let distribution = Distribution::parse(demo::DISTRIBUTION.as_bytes()).map_err(part)?;
    let builder = Emulator::builder(distribution)
        .local_http()
        .function("viewer-request", Arc::clone(&parts.function));
    let with_origins = parts
        .origins
        .iter()
        .fold(builder, |builder, (id, origin)| builder.origin(*id, Arc::clone(origin)));
    with_origins.build().map_err(part)
}

fn shop_config() -> ShopConfig {
    ShopConfig {
        domain: demo::SHOP.to_owned(),
        currency: demo::CURRENCY.to_owned(),
        shopify_secrets: secrets(),
        keys: keys(),
        origin: None,
    }
}

fn part(error: impl std::fmt::Display) -> LocalError {
    LocalError::Part(error.to_string())
}

/// The error for a file of the data folder that can't be used.
pub(crate) fn unusable_file(path: &Path, error: impl std::fmt::Display) -> LocalError {
    let message =
        format!("{} can't be used ({error}); `--fresh` deletes the state", path.display());
    LocalError::Data(message)
}

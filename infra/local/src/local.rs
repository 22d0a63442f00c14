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
use hyper_util::client::legacy::connect::HttpConnector;
use infra_bus::{Bus, Clock as BusClock, Faults, Target};
use infra_dynamo::Embedded;
use infra_shopify::local::LocalShopify;
use origin_adapters::schema::create_tables;
use origin_adapters::{AccessKey, Aws, AwsConfig, TokenRepository};
use origin_functions::consumers::Orders;
use origin_functions::http::routers::router;
use origin_functions::runtime::clock::Clock;
use origin_functions::runtime::composition::Composition;
use origin_functions::runtime::config::ShopConfig;
use origin_functions::runtime::ports::{Ports, SharedDeadLetters, SharedEdgeCache};
use origin_functions::runtime::shop::{Shop, system_random};
use origin_functions::runtime::shopify::Shopify;
use origin_shopify::admin_api::HttpTransport;
use origin_shopify::{AppCredentials, HttpEndpoint, Secret};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::admin::{AdminSocket, Maintenance};
use crate::bus_client::bus_http_client;
use crate::data::DataFolder;
use crate::dead_letters::BusDeadLetters;
use crate::edge::{LocalEdge, RouterOrigin, ViewerRequest};
use crate::profile::{Profile, ProfileError};
use crate::targets::InProcess;
use crate::wiring::{bus_config, queues_of};
use crate::{demo, seed, shopify};

/// How long running batches may take to end when the process stops.
pub(crate) const STOP_MAX: Duration = Duration::from_secs(6);

/// How to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the edge listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the local Shopify listens; `None`: without it.
    pub shopify: Option<SocketAddr>,
    /// The data folder.
    pub data: PathBuf,
    /// Whether to delete the stored state first.
    pub fresh: bool,
    /// Faults that the bus injects.
    pub faults: Option<String>,
    /// Whether the archive is being replayed into a restored table: no redemption is decided then.
    pub replaying: bool,
    /// Whose shop it is.
    pub shop: LocalShop,
    /// The clock of the edge function, the functions, the consumers and the bus.
    pub clock: Clock,
}

/// A shop on this machine: its names and secrets.
#[derive(Debug, Clone)]
pub struct LocalShop {
    /// The `*.myshopify.com` domain.
    pub domain: String,
    /// Its one currency. The demo's products, program and history are in it, too.
    pub currency: String,
    /// Our keys.
    pub keys: KeyRing,
    /// Shopify's app secrets.
    pub shopify_secrets: ShopifySecrets,
    /// The newest of them, with which the local Shopify signs.
    pub shopify_secret: String,
    /// The app's client id: without it no ID token of Shopify's is accepted.
    pub client_id: Option<String>,
    /// The staff tokens.
    pub staff: StaffTokens,
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

/// The local Shopify that this shop's app is installed in.
struct RunningShopify {
    address: SocketAddr,
    shopify: LocalShopify,
}

/// A running shop.
pub struct Local {
    address: SocketAddr,
    data: DataFolder,
    parts: EdgeParts,
    emulator: Emulator,
    bus: Bus,
    table: Embedded,
    shopify: Option<RunningShopify>,
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
        let shop = &options.shop;
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
        seed::seed(&ports.table, shop, &clock).await?;
        let shopify = match options.shopify {
            Some(at) => Some(listen(at).await?),
            None => None,
        };
        let shopify_address = shopify.as_ref().map(TcpListener::local_addr).transpose();
        let shopify_address = shopify_address.map_err(part)?;
        let app = shopify_address.map(|at| shop.shopify(at, &ports, &clock)).transpose()?;
        let letters = BusDeadLetters::default();
        // Each function has caches of its own, as instances of a Lambda have.
        let instance = || {
            Shop::new(shop.handlers(shopify_address), &ports, clock.clone(), system_random)
                .with_shopify(app.clone())
                .with_dead_letters(SharedDeadLetters::new(letters.clone()))
        };
        let parts = edge_parts(shop, instance, &clock);
        let emulator = emulator(&parts)?;
        let composition = Composition {
            ports: ports.clone(),
            shop: shop.domain.clone(),
            is_replaying: options.replaying,
            shopify: app,
            clock: clock.clone(),
            random: system_random,
        };
        let bus = open_bus(&data, faults.unwrap_or_default(), &composition, (shop, &emulator))?;
        letters.set(&bus);
        let (stop, stopped) = watch::channel(false);
        let (serving, until) = (bus.clone(), ended(stopped.clone()));
        let mut servers =
            vec![tokio::spawn(async move { serving.serve(bus_listener, until).await })];
        let serving = emulator.clone();
        let until = ended(stopped.clone());
        servers.push(tokio::spawn(async move { serving.serve(listener, until).await }));
        let maintenance =
            Maintenance::new(bus.clone(), table.clone(), &ports.table, shop.orders(), true);
        servers.extend(AdminSocket::spawn(
            &DataFolder::admin_socket_in(data.path()),
            maintenance,
            ended(stopped.clone()),
        ));
        let shopify = match shopify.zip(shopify_address) {
            Some((listener, at)) => {
                let forecourt = format!("http://{address}");
                let shopify = shopify::shopify(shop, at, &forecourt)?;
                servers.extend(shopify::serve(&shopify, &forecourt, listener, &stopped));
                Some(RunningShopify { address: at, shopify })
            }
            None => None,
        };
        Ok(Self { address, data, parts, emulator, bus, table, shopify, stop, servers })
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

    /// The local Shopify and its URL, if there is one.
    #[must_use]
    pub fn shopify(&self) -> Option<(&LocalShopify, String)> {
        let RunningShopify { address, shopify } = self.shopify.as_ref()?;
        Some((shopify, format!("http://{address}")))
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

// === impl LocalShop ===

impl LocalShop {
    /// The demo's.
    ///
    /// # Panics
    /// Never: the demo's secrets are well-formed.
    #[must_use]
    pub fn demo() -> Self {
        Self::of(&Profile::demo()).expect("the demo's secrets are well-formed")
    }

    /// A profile's, which has to name everything unless it is of this machine.
    ///
    /// # Errors
    /// Something is not known or not well-formed.
    pub fn of(profile: &Profile) -> Result<Self, ProfileError> {
        Ok(Self {
            domain: profile.expect_shop()?.to_owned(),
            currency: profile.expect_currency()?.to_owned(),
            keys: profile.expect_keys()?,
            shopify_secrets: profile.expect_shopify_secrets()?,
            shopify_secret: profile.shopify_secret()?.unwrap_or_default(),
            client_id: profile.client_id().map(str::to_owned),
            staff: profile.expect_staff_tokens()?,
        })
    }

    /// The orders that its carts accept.
    pub(crate) fn orders(&self) -> Orders {
        Orders { keys: self.keys.clone(), shop: self.domain.clone() }
    }

    /// The Shopify at this address, as the app uses it.
    fn shopify(&self, at: SocketAddr, ports: &Ports, clock: &Clock) -> Result<Shopify, LocalError> {
        let app = AppCredentials {
            client_id: self.client_id.clone().unwrap_or_default(),
            client_secret: Secret::new(&self.shopify_secret),
        };
        let (connector, origin) = (HttpConnector::new(), format!("http://{at}"));
        let endpoint = HttpEndpoint::new(connector.clone(), &origin, app).map_err(part)?;
        let transport = HttpTransport::new(connector, &origin).map_err(part)?;
        let stored = TokenRepository::new(&ports.table, &self.domain);
        Ok(Shopify::new(stored, endpoint, transport, clock))
    }

    fn edge(&self) -> EdgeConfig {
        let Self { domain, keys, shopify_secrets, client_id, staff, .. } = self.clone();
        EdgeConfig { shop: domain, shopify_secrets, client_id, keys, staff }
    }

    fn handlers(&self, shopify: Option<SocketAddr>) -> ShopConfig {
        let Self { domain, currency, keys, shopify_secrets, client_id, .. } = self.clone();
        let local_shopify = shopify.map(|at| format!("http://{at}"));
        ShopConfig {
            domain,
            currency,
            shopify_secrets,
            keys,
            origin: None,
            client_id,
            local_shopify,
        }
    }
}

pub(crate) async fn ended(mut stopped: watch::Receiver<bool>) {
    // If the sender is dropped, the shop is gone.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn listen(address: SocketAddr) -> Result<TcpListener, LocalError> {
    TcpListener::bind(address).await.map_err(|error| LocalError::Listen { address, error })
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

/// The bus with the consumers behind its queues.
fn open_bus(
    data: &DataFolder,
    faults: Faults,
    composition: &Composition,
    (shop, emulator): (&LocalShop, &Emulator),
) -> Result<Bus, LocalError> {
    let mut config = bus_config(faults);
    config.clock = BusClock::at(composition.clock.now().0);
    let targets = targets(composition, &shop.keys, emulator);
    Bus::open(&data.bus(), config, targets).map_err(|error| unusable_file(&data.bus(), error))
}

/// The consumers behind their queues.
fn targets(composition: &Composition, keys: &KeyRing, emulator: &Emulator) -> Targets {
    let edge = SharedEdgeCache::new(LocalEdge(emulator.clone()));
    let of_function = |function: &ConsumerFunction| {
        let target = Arc::new(InProcess(composition.consumer(*function, keys, &edge)));
        queues_of(*function).map(move |queue| (queue, Arc::clone(&target) as Arc<dyn Target>))
    };
    ConsumerFunction::ALL.iter().flat_map(of_function).collect()
}

fn edge_parts(shop: &LocalShop, instance: impl Fn() -> Shop, clock: &Clock) -> EdgeParts {
    let origin = |function: HttpFunction| {
        let router = router(function, Arc::new(instance()));
        let origin: Arc<dyn Origin> = Arc::new(RouterOrigin(router));
        (function.name(), origin)
    };
    EdgeParts {
        function: Arc::new(ViewerRequest { config: shop.edge(), clock: clock.clone() }),
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

fn part(error: impl std::fmt::Display) -> LocalError {
    LocalError::Part(error.to_string())
}

/// The error for a file of the data folder that can't be used.
pub(crate) fn unusable_file(path: &Path, error: impl std::fmt::Display) -> LocalError {
    let message =
        format!("{} can't be used ({error}); `--fresh` deletes the state", path.display());
    LocalError::Data(message)
}

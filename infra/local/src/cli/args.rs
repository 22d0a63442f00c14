//! Arguments. Every command's help ends with one example that works as printed.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain_core::time::Time;

use crate::demo;

/// Forecourt on one machine.
#[derive(Debug, Parser)]
#[command(name = "forecourt", version, args_conflicts_with_subcommands = true)]
#[command(after_help = "Example:\n  forecourt up --fresh\n")]
pub struct Cli {
    /// The command; `up` by default.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Which shop to work with: a JSON file with `url`, `shop`, `currency` and `secrets`, the name of
    /// a file of NAME=value lines; by default the demo shop on this machine.
    #[arg(id = "shop_profile", long = "profile", global = true, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// The arguments of `up` as the default command.
    #[command(flatten)]
    pub up: UpArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start everything: edge, functions, table and bus, with the demo shop.
    #[command(after_help = "Example:\n  forecourt up --listen 127.0.0.1:8080 --fresh\n")]
    Up(UpArgs),
    /// Publish a product, authored or in Shopify's format, or a loyalty program, plain or gzipped.
    #[command(after_help = "Example:\n  forecourt publish infra/local/demo/bike.json\n")]
    Publish(PublishArgs),
    /// Stop selling a product. Its versions stay, and publishing it again serves it.
    #[command(after_help = "Example:\n  forecourt withdraw bike\n")]
    Withdraw(WithdrawArgs),
    /// Sign a Shopify webhook with the app secret and deliver it.
    #[command(after_help = "Example:\n  forecourt webhook orders/paid --fixture\n")]
    Webhook(WebhookArgs),
    /// Print a URL as Shopify's App Proxy would call it.
    #[command(after_help = "Example:\n  \
        curl -X POST \"$(forecourt sign-proxy /proxy/v1/session --customer 1001)\"\n")]
    SignProxy(SignProxyArgs),
    /// Print a customer token for direct calls.
    #[command(after_help = "Example:\n  \
        curl -H \"Authorization: Bearer $(forecourt token --customer 1001)\" \
        http://127.0.0.1:8080/v1/loyalty\n")]
    Token(TokenArgs),
    /// List events that could not be consumed, and deliver them again.
    #[command(subcommand)]
    DeadLetters(DeadLettersCommand),
    /// Deliver archived events again. Carts need a table without carts.
    #[command(after_help = "Example:\n  \
        forecourt replay --rule loyalty --from 2026-11-21T08:00:00Z\n\n\
        Events carry the replay's name, as on EventBridge. The archive holds 20 days.\n")]
    Replay(ReplayArgs),
    /// Compare the ledger with the store's orders, and absorb what webhooks did not bring.
    #[command(after_help = "Example:\n  forecourt reconcile --since 2026-11-01 --dry-run\n\n\
        It compares orders that changed since then, of the last 7 days by default. Shopify has only \
        60 days without the scope read_all_orders.\n")]
    Reconcile(ReconcileArgs),
    /// Import balances or past orders from a CSV file.
    #[command(after_help = "Example:\n  forecourt import balances old-points.csv --dry-run\n\n\
        Columns of balances: customer,points. Columns of orders: order,customer,placed_at,amount. A \
        customer is Shopify's id or an e-mail address. Each row counts once, however often the \
        file is imported under one name.\n")]
    Import(ImportArgs),
    /// Write what a load test works with: products, customers and their tokens.
    #[command(after_help = "Example:\n  forecourt loadtest-data --out loadtest.json\n\n\
        Without --product it publishes products of its own, which it does on this machine only.\n")]
    LoadtestData(LoadtestDataArgs),
    /// Run a load test with k6, and write its report.
    #[command(after_help = "Example:\n  forecourt loadtest smoke\n\n\
        Profiles: smoke, average, spike50x, soak, stampede, breakpoint, webhooks, cold, \
        hits, writes \
        (loadtests/README.md). It ends with 1 if a promise was broken.\n")]
    Loadtest(LoadtestArgs),
    /// Run the local CloudFront alone, before any origin.
    #[command(after_help = "Example:\n  forecourt edge --distribution edge/distribution.json \
        --origin http://127.0.0.1:9000 --listen 127.0.0.1:8081\n")]
    Edge(EdgeArgs),
    /// Print what a month on AWS costs, what the next million costs, and which quotas it exceeds.
    #[command(after_help = "Example:\n  forecourt cost orders --inr 88.75@2026-11-20\n")]
    Cost(CostArgs),
    /// Check a deployment from outside: headers, caches, privacy, signatures, latency.
    #[command(
        after_help = "Example:\n  forecourt doctor --url https://d111111abcdef8.cloudfront.net \
        --secrets secrets.env --write\n\n\
        Secrets are FORECOURT_KEYS, FORECOURT_SHOPIFY_SECRETS and FORECOURT_SHOP, from the \
        environment or from a file of NAME=value lines. Without them some checks are skipped. \
        It ends with 1 if any check fails.\n"
    )]
    Doctor(DoctorArgs),
}

/// `up`.
#[derive(Debug, Clone, Args)]
pub struct UpArgs {
    /// Where the edge listens.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Where the local Shopify listens: its storefront, checkout, admin API and webhooks.
    #[arg(long, default_value = "127.0.0.1:8090")]
    pub shopify: SocketAddr,
    /// Without the local Shopify.
    #[arg(long, conflicts_with = "shopify")]
    pub no_shopify: bool,
    /// The data folder.
    #[arg(long, default_value = ".forecourt")]
    pub data: PathBuf,
    /// Delete the stored state first.
    #[arg(long)]
    pub fresh: bool,
    /// Faults that the bus injects, such as `duplicate=0.2,reorder=0.5,delay_ms=0..3000,fail=0.05`.
    #[arg(long, value_name = "SPEC")]
    pub faults: Option<String>,
    /// Decide no redemption: for the time of a replay into a restored table. Requests are accepted
    /// and wait in their queue.
    #[arg(long)]
    pub replaying: bool,
}

/// The address of a running Forecourt.
#[derive(Debug, Clone, Args)]
pub struct Target {
    /// The URL of Forecourt, instead of the profile's.
    #[arg(long)]
    pub url: Option<String>,
}

/// `publish`.
#[derive(Debug, Clone, Args)]
pub struct PublishArgs {
    /// The document, `.json` or `.json.gz`; `-` reads it from standard input.
    pub file: String,
    /// Only print errors and warnings; for a program, what past orders would have earned instead.
    #[arg(long)]
    pub dry_run: bool,
    /// The currency of a Shopify product's prices, instead of the profile's; an authored product
    /// names its own.
    #[arg(long)]
    pub currency: Option<String>,
    /// The shop.
    #[command(flatten)]
    pub target: Target,
    /// A staff token, instead of the profile's.
    #[arg(long)]
    pub staff_token: Option<String>,
}

/// `withdraw`.
#[derive(Debug, Clone, Args)]
pub struct WithdrawArgs {
    /// The product's id.
    pub product: String,
    /// The shop.
    #[command(flatten)]
    pub target: Target,
    /// A staff token, instead of the profile's.
    #[arg(long)]
    pub staff_token: Option<String>,
}

/// `reconcile`.
#[derive(Debug, Clone, Args)]
pub struct ReconcileArgs {
    /// A day (UTC) or a moment of RFC 3339: orders that changed since then.
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
    /// Only print what the ledger lacks.
    #[arg(long)]
    pub dry_run: bool,
    /// The shop.
    #[command(flatten)]
    pub target: Target,
    /// A staff token, instead of the profile's.
    #[arg(long)]
    pub staff_token: Option<String>,
}

/// `import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// What the file has.
    pub kind: ImportKind,
    /// The file; `-` reads it from standard input.
    pub file: String,
    /// Only print what it would add.
    #[arg(long)]
    pub dry_run: bool,
    /// The name of the import, instead of the file's.
    #[arg(long)]
    pub name: Option<String>,
    /// The shop.
    #[command(flatten)]
    pub target: Target,
    /// A staff token, instead of the profile's.
    #[arg(long)]
    pub staff_token: Option<String>,
}

/// What a file of an import has.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ImportKind {
    /// Points to add to accounts.
    Balances,
    /// Past orders that were paid.
    Orders,
}

/// `webhook`.
#[derive(Debug, Clone, Args)]
pub struct WebhookArgs {
    /// The topic, such as `orders/paid`.
    pub topic: String,
    /// The payload; `-` reads it from standard input.
    #[arg(required_unless_present = "fixture")]
    pub file: Option<String>,
    /// Send the built-in example of the topic.
    #[arg(long, conflicts_with = "file")]
    pub fixture: bool,
    /// The id of the cart that the fixture was handed over from.
    #[arg(long, requires = "fixture")]
    pub cart: Option<String>,
    /// The shop.
    #[command(flatten)]
    pub target: Target,
}

/// `sign-proxy`.
#[derive(Debug, Clone, Args)]
pub struct SignProxyArgs {
    /// A URL, or a path of the shop, such as `/proxy/v1/loyalty`.
    pub url: String,
    /// Shopify's id of the logged-in customer; anonymous if absent.
    #[arg(long)]
    pub customer: Option<String>,
}

/// `token`.
#[derive(Debug, Clone, Args)]
pub struct TokenArgs {
    /// Shopify's id of the customer.
    #[arg(long, default_value = "1001")]
    pub customer: String,
}

/// `loadtest-data`.
#[derive(Debug, Clone, Args)]
pub struct LoadtestDataArgs {
    /// The file to write.
    #[arg(long, default_value = "loadtest.json")]
    pub out: PathBuf,
    /// A published product, the most popular first; may be repeated. Without it, products are
    /// generated and published.
    #[arg(long, value_name = "ID")]
    pub product: Vec<String>,
    /// How many products are generated.
    #[arg(long, default_value = "50", value_parser = clap::value_parser!(u64).range(1..=999))]
    pub products: u64,
    /// A customer whose points are read; may be repeated.
    #[arg(long, value_name = "ID", default_values = demo::CUSTOMERS)]
    pub customer: Vec<String>,
    /// For how long the customers' tokens are valid.
    #[arg(long, default_value = "3", value_parser = clap::value_parser!(u64).range(1..=48))]
    pub valid_hours: u64,
    /// Make tokens for the customers of a shop that is not on this machine.
    #[arg(long)]
    pub yes_production: bool,
    /// The shop.
    #[command(flatten)]
    pub target: Target,
}

/// `loadtest`.
#[derive(Debug, Clone, Args)]
pub struct LoadtestArgs {
    /// The profile of the load.
    #[arg(default_value = "smoke")]
    pub test: String,
    /// What `forecourt loadtest-data` wrote.
    #[arg(long, default_value = "loadtest.json", value_name = "FILE")]
    pub data_file: PathBuf,
    /// For how many seconds the load is held, instead of the profile's time.
    #[arg(long, value_name = "SECONDS")]
    pub duration: Option<u64>,
    /// Arrivals a second on a usual day, instead of 8.
    #[arg(long, value_name = "RATE")]
    pub base_rate: Option<u64>,
    /// The folder of reports.
    #[arg(long, default_value = "loadtest-reports", value_name = "FOLDER")]
    pub reports: PathBuf,
    /// k6, if it is not on PATH; by default it is installed into the folder of reports.
    #[arg(long, value_name = "FILE")]
    pub k6: Option<PathBuf>,
    /// Run against a shop that is not on this machine.
    #[arg(long)]
    pub yes_production: bool,
    /// Compare the figures of two runs instead.
    #[arg(long, num_args = 2, value_names = ["BEFORE", "AFTER"])]
    pub compare: Vec<PathBuf>,
}

/// `edge`.
#[derive(Debug, Clone, Args)]
pub struct EdgeArgs {
    /// The distribution, in CloudFormation's property names.
    #[arg(long)]
    pub distribution: PathBuf,
    /// The URL of every origin of the distribution.
    #[arg(long)]
    pub origin: String,
    /// Where the edge listens.
    #[arg(long, default_value = "127.0.0.1:8081")]
    pub listen: SocketAddr,
    /// Locations: the first listens there, each other one port higher than the one before. Two or more
    /// have a regional cache between them and the origins.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=16))]
    pub pops: u16,
    /// Speak TLS, with HTTP/2: with a certificate for localhost made now, unless one is given.
    #[arg(long)]
    pub tls: bool,
    /// A certificate for TLS, with its chain, as PEM.
    #[arg(long, value_name = "FILE", requires = "key")]
    pub certificate: Option<PathBuf>,
    /// The private key of the certificate, as PEM.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,
    /// Write a line per request in the format of CloudFront's standard logs; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub access_log: Option<PathBuf>,
}

/// `cost`.
#[derive(Debug, Clone, Args)]
pub struct CostArgs {
    /// A profile of a month's traffic: `orders`, `million`, or a file; `-` reads standard input.
    #[arg(default_value = "orders")]
    pub profile: String,
    /// Prices and quotas instead of the built-in ones (`infra/cost/prices.json`).
    #[arg(long, value_name = "FILE")]
    pub prices: Option<String>,
    /// Rupees for a dollar and the day of the rate, such as `88.75@2026-11-20`.
    #[arg(long, value_name = "RATE@DATE")]
    pub inr: Option<String>,
    /// Print the profile instead, as a template.
    #[arg(long)]
    pub show: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Most timed requests.
const REQUESTS_MAX: u64 = 1_000;

/// `doctor`.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// The deployment.
    #[command(flatten)]
    pub target: Target,
    /// A file of `NAME=value` lines with secrets, instead of the profile's and the environment.
    #[arg(long, value_name = "FILE")]
    pub secrets: Option<PathBuf>,
    /// A published product with at least two options.
    #[arg(long, default_value = "bike")]
    pub product: String,
    /// Also write: a guest's cart, which is cleared afterwards.
    #[arg(long)]
    pub write: bool,
    /// An origin's own address, which must reject requests; may be repeated.
    #[arg(long, value_name = "URL")]
    pub origin: Vec<String>,
    /// Run this check only, by its printed name; may be repeated.
    #[arg(long, value_name = "CHECK")]
    pub only: Vec<String>,
    /// Longest wait for a write to be applied, seconds.
    #[arg(long, default_value = "30", value_parser = clap::value_parser!(u64).range(..=600))]
    pub patience: u64,
    /// The number of timed requests.
    #[arg(long, default_value = "50",
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=REQUESTS_MAX))]
    pub requests: usize,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `dead-letters`.
#[derive(Debug, Clone, Subcommand)]
pub enum DeadLettersCommand {
    /// List dead letters with their reason.
    #[command(after_help = "Example:\n  forecourt dead-letters list --queue cart\n")]
    List(ListArgs),
    /// Deliver dead letters again, with all their attempts: all, a queue's, or by id.
    #[command(after_help = "Example:\n  forecourt dead-letters redrive --queue cart --as-new\n")]
    Redrive(RedriveArgs),
}

/// `dead-letters list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// This queue only.
    #[arg(long)]
    pub queue: Option<String>,
    /// Print one JSON object a line, with the whole event.
    #[arg(long)]
    pub json: bool,
    /// The data folder, whether Forecourt runs on it or not.
    #[arg(long, default_value = ".forecourt")]
    pub data: PathBuf,
}

/// `dead-letters redrive`.
#[derive(Debug, Clone, Args)]
pub struct RedriveArgs {
    /// The dead letters of this queue.
    #[arg(long, conflicts_with = "id")]
    pub queue: Option<String>,
    /// This dead letter; may be repeated.
    #[arg(long)]
    pub id: Vec<u64>,
    /// Give cart commands that came too late a new time: they then act on the current cart.
    #[arg(long)]
    pub as_new: bool,
    /// Print the result as one JSON object.
    #[arg(long)]
    pub json: bool,
    /// The data folder, whether Forecourt runs on it or not.
    #[arg(long, default_value = ".forecourt")]
    pub data: PathBuf,
}

/// `replay`.
#[derive(Debug, Clone, Args)]
pub struct ReplayArgs {
    /// The name of the replay; generated from the time if absent.
    #[arg(long)]
    pub name: Option<String>,
    /// Events from this time on, such as `2026-11-21T08:00:00Z`.
    #[arg(long, value_name = "TIME", value_parser = unix_s)]
    pub from: Option<i64>,
    /// Events up to this time.
    #[arg(long, value_name = "TIME", value_parser = unix_s)]
    pub to: Option<i64>,
    /// Through this rule only: `cart`, `loyalty`, `privacy` or `published`.
    #[arg(long)]
    pub rule: Option<String>,
    /// Delete all carts first, and rebuild them from the archive. Forecourt must not be running.
    #[arg(long)]
    pub fresh: bool,
    /// Print the result as one JSON object.
    #[arg(long)]
    pub json: bool,
    /// The data folder.
    #[arg(long, default_value = ".forecourt")]
    pub data: PathBuf,
}

/// Seconds since 1970 of an RFC 3339 time.
fn unix_s(text: &str) -> Result<i64, String> {
    let time = Time::from_rfc3339(text).and_then(|time| i64::try_from(time.unix_s()).ok());
    time.ok_or_else(|| "write a time as 2026-11-21T08:00:00Z".to_owned())
}

//! What may be typed. Every command's help ends with one example that works as printed.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use origin_domain::time::Time;

use crate::demo;

/// Forecourt on one machine.
#[derive(Debug, Parser)]
#[command(name = "forecourt", version, args_conflicts_with_subcommands = true)]
#[command(after_help = "Example:\n  forecourt up --fresh\n")]
pub struct Cli {
    /// What to do; `up` if nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The arguments of `up`, for when it is not named.
    #[command(flatten)]
    pub up: UpArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start everything: edge, functions, table and bus, with the demo shop.
    #[command(after_help = "Example:\n  forecourt up --listen 127.0.0.1:8080 --fresh\n")]
    Up(UpArgs),
    /// Publish a product, authored or as Shopify has it, or a loyalty programme, plain or gzipped.
    #[command(after_help = "Example:\n  forecourt publish infra/local/demo/bike.json\n")]
    Publish(PublishArgs),
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
    /// Look at events that could not be consumed, and deliver them again.
    #[command(subcommand)]
    DeadLetters(DeadLettersCommand),
    /// Deliver what the bus has archived again. Carts: into a table without carts only.
    #[command(after_help = "Example:\n  \
        forecourt replay --rule loyalty --from 2026-11-21T08:00:00Z\n\n\
        Events bear the replay's name, as on EventBridge. The archive keeps 20 days.\n")]
    Replay(ReplayArgs),
    /// Run the local CloudFront alone, before any origin.
    #[command(after_help = "Example:\n  forecourt edge --distribution edge/distribution.json \
        --origin http://127.0.0.1:9000 --listen 127.0.0.1:8081\n")]
    Edge(EdgeArgs),
    /// Tell what a month on AWS costs, what the next million costs, and which quotas it would pass.
    #[command(after_help = "Example:\n  forecourt cost orders --inr 88.75@2026-11-20\n")]
    Cost(CostArgs),
    /// Look at a deployment from outside: headers, caches, privacy, signatures, latency.
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
    /// Where state is kept.
    #[arg(long, default_value = ".forecourt")]
    pub data: PathBuf,
    /// Forget what was kept and start anew.
    #[arg(long)]
    pub fresh: bool,
    /// Make the bus misbehave, such as `duplicate=0.2,reorder=0.5,delay_ms=0..3000,fail=0.05`.
    #[arg(long, value_name = "SPEC")]
    pub faults: Option<String>,
}

/// Where a running Forecourt answers.
#[derive(Debug, Clone, Args)]
pub struct Target {
    /// Where Forecourt answers.
    #[arg(long, default_value = demo::URL)]
    pub url: String,
}

/// `publish`.
#[derive(Debug, Clone, Args)]
pub struct PublishArgs {
    /// The document, `.json` or `.json.gz`; `-` reads it from standard input.
    pub file: String,
    /// Only tell what would be refused or warned of; of a programme, what past orders would have
    /// earned instead.
    #[arg(long)]
    pub dry_run: bool,
    /// The currency of a Shopify product's prices; an authored product names its own.
    #[arg(long, default_value = demo::CURRENCY)]
    pub currency: String,
    /// Which shop to speak to.
    #[command(flatten)]
    pub target: Target,
    /// A staff token.
    #[arg(long, env = "FORECOURT_STAFF_TOKEN", default_value = demo::STAFF_TOKEN,
        hide_env_values = true)]
    pub staff_token: String,
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
    /// Which shop to speak to.
    #[command(flatten)]
    pub target: Target,
}

/// `sign-proxy`.
#[derive(Debug, Clone, Args)]
pub struct SignProxyArgs {
    /// A URL, or a path of the local Forecourt, such as `/proxy/v1/loyalty`.
    pub url: String,
    /// Shopify's id of the customer who is logged in; nobody if absent.
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

/// `edge`.
#[derive(Debug, Clone, Args)]
pub struct EdgeArgs {
    /// The distribution, in CloudFormation's property names.
    #[arg(long)]
    pub distribution: PathBuf,
    /// Where every origin of the distribution is found.
    #[arg(long)]
    pub origin: String,
    /// Where the edge listens.
    #[arg(long, default_value = "127.0.0.1:8081")]
    pub listen: SocketAddr,
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
    /// Rupees for a dollar and the day they were, such as `88.75@2026-11-20`.
    #[arg(long, value_name = "RATE@DATE")]
    pub inr: Option<String>,
    /// Print the profile instead, to start one's own from.
    #[arg(long)]
    pub show: bool,
    /// Everything as one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Most requests that are timed.
const REQUESTS_MAX: u64 = 1_000;

/// `doctor`.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// Which deployment to look at.
    #[command(flatten)]
    pub target: Target,
    /// A file of `NAME=value` lines with what may be known; else the environment.
    #[arg(long, value_name = "FILE")]
    pub secrets: Option<PathBuf>,
    /// A published product with at least two options.
    #[arg(long, default_value = "bike")]
    pub product: String,
    /// Write, too: a guest's cart, which is cleared afterwards.
    #[arg(long)]
    pub write: bool,
    /// An origin's own address, which must refuse; may be repeated.
    #[arg(long, value_name = "URL")]
    pub origin: Vec<String>,
    /// Look at this only; may be repeated. The checks' names are those that are printed.
    #[arg(long, value_name = "CHECK")]
    pub only: Vec<String>,
    /// Longest wait for a write to be applied, seconds.
    #[arg(long, default_value = "30", value_parser = clap::value_parser!(u64).range(..=600))]
    pub patience: u64,
    /// How many requests are timed.
    #[arg(long, default_value = "50",
        value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=REQUESTS_MAX))]
    pub requests: usize,
    /// Everything as one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// `dead-letters`.
#[derive(Debug, Clone, Subcommand)]
pub enum DeadLettersCommand {
    /// Show dead letters with their reason.
    #[command(after_help = "Example:\n  forecourt dead-letters list --queue cart\n")]
    List(ListArgs),
    /// Deliver dead letters again, with all their attempts: all, a queue's, or those named.
    #[command(after_help = "Example:\n  forecourt dead-letters redrive --queue cart --as-new\n")]
    Redrive(RedriveArgs),
}

/// `dead-letters list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Of this queue only.
    #[arg(long)]
    pub queue: Option<String>,
    /// One JSON object a line, with the whole event.
    #[arg(long)]
    pub json: bool,
    /// Where state is kept; whether Forecourt runs on it does not matter.
    #[arg(long, default_value = ".forecourt")]
    pub data: PathBuf,
}

/// `dead-letters redrive`.
#[derive(Debug, Clone, Args)]
pub struct RedriveArgs {
    /// Those of this queue.
    #[arg(long, conflicts_with = "id")]
    pub queue: Option<String>,
    /// This one; may be repeated.
    #[arg(long)]
    pub id: Vec<u64>,
    /// Give cart commands that came too late a new time: they then act on the cart as it is.
    #[arg(long)]
    pub as_new: bool,
    /// What was done as one JSON object.
    #[arg(long)]
    pub json: bool,
    /// Where state is kept; whether Forecourt runs on it does not matter.
    #[arg(long, default_value = ".forecourt")]
    pub data: PathBuf,
}

/// `replay`.
#[derive(Debug, Clone, Args)]
pub struct ReplayArgs {
    /// What the replay is called; made up from the time if absent.
    #[arg(long)]
    pub name: Option<String>,
    /// Events from this moment on, such as `2026-11-21T08:00:00Z`.
    #[arg(long, value_name = "TIME", value_parser = unix_s)]
    pub from: Option<i64>,
    /// Events up to this moment.
    #[arg(long, value_name = "TIME", value_parser = unix_s)]
    pub to: Option<i64>,
    /// Through this rule only: `cart`, `loyalty`, `privacy` or `published`.
    #[arg(long)]
    pub rule: Option<String>,
    /// Forget all carts first, and rebuild them from the archive. Forecourt must not be running.
    #[arg(long)]
    pub fresh: bool,
    /// What was done as one JSON object.
    #[arg(long)]
    pub json: bool,
    /// Where state is kept.
    #[arg(long, default_value = ".forecourt")]
    pub data: PathBuf,
}

/// Seconds since 1970 of an RFC 3339 time.
fn unix_s(text: &str) -> Result<i64, String> {
    let time = Time::from_rfc3339(text).and_then(|time| i64::try_from(time.unix_s()).ok());
    time.ok_or_else(|| "write a time as 2026-11-21T08:00:00Z".to_owned())
}

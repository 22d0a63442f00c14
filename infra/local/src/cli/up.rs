//! `forecourt up`.

use origin_functions::runtime::clock::Clock;
use std::io::IsTerminal as _;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::args::UpArgs;
use super::{CliError, cli_error};
use crate::local::{Local, LocalShop, Options};
use crate::profile::Profile;

pub(super) fn run(args: &UpArgs, profile: &Profile) -> Result<(), CliError> {
    let has_colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(has_colours);
    tracing_subscriber::registry().with(log.with_filter(log_filter())).init();
    let runtime = tokio::runtime::Runtime::new().map_err(cli_error)?;
    runtime.block_on(serve(args, profile))
}

async fn serve(args: &UpArgs, profile: &Profile) -> Result<(), CliError> {
    let mut stops = [SignalKind::interrupt(), SignalKind::terminate()]
        .map(|kind| signal(kind).map_err(cli_error));
    let options = Options {
        listen: args.listen,
        shopify: (!args.no_shopify).then_some(args.shopify),
        data: args.data.clone(),
        fresh: args.fresh,
        faults: args.faults.clone(),
        replaying: args.replaying,
        shop: LocalShop::of(profile).map_err(cli_error)?,
        clock: Clock::system(),
    };
    let local = Local::start(options).await.map_err(cli_error)?;
    print_greeting(&local, profile.expect_shop().map_err(cli_error)?);
    let [interrupt, terminate] = &mut stops;
    let (Ok(interrupt), Ok(terminate)) = (interrupt, terminate) else {
        return Err(CliError("can't install signal handlers".to_owned()));
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    eprintln!("stopping");
    local.stop().await.map_err(cli_error)
}

/// `RUST_LOG`: a level for all targets or for some, such as `warn,infra_bus=debug`.
#[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
fn log_filter() -> Targets {
    let configured = std::env::var("RUST_LOG").ok().and_then(|text| text.parse().ok());
    configured.unwrap_or_else(|| Targets::new().with_default(LevelFilter::WARN))
}

fn print_greeting(local: &Local, shop: &str) {
    let url = local.url();
    let shopify = local.shopify().map(|(_, url)| {
        format!(
            "\n  shop  {url} is a local Shopify with this app: sign in as customer-1001@example.com, buy;\n        \
             {url}/_shopify refunds and cancels, {url}/_shopify/app is the admin\n"
        )
    });
    println!(
        "Forecourt serves {shop} at {url}

  open  {url}/v1/openapi.json
  try   curl -i {url}/v1/configurator/bike
        curl -s '{url}/v1/configurator/bike/resolution?frame=carbon'
        curl -s -H \"Authorization: Bearer $(cargo run -q -- token --customer 1001)\" \
        {url}/v1/loyalty

{shopify}
  the data folder is {data}; Ctrl-C stops",
        data = local.data().display(),
        shopify = shopify.unwrap_or_default(),
    );
}

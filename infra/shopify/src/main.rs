//! Serves a local Shopify.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::middleware::from_fn;
use clap::Parser;
use infra_shopify::admin_api::{AdminApi, AnyToken, router};
use infra_shopify::loopback;
use infra_shopify::store::{Settings, Shop, first_id_at};
use time::OffsetDateTime;

/// A local Shopify: the Admin GraphQL API over a shop in memory.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:4010")]
    listen: SocketAddr,
    /// ISO 4217 code of the shop's currency.
    #[arg(long, default_value = "EUR")]
    currency: String,
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let listener = tokio::net::TcpListener::bind(arguments.listen).await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let settings = Settings {
        base_url: base_url.clone(),
        currency: arguments.currency,
        first_id: first_id_at(u64::try_from(now().unix_timestamp()).unwrap_or(0) * 1_000),
        ..Settings::default()
    };
    let api = Arc::new(AdminApi::new(Shop::new(settings), Arc::new(now))?);
    println!("{base_url}/admin/api/{}/graphql.json", infra_shopify::admin_api::VERSION);
    let router = router(api, Arc::new(AnyToken)).layer(from_fn(loopback::guard));
    axum::serve(listener, router).await?;
    Ok(())
}

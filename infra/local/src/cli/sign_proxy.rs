//! `forecourt sign-proxy`.

use edge_wire::grammar::is_shopify_id;
use edge_wire::proxy::{Forwarding, forward};
use edge_wire::secrets::ShopifySecrets;
use origin_functions::runtime::clock::Clock;

use super::args::SignProxyArgs;
use super::{CliError, cli_error};
use crate::demo;

pub(super) fn run(args: &SignProxyArgs) -> Result<(), CliError> {
    if args.customer.as_deref().is_some_and(|customer| !is_shopify_id(customer)) {
        return Err(CliError("--customer takes Shopify's numeric customer id".to_owned()));
    }
    println!("{}", signed(&args.url, args.customer.as_deref(), Clock::system().now().unix_s())?);
    Ok(())
}

/// The URL as the App Proxy would call it at `now_unix_s`. A path alone is the local Forecourt's.
pub fn signed(url: &str, customer: Option<&str>, now_unix_s: u64) -> Result<String, CliError> {
    let secrets =
        ShopifySecrets::parse(demo::SHOPIFY_SECRET).ok_or_else(|| cli_error("no secret"))?;
    let host = if url.starts_with('/') { demo::URL } else { "" };
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let forwarding = Forwarding {
        shop: demo::SHOP,
        customer,
        path_prefix: demo::PROXY_PREFIX,
        timestamp_unix_s: now_unix_s,
    };
    let query = forward(query, &forwarding, &secrets)
        .map_err(|error| CliError(format!("the query can't be signed: {error}")))?;
    Ok(format!("{host}{path}?{query}"))
}

//! `forecourt sign-proxy`.

use edge_wire::grammar::is_shopify_id;
use edge_wire::proxy::{Forwarding, forward};
use origin_functions::runtime::clock::Clock;

use super::args::SignProxyArgs;
use super::{CliError, cli_error};
use crate::demo;
use crate::profile::Profile;

pub(super) fn run(args: &SignProxyArgs, profile: &Profile) -> Result<(), CliError> {
    if args.customer.as_deref().is_some_and(|customer| !is_shopify_id(customer)) {
        return Err(CliError("--customer takes Shopify's numeric customer id".to_owned()));
    }
    let now_unix_s = Clock::system().now().unix_s();
    println!("{}", signed(profile, &args.url, args.customer.as_deref(), now_unix_s)?);
    Ok(())
}

/// The URL as the App Proxy would call it at `now_unix_s`. A path alone is the profile's.
///
/// # Errors
/// The profile lacks the shop or its secret, or the query can't be signed.
pub fn signed(
    profile: &Profile,
    url: &str,
    customer: Option<&str>,
    now_unix_s: u64,
) -> Result<String, CliError> {
    let secrets = profile.expect_shopify_secrets().map_err(cli_error)?;
    let host = if url.starts_with('/') { profile.url() } else { "" };
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let forwarding = Forwarding {
        shop: profile.expect_shop().map_err(cli_error)?,
        customer,
        path_prefix: demo::PROXY_PREFIX,
        timestamp_unix_s: now_unix_s,
    };
    let query = forward(query, &forwarding, &secrets)
        .map_err(|error| CliError(format!("the query can't be signed: {error}")))?;
    Ok(format!("{host}{path}?{query}"))
}

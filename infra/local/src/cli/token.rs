//! `forecourt token`.

use edge_wire::grammar::is_shopify_id;
use edge_wire::token::{CUSTOMER_TOKEN_TTL_S, mint_customer};
use origin_functions::runtime::clock::Clock;

use super::args::TokenArgs;
use super::{CliError, cli_error};
use crate::profile::Profile;

pub(super) fn run(args: &TokenArgs, profile: &Profile) -> Result<(), CliError> {
    if !is_shopify_id(&args.customer) {
        return Err(CliError("--customer takes Shopify's numeric customer id".to_owned()));
    }
    let keys = profile.expect_keys().map_err(cli_error)?;
    let expires = Clock::system().now().unix_s() + CUSTOMER_TOKEN_TTL_S;
    println!("{}", mint_customer(&keys, &args.customer, expires));
    Ok(())
}

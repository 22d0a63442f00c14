//! `forecourt webhook`.

use edge_wire::link::mint_link;
use edge_wire::webhook::sign;
use origin_functions::runtime::clock::Clock;

use super::args::WebhookArgs;
use super::http::send;
use super::publish::read;
use super::{CliError, cli_error};
use crate::demo;
use crate::profile::Profile;

pub(super) fn run(args: &WebhookArgs, profile: &Profile) -> Result<(), CliError> {
    let payload = match &args.file {
        Some(file) => read(file)?,
        None => fixture(args, profile)?,
    };
    let secrets = profile.expect_shopify_secrets().map_err(cli_error)?;
    let signature = sign(&secrets, &payload);
    let headers = [
        ("content-type", "application/json"),
        ("x-shopify-topic", args.topic.as_str()),
        ("x-shopify-shop-domain", profile.expect_shop().map_err(cli_error)?),
        ("x-shopify-hmac-sha256", signature.as_str()),
        ("x-shopify-api-version", "2026-07"),
        ("x-shopify-webhook-id", "forecourt-cli"),
    ];
    let url = format!("{}/webhooks/shopify", profile.url());
    let reply = send("POST", &url, &headers, &payload)?;
    let status = reply.status;
    reply.expect_success()?;
    println!("{status} {} accepted, {} bytes", args.topic, payload.len());
    Ok(())
}

/// The built-in example of a topic, with the cart of `--cart`.
fn fixture(args: &WebhookArgs, profile: &Profile) -> Result<Vec<u8>, CliError> {
    let now = Clock::system().now();
    let payload = match args.topic.as_str() {
        "orders/paid" => {
            let link = match &args.cart {
                Some(cart) => Some(mint_link(&profile.expect_keys().map_err(cli_error)?, cart)),
                None => None,
            };
            demo::orders_paid(link.as_deref(), now)
        }
        "refunds/create" => demo::refunds_create(now),
        "orders/cancelled" => demo::orders_cancelled(now),
        _ => {
            let fixtures = "orders/paid, refunds/create and orders/cancelled";
            return Err(CliError(format!("fixtures exist for {fixtures} only; pass a file")));
        }
    };
    let currency = profile.expect_currency().map_err(cli_error)?;
    Ok(demo::in_currency(&payload, currency).into())
}

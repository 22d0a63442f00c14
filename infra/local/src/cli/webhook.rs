//! `forecourt webhook`.

use edge_wire::secrets::ShopifySecrets;
use edge_wire::webhook::sign;
use origin_functions::runtime::clock::Clock;

use super::args::WebhookArgs;
use super::http::send;
use super::publish::read;
use super::{CliError, cli_error};
use crate::demo;

pub(super) fn run(args: &WebhookArgs) -> Result<(), CliError> {
    let payload = match &args.file {
        Some(file) => read(file)?,
        None => fixture(args)?,
    };
    let secrets =
        ShopifySecrets::parse(demo::SHOPIFY_SECRET).ok_or_else(|| cli_error("no secret"))?;
    let signature = sign(&secrets, &payload);
    let headers = [
        ("content-type", "application/json"),
        ("x-shopify-topic", args.topic.as_str()),
        ("x-shopify-shop-domain", demo::SHOP),
        ("x-shopify-hmac-sha256", signature.as_str()),
        ("x-shopify-api-version", "2026-07"),
        ("x-shopify-webhook-id", "forecourt-cli"),
    ];
    let url = format!("{}/webhooks/shopify", args.target.url);
    let reply = send("POST", &url, &headers, &payload)?;
    let status = reply.status;
    reply.expect_success()?;
    println!("{status} {} accepted, {} bytes", args.topic, payload.len());
    Ok(())
}

/// The built-in example of a topic, with the cart of `--cart`.
fn fixture(args: &WebhookArgs) -> Result<Vec<u8>, CliError> {
    let now = Clock::system().now();
    match args.topic.as_str() {
        "orders/paid" => Ok(demo::orders_paid(args.cart.as_deref(), now).into()),
        "refunds/create" => Ok(demo::refunds_create(now).into()),
        "orders/cancelled" => Ok(demo::orders_cancelled(now).into()),
        _ => {
            let fixtures = "orders/paid, refunds/create and orders/cancelled";
            Err(CliError(format!("fixtures exist for {fixtures} only; pass a file")))
        }
    }
}

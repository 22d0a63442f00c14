//! `forecourt publish` of Shopify's products: every variant becomes a configuration at its price.

use std::collections::BTreeSet;

use domain_configurator::Product;
use domain_configurator::shopify::product_id;
use domain_core::authoring::Mistake;
use domain_shopify::product::{ShopProduct, products};
use origin_functions::http::publishing;
use serde_json::Value;

use super::args::PublishArgs;
use super::http::Reply;
use super::publish::{invalid, path_of, publish, published};
use super::staff::Staff;
use super::{CliError, cli_error};
use crate::profile::Profile;

/// What the shop answers about a product that is not published, and a server without that route.
const UNPUBLISHED: [u16; 3] = [404, 405, 501];

/// Publishes the products of a document. If one can't be imported, none is published.
pub(super) fn run(
    args: &PublishArgs,
    profile: &Profile,
    document: &[u8],
    json: &Value,
) -> Result<(), CliError> {
    if !is_shopifys(json) {
        return Err(CliError(format!("{} has no `product`", args.file)));
    }
    let staff = Staff { profile, token: args.staff_token.as_deref() };
    for product in imported(document, args, staff)? {
        let document = product.to_document().to_string();
        let publish = || publish(document.as_bytes(), args, profile);
        let Some(reply) = publish()? else { continue };
        let reply = match withdraw_renamed(&product, &reply, staff)? {
            true => publish()?.unwrap_or(reply),
            false => reply,
        };
        published(reply)?;
    }
    Ok(())
}

/// Whether it is a document of Shopify's: a product, an API's answer with one, or a page of them.
fn is_shopifys(json: &Value) -> bool {
    let is_one = |at: &Value| at.get("variants").or(at.get("products")).is_some();
    [json, &json["product"], &json["data"], &json["data"]["product"]].into_iter().any(is_one)
}

fn imported(
    document: &[u8],
    args: &PublishArgs,
    staff: Staff<'_>,
) -> Result<Vec<Product>, CliError> {
    let invalid = |mistakes: Vec<Mistake>| invalid(&args.file, &mistakes);
    let currency = match &args.currency {
        Some(code) => code,
        None => staff.profile.expect_currency().map_err(cli_error)?,
    };
    let text = std::str::from_utf8(document).map_err(cli_error)?;
    let nodes = products(text).map_err(|error| invalid(vec![error.into()]))?;
    let import = |node| {
        let shop = ShopProduct::read(node, currency).map_err(invalid)?;
        // Names have ids there that shoppers' links and carts use.
        let before = match args.dry_run {
            true => None,
            false => stored(&product_id(&shop.handle), staff)?,
        };
        Product::from_shopify(&shop, currency, before.as_ref()).map_err(invalid)
    };
    nodes.iter().map(import).collect()
}

/// A product as it is published.
fn stored(id: &str, staff: Staff<'_>) -> Result<Option<Product>, CliError> {
    let path = path_of(id);
    let reply = staff.request("GET", &path)?;
    if UNPUBLISHED.contains(&reply.status) {
        return Ok(None);
    }
    let body = reply.expect_success()?;
    Product::parse(body.as_bytes()).map(Some).map_err(|mistakes| invalid(&path, &mistakes))
}

/// Withdraws the products that sell variants of this one, if it has all of theirs: at Shopify a
/// variant belongs to one product, so those are this one under an earlier handle. Whether one was.
fn withdraw_renamed(product: &Product, reply: &Reply, staff: Staff<'_>) -> Result<bool, CliError> {
    let problem: Value = serde_json::from_str(&reply.body).unwrap_or_default();
    let errors = problem["errors"].as_array().into_iter().flatten();
    let sellers: BTreeSet<&str> =
        errors.filter_map(|error| publishing::seller(error["message"].as_str()?)).collect();
    let own: BTreeSet<&str> = variants(product).collect();
    for seller in &sellers {
        let Some(other) = stored(seller, staff)? else { continue };
        if !variants(&other).all(|variant| own.contains(variant)) {
            return Ok(false);
        }
    }
    for seller in &sellers {
        staff.request("DELETE", &path_of(seller))?.expect_success()?;
        eprintln!("{seller} is withdrawn: all its variants are those of {} now", product.id());
    }
    Ok(!sellers.is_empty())
}

fn variants(product: &Product) -> impl Iterator<Item = &str> {
    product.variants().iter().map(|variant| variant.variant_id.as_str())
}

//! `forecourt loadtest-data`: what a load test works with. Tokens are made here, with keys that the
//! operator holds, and outlive the run; no route makes them.

use std::fs::{OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use domain_core::currency::decimals;
use edge_wire::grammar::is_shopify_id;
use edge_wire::token::mint_customer;
use origin_functions::runtime::clock::Clock;
use origin_functions::runtime::shop::system_random;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::args::LoadtestDataArgs;
use super::http::{Client, Reply};
use super::{CliError, cli_error};
use crate::profile::Profile;

/// How long one call may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Options of a generated product, and values of each.
const OPTIONS: u64 = 3;
const VALUES: u64 = 4;
/// Most complete selections of a product that are put into carts.
const BUYABLE_MAX: usize = 50;
/// Customers whose ledgers are compared. They have ids that no shop has given: above 10^15, below 2^53.
const BUYERS: u64 = 10;
const BUYERS_FROM: u64 = 1_000_000_000_000_000;
const BUYERS_RANGE: u128 = 7_000_000_000_000_000;
const HOUR_S: u64 = 3_600;
/// How often and how fast a product just published is requested: 30 s.
const SERVED_TRIES: u32 = 60;
const SERVED_PAUSE: Duration = Duration::from_millis(500);
/// Who may read the file: its owner.
const MODE: u32 = 0o600;

/// The file's form (`loadtests/lib/data.ts`).
#[derive(Serialize)]
struct Data<'a> {
    url: &'a str,
    shop: &'a str,
    currency: &'a str,
    decimals: u32,
    products: Vec<LoadProduct>,
    customers: Vec<LoadCustomer>,
    buyers: Vec<LoadCustomer>,
    expires_unix_s: u64,
}

#[derive(Serialize)]
struct LoadProduct {
    id: String,
    options: Vec<LoadOption>,
    buyable: Vec<Map<String, Value>>,
}

#[derive(Serialize)]
struct LoadOption {
    id: String,
    values: Vec<String>,
}

#[derive(Serialize)]
struct LoadCustomer {
    id: String,
    token: String,
}

pub(super) fn run(args: &LoadtestDataArgs, profile: &Profile) -> Result<(), CliError> {
    expect_consent(args, profile)?;
    let keys = profile.expect_keys().map_err(cli_error)?;
    let currency = profile.expect_currency().map_err(cli_error)?;
    let staff = profile.staff_token().map_err(cli_error)?;
    let shop = StaffClient { client: Client::new(TIMEOUT), url: profile.url(), staff };
    let products = if args.product.is_empty() {
        let generated = (1..=args.products).map(|nth| shop.generated(nth, currency));
        let generated: Vec<LoadProduct> = generated.collect::<Result<_, _>>()?;
        generated.iter().try_for_each(|product| shop.expect_served(&product.id))?;
        Ok(generated)
    } else {
        args.product.iter().map(|id| shop.existing(id)).collect::<Result<Vec<_>, CliError>>()
    };
    let expires = Clock::system().now().unix_s() + args.valid_hours * HOUR_S;
    let customer = |id: String| match is_shopify_id(&id) {
        true => Ok(LoadCustomer { token: mint_customer(&keys, &id, expires), id }),
        false => Err(CliError(format!("--customer {id}: Shopify's ids are numbers"))),
    };
    let random = |_| u64::try_from(u128::from_le_bytes(system_random()) % BUYERS_RANGE);
    let buyers = (0..BUYERS).flat_map(random).map(|random| BUYERS_FROM + random);
    let data = Data {
        url: profile.url(),
        shop: profile.expect_shop().map_err(cli_error)?,
        currency,
        decimals: decimals(currency),
        products: products?,
        customers: args.customer.iter().cloned().map(customer).collect::<Result<_, _>>()?,
        buyers: buyers.map(|id| customer(id.to_string())).collect::<Result<_, _>>()?,
        expires_unix_s: expires,
    };
    let text = serde_json::to_string(&data).map_err(cli_error)?;
    let out = args.out.display();
    write_private(&args.out, &text).map_err(|error| CliError(format!("{out}: {error}")))?;
    println!(
        "{out}: {} products, {} customers, tokens for {} h",
        data.products.len(),
        data.customers.len(),
        args.valid_hours
    );
    Ok(())
}

/// Checks that a shop elsewhere is meant, and that nothing would be published there.
fn expect_consent(args: &LoadtestDataArgs, profile: &Profile) -> Result<(), CliError> {
    let error = |missing| CliError(format!("{} is not this machine: {missing}", profile.url()));
    match profile.is_local() {
        true => Ok(()),
        false if !args.yes_production => Err(error("add --yes-production")),
        false if args.product.is_empty() => Err(error(
            "name published products with --product, since products of a load test can't be taken back",
        )),
        false => Ok(()),
    }
}

/// Writes a file with customers' tokens.
fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    let mut opened = OpenOptions::new().write(true).create(true).mode(MODE).open(file)?;
    // An older file has the mode it was created with.
    opened.set_permissions(Permissions::from_mode(MODE))?;
    opened.set_len(0)?;
    opened.write_all(text.as_bytes())
}

/// A client with staff rights.
struct StaffClient<'a> {
    client: Client,
    url: &'a str,
    staff: String,
}

// === impl StaffClient ===

impl StaffClient<'_> {
    /// A product of the shop, by its authored document.
    fn existing(&self, id: &str) -> Result<LoadProduct, CliError> {
        let reply = self.call("GET", &format!("/v1/admin/configurators/{id}"), &[])?;
        let document: Value = serde_json::from_str(&reply.expect_success()?).map_err(cli_error)?;
        LoadProduct::of(id, &document)
            .ok_or_else(|| CliError(format!("{id} has no variants: nothing of it can be bought")))
    }

    /// The n-th generated product; it is published unless an earlier run did that.
    fn generated(&self, nth: u64, currency: &str) -> Result<LoadProduct, CliError> {
        let id = format!("load-{nth:03}");
        let document = generated(&id, nth, currency);
        let known = self.call("GET", &format!("/v1/configurator/{id}"), &[])?;
        if known.status != 200 {
            let body = document.to_string();
            self.call("PUT", &format!("/v1/admin/configurators/{id}"), body.as_bytes())?
                .expect_success()?;
        }
        LoadProduct::of(&id, &document).ok_or_else(|| CliError(format!("{id} has no variants")))
    }

    /// Waits until a product just published is served: an edge may remember for seconds that it was unknown.
    fn expect_served(&self, id: &str) -> Result<(), CliError> {
        for _ in 0..SERVED_TRIES {
            if self.call("GET", &format!("/v1/configurator/{id}"), &[])?.status == 200 {
                return Ok(());
            }
            wait();
        }
        Err(CliError(format!("{id} was published and is not served after 30 s")))
    }

    fn call(&self, method: &str, path: &str, body: &[u8]) -> Result<Reply, CliError> {
        let authorization = format!("Bearer {}", self.staff);
        let is_admin = path.starts_with("/v1/admin");
        let staff =
            [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let headers = if is_admin { &staff[..if body.is_empty() { 1 } else { 2 }] } else { &[] };
        self.client.send(method, &format!("{}{path}", self.url), headers, body)
    }
}

#[expect(clippy::disallowed_methods, reason = "a remote edge sends no notification")]
fn wait() {
    std::thread::sleep(SERVED_PAUSE);
}

// === impl LoadProduct ===

impl LoadProduct {
    /// The options and the first variants of an authored document; `None` without variants.
    fn of(id: &str, document: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let option = |option: &Value| {
            let values = option["values"].as_array()?.iter();
            let values = values.filter_map(|value| text(&value["id"])).collect();
            Some(LoadOption { id: text(&option["id"])?, values })
        };
        let variants = document["variants"].as_array()?.iter();
        let selections = variants.filter_map(|variant| variant["selection"].as_object().cloned());
        let buyable: Vec<_> = selections.take(BUYABLE_MAX).collect();
        let options = document["options"].as_array()?.iter().filter_map(option).collect();
        (!buyable.is_empty()).then(|| Self { id: id.to_owned(), options, buyable })
    }
}

/// A product in which every combination of its values is a variant.
fn generated(id: &str, nth: u64, currency: &str) -> Value {
    let value = |value: u64| json!({"id": format!("v{value}"), "title": format!("Value {value}"), "price": 100 * value});
    let options = (0..OPTIONS).map(|option| {
        let values: Vec<Value> = (0..VALUES).map(value).collect();
        json!({"id": format!("o{option}"), "title": format!("Option {option}"), "values": values})
    });
    let variants = (0..VALUES.pow(u32::try_from(OPTIONS).unwrap_or(0))).map(|at| {
        let value_of = |option: u64| at / VALUES.pow(u32::try_from(option).unwrap_or(0)) % VALUES;
        let selection: Map<String, Value> = (0..OPTIONS)
            .map(|option| (format!("o{option}"), format!("v{}", value_of(option)).into()))
            .collect();
        let variant_id = (BUYERS_FROM + nth * 1_000 + at).to_string();
        json!({"selection": selection, "sku": format!("{id}-{at}"), "variant_id": variant_id})
    });
    json!({
        "product": id, "title": format!("Load product {nth}"), "currency": currency,
        "base_price": 1_000, "options": options.collect::<Vec<_>>(), "rules": [],
        "variants": variants.collect::<Vec<_>>(),
    })
}

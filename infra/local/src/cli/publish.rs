//! `forecourt publish` of a product. It is compiled here first to print mistakes and progress at
//! once; the shop compiles it again, because it does not trust its clients.

use std::io::{IsTerminal as _, Read as _, Write as _};

use domain_configurator::Product;
use domain_configurator::shopify::ShopCurrency;
use domain_core::authoring::Mistake;
use domain_core::currency::decimals;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use origin_functions::http::publishing;
use origin_functions::http::publishing::Compiled;
use origin_functions::runtime::clock::Clock;
use serde_json::Value;

use super::args::PublishArgs;
use super::http::send;
use super::progress::ProgressReporter;
use super::{CliError, cli_error, publish_program};
use crate::profile::Profile;

/// The first bytes of a gzip file (RFC 1952 section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Most bytes of an unpacked document: the limit of the route.
const DOCUMENT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Most mistakes and warnings printed; the rest are counted.
const PRINTED_MAX: usize = 50;

pub(super) fn run(args: &PublishArgs, profile: &Profile) -> Result<(), CliError> {
    let document = unpacked(read(&args.file)?)?;
    let json: Value = serde_json::from_slice(&document)
        .map_err(|error| CliError(format!("{} is not JSON: {error}", args.file)))?;
    if publish_program::is_program(&json) {
        return publish_program::run(args, profile, &document);
    }
    let document = authored(document, &json, args, profile)?;
    let invalid = |mistakes: Vec<Mistake>| invalid(&args.file, &mistakes);
    let product = publishing::read(&document, None).map_err(invalid)?;
    let id = product.id().to_owned();
    let compiled = compiled(product).map_err(invalid)?;
    let product = compiled.configurator.product();
    eprintln!(
        "{id}: {} options, {} rules, {} variants; {} bytes compiled",
        product.options().len(),
        product.rules().len(),
        product.variants().len(),
        compiled.artefact.len()
    );
    if args.dry_run {
        let warnings = compiled.configurator.report();
        warn(warnings.iter().map(|warning| (warning.field.as_str(), warning.message.as_str())));
        return Ok(());
    }
    drop(compiled);
    let path = format!("/v1/admin/configurators/{id}");
    let body = put(args, profile, &path, &packed(&document)?, "gzip")?;
    let answer: Value = serde_json::from_str(&body).map_err(cli_error)?;
    let warnings = answer["warnings"].as_array().into_iter().flatten();
    let text = |value: &'_ Value| value.as_str().unwrap_or_default().to_owned();
    let warnings: Vec<_> =
        warnings.map(|warning| (text(&warning["field"]), text(&warning["message"]))).collect();
    warn(warnings.iter().map(|(field, message)| (field.as_str(), message.as_str())));
    println!("{body}");
    Ok(())
}

/// Sends a document to a route for staff, compressed if that is how it is encoded.
pub(super) fn put(
    args: &PublishArgs,
    profile: &Profile,
    path: &str,
    document: &[u8],
    encoding: &str,
) -> Result<String, CliError> {
    let url = format!("{}{path}", profile.url());
    let token = match &args.staff_token {
        Some(token) => token.clone(),
        None => profile.staff_token().map_err(cli_error)?,
    };
    let authorization = format!("Bearer {token}");
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
        ("content-encoding", encoding),
    ];
    send("PUT", &url, &headers, document)?.expect_success()
}

fn packed(document: &[u8]) -> Result<Vec<u8>, CliError> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(document).map_err(cli_error)?;
    packed.finish().map_err(cli_error)
}

/// The document in the authoring format. A product in Shopify's format is converted: every variant
/// becomes a configuration at the variant's price.
fn authored(
    document: Vec<u8>,
    json: &Value,
    args: &PublishArgs,
    profile: &Profile,
) -> Result<Vec<u8>, CliError> {
    if json["product"].is_string() {
        return Ok(document);
    }
    let has_variants =
        [json, &json["product"], &json["data"]["product"]].map(|at| at.get("variants"));
    if has_variants.iter().all(Option::is_none) {
        return Err(CliError(format!("{} has no `product`", args.file)));
    }
    let code = match &args.currency {
        Some(code) => code,
        None => profile.expect_currency().map_err(cli_error)?,
    };
    let currency = ShopCurrency { code, decimals: decimals(code) };
    let product = Product::from_shopify(&document, currency)
        .map_err(|mistakes| invalid(&args.file, &mistakes))?;
    Ok(product.to_document().to_string().into_bytes())
}

/// Compiles and prints progress.
fn compiled(product: Product) -> Result<Compiled, Vec<Mistake>> {
    let clock = Clock::system();
    let mut reporter = ProgressReporter::at(clock.now(), std::io::stderr().is_terminal());
    let compiled = publishing::compile(product, &mut |progress| {
        if let Some(line) = reporter.line(progress, clock.now()) {
            eprint!("{line}");
        }
        true
    });
    if reporter.is_within_a_line() {
        eprintln!();
    }
    compiled
}

/// Prints warnings.
fn warn<'a>(warnings: impl ExactSizeIterator<Item = (&'a str, &'a str)>) {
    let more = warnings.len().saturating_sub(PRINTED_MAX);
    for (field, message) in warnings.take(PRINTED_MAX) {
        eprintln!("warning: {field}: {message}");
    }
    if more > 0 {
        eprintln!("warning: and {more} more");
    }
}

pub(super) fn invalid(file: &str, mistakes: &[Mistake]) -> CliError {
    let mut message = format!("{file} can't be published");
    for mistake in mistakes.iter().take(PRINTED_MAX) {
        message.push_str(&format!("\n  {}: {}", mistake.field, mistake.message));
    }
    if mistakes.len() > PRINTED_MAX {
        message.push_str(&format!("\n  and {} more", mistakes.len() - PRINTED_MAX));
    }
    CliError(message)
}

/// Reads a file, or standard input for `-`.
pub(super) fn read(file: &str) -> Result<Vec<u8>, CliError> {
    if file == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(cli_error)?;
        return Ok(bytes);
    }
    std::fs::read(file).map_err(|error| CliError(format!("{file}: {error}")))
}

fn unpacked(bytes: Vec<u8>) -> Result<Vec<u8>, CliError> {
    if !bytes.starts_with(&GZIP_MAGIC) {
        return Ok(bytes);
    }
    let mut document = Vec::new();
    let mut reader = GzDecoder::new(bytes.as_slice()).take(DOCUMENT_BYTES_MAX + 1);
    reader.read_to_end(&mut document).map_err(cli_error)?;
    if document.len() as u64 > DOCUMENT_BYTES_MAX {
        return Err(CliError(format!("a product takes at most {DOCUMENT_BYTES_MAX} bytes")));
    }
    Ok(document)
}

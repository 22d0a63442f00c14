//! `forecourt publish` of a product. It is compiled here first: what is wrong is told at once, and how
//! far a long compilation has come; the shop compiles it again, because it trusts nobody.

use std::io::{IsTerminal as _, Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use origin_domain::configurator::shopify::ShopCurrency;
use origin_domain::configurator::{Mistake, Product};
use origin_domain::loyalty::decimals;
use origin_functions::clock::Clock;
use origin_functions::publishing::{self, Compiled};
use serde_json::Value;

use super::args::PublishArgs;
use super::http::send;
use super::progress::Teller;
use super::{CliError, publish_program, told};

/// The first bytes of a gzip file (RFC 1952 section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Most bytes of a document unpacked: what the route takes.
const DOCUMENT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Most mistakes and warnings told; the rest are counted.
const TOLD_MAX: usize = 50;

pub(super) fn run(args: &PublishArgs) -> Result<(), CliError> {
    let document = unpacked(read(&args.file)?)?;
    let named: Value = serde_json::from_slice(&document)
        .map_err(|error| CliError(format!("{} is not JSON: {error}", args.file)))?;
    if publish_program::is_program(&named) {
        return publish_program::run(args, &document);
    }
    let document = authored(document, &named, args)?;
    let wrong = |mistakes: Vec<Mistake>| wrong(&args.file, &mistakes);
    let product = publishing::read(&document, None).map_err(wrong)?;
    let id = product.id().to_owned();
    let compiled = compiled(product).map_err(wrong)?;
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
    let body = put(args, &id, &document)?;
    let answer: Value = serde_json::from_str(&body).map_err(told)?;
    let warnings = answer["warnings"].as_array().into_iter().flatten();
    let text = |value: &'_ Value| value.as_str().unwrap_or_default().to_owned();
    let warnings: Vec<_> =
        warnings.map(|warning| (text(&warning["field"]), text(&warning["message"]))).collect();
    warn(warnings.iter().map(|(field, message)| (field.as_str(), message.as_str())));
    println!("{body}");
    Ok(())
}

fn put(args: &PublishArgs, product: &str, document: &[u8]) -> Result<String, CliError> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(document).map_err(told)?;
    let packed = packed.finish().map_err(told)?;
    let url = format!("{}/v1/admin/configurators/{product}", args.target.url);
    let authorization = format!("Bearer {}", args.staff_token);
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    send("PUT", &url, &headers, &packed)?.expect_success()
}

/// The document in the authoring format. A product as Shopify has it becomes one: every variant a
/// configuration, at the variant's price.
fn authored(document: Vec<u8>, named: &Value, args: &PublishArgs) -> Result<Vec<u8>, CliError> {
    if named["product"].is_string() {
        return Ok(document);
    }
    let has_variants =
        [named, &named["product"], &named["data"]["product"]].map(|at| at.get("variants"));
    if has_variants.iter().all(Option::is_none) {
        return Err(CliError(format!("{} names no `product`", args.file)));
    }
    let currency = ShopCurrency { code: &args.currency, decimals: decimals(&args.currency) };
    let product = Product::from_shopify(&document, currency)
        .map_err(|mistakes| wrong(&args.file, &mistakes))?;
    Ok(product.to_document().to_string().into_bytes())
}

/// Compiles, telling how far it has come.
fn compiled(product: Product) -> Result<Compiled, Vec<Mistake>> {
    let clock = Clock::system();
    let mut teller = Teller::at(clock.now(), std::io::stderr().is_terminal());
    let compiled = publishing::compile(product, &mut |progress| {
        if let Some(told) = teller.tell(progress, clock.now()) {
            eprint!("{told}");
        }
        true
    });
    if teller.is_within_a_line() {
        eprintln!();
    }
    compiled
}

/// Tells what was probably not meant.
fn warn<'a>(warnings: impl ExactSizeIterator<Item = (&'a str, &'a str)>) {
    let more = warnings.len().saturating_sub(TOLD_MAX);
    for (field, message) in warnings.take(TOLD_MAX) {
        eprintln!("warning: {field}: {message}");
    }
    if more > 0 {
        eprintln!("warning: and {more} more");
    }
}

pub(super) fn wrong(file: &str, mistakes: &[Mistake]) -> CliError {
    let mut told = format!("{file} can't be published");
    for Mistake { field, message } in mistakes.iter().take(TOLD_MAX) {
        told.push_str(&format!("\n  {field}: {message}"));
    }
    if mistakes.len() > TOLD_MAX {
        told.push_str(&format!("\n  and {} more", mistakes.len() - TOLD_MAX));
    }
    CliError(told)
}

/// A file's bytes, or standard input's.
pub(super) fn read(file: &str) -> Result<Vec<u8>, CliError> {
    if file == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(told)?;
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
    reader.read_to_end(&mut document).map_err(told)?;
    if document.len() as u64 > DOCUMENT_BYTES_MAX {
        return Err(CliError(format!("a product takes at most {DOCUMENT_BYTES_MAX} bytes")));
    }
    Ok(document)
}

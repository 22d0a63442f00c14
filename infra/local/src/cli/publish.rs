//! `forecourt publish` of a product. It is compiled here first to print mistakes and progress at
//! once; the shop compiles it again, because it does not trust its clients.

use std::io::{IsTerminal as _, Read as _, Write as _};

use domain_configurator::Product;
use domain_core::authoring::Mistake;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use origin_functions::http::publishing;
use origin_functions::http::publishing::Compiled;
use origin_functions::runtime::clock::Clock;
use serde_json::Value;

use super::args::PublishArgs;
use super::http::Reply;
use super::progress::ProgressReporter;
use super::staff::Staff;
use super::{CliError, cli_error, publish_program, publish_shopify};
use crate::profile::Profile;

/// The first bytes of a gzip file (RFC 1952 section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// UTF-8's.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// Most bytes of an unpacked document: the limit of the route.
const DOCUMENT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Most mistakes and warnings printed; the rest are counted.
const PRINTED_MAX: usize = 50;

pub(super) fn run(args: &PublishArgs, profile: &Profile) -> Result<(), CliError> {
    let document = unpacked(read(&args.file)?)?;
    // Files of Windows begin with a byte order mark.
    let document = document.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&document);
    let json: Value = serde_json::from_slice(document)
        .map_err(|error| CliError(format!("{} is not JSON: {error}", args.file)))?;
    if publish_program::is_program(&json) {
        return publish_program::run(args, profile, document);
    }
    if json["product"].is_string() {
        return publish(document, args, profile)?.map_or(Ok(()), published);
    }
    publish_shopify::run(args, profile, document, &json)
}

/// Checks a document in the authoring format, and publishes it unless this is a dry run: the shop's
/// reply.
pub(super) fn publish(
    document: &[u8],
    args: &PublishArgs,
    profile: &Profile,
) -> Result<Option<Reply>, CliError> {
    let invalid = |mistakes: Vec<Mistake>| invalid(&args.file, &mistakes);
    let product = publishing::read(document, None).map_err(invalid)?;
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
        return Ok(None);
    }
    drop(compiled);
    let staff = Staff { profile, token: args.staff_token.as_deref() };
    staff.put(&path_of(&id), &packed(document)?, "gzip").map(Some)
}

/// Prints what the shop replied to a publication.
pub(super) fn published(reply: Reply) -> Result<(), CliError> {
    let body = reply.expect_success()?;
    let answer: Value = serde_json::from_str(&body).map_err(cli_error)?;
    let warnings = answer["warnings"].as_array().into_iter().flatten();
    let text = |value: &'_ Value| value.as_str().unwrap_or_default().to_owned();
    let warnings: Vec<_> =
        warnings.map(|warning| (text(&warning["field"]), text(&warning["message"]))).collect();
    warn(warnings.iter().map(|(field, message)| (field.as_str(), message.as_str())));
    println!("{body}");
    Ok(())
}

/// The route of a product.
pub(super) fn path_of(product: &str) -> String {
    format!("/v1/admin/configurators/{product}")
}

fn packed(document: &[u8]) -> Result<Vec<u8>, CliError> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(document).map_err(cli_error)?;
    packed.finish().map_err(cli_error)
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

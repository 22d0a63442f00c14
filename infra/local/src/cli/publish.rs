//! `forecourt publish`.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::args::PublishArgs;
use super::http::send;
use super::{CliError, told};

/// The first bytes of a gzip file (RFC 1952 section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Most bytes of a document unpacked: what the route takes.
const DOCUMENT_BYTES_MAX: u64 = 64 * 1024 * 1024;

pub(super) fn run(args: &PublishArgs) -> Result<(), CliError> {
    let document = unpacked(read(&args.file)?)?;
    let named: serde_json::Value = serde_json::from_slice(&document)
        .map_err(|error| CliError(format!("{} is not JSON: {error}", args.file)))?;
    let product = named["product"]
        .as_str()
        .ok_or_else(|| CliError(format!("{} names no `product`", args.file)))?;
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&document).map_err(told)?;
    let packed = packed.finish().map_err(told)?;
    let url = format!("{}/v1/admin/configurators/{product}", args.target.url);
    let authorization = format!("Bearer {}", args.staff_token);
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    println!("{}", send("PUT", &url, &headers, &packed)?.expect_success()?);
    Ok(())
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

//! `forecourt edge`: the local CloudFront before any origin, without our edge functions.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use edge_emulator::{Builder, Certificate, Distribution, Emulator, HttpOrigin};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::access_log::{self, LogWriter};
use super::args::EdgeArgs;
use super::{CliError, cli_error};

/// The names of this machine that a certificate made at start-up is valid for.
const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

pub(super) fn run(args: &EdgeArgs) -> Result<(), CliError> {
    let (builder, writer) = with_log(builder(args)?, args)?;
    let certificate = certificate(args)?;
    let builder = if certificate.is_some() { builder } else { builder.local_http() };
    let emulator = builder.build().map_err(cli_error)?;
    let runtime = tokio::runtime::Runtime::new().map_err(cli_error)?;
    runtime.block_on(serve(emulator, certificate, args))?;
    // Ends what still writes lines.
    drop(runtime);
    if let Some(writer) = writer {
        writer.finish();
    }
    Ok(())
}

fn builder(args: &EdgeArgs) -> Result<Builder, CliError> {
    let json = read(&args.distribution)?;
    let path = args.distribution.display();
    let distribution =
        Distribution::parse(&json).map_err(|error| CliError(format!("{path}: {error}")))?;
    let origins: Vec<_> =
        distribution.origins().map(|(id, timeouts)| (id.to_owned(), timeouts)).collect();
    let mut builder = Emulator::builder(distribution).without_functions().pops(args.pops.into());
    for (id, timeouts) in origins {
        let origin = HttpOrigin::new(&args.origin, timeouts).map_err(cli_error)?;
        builder = builder.origin(&id, Arc::new(origin));
    }
    Ok(builder)
}

fn with_log(builder: Builder, args: &EdgeArgs) -> Result<(Builder, Option<LogWriter>), CliError> {
    let Some(path) = &args.access_log else { return Ok((builder, None)) };
    let (queue, writer) =
        access_log::open(path).map_err(|error| CliError(format!("{}: {error}", path.display())))?;
    Ok((builder.access_log(Arc::new(queue)), Some(writer)))
}

fn certificate(args: &EdgeArgs) -> Result<Option<Certificate>, CliError> {
    let certificate = match (&args.certificate, &args.key) {
        (Some(chain), Some(key)) => Certificate::from_pem(&read(chain)?, &read(key)?),
        _ if args.tls => Certificate::self_signed(&LOCAL_NAMES),
        _ => return Ok(None),
    };
    certificate.map(Some).map_err(cli_error)
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    std::fs::read(path).map_err(|error| CliError(format!("{}: {error}", path.display())))
}

async fn serve(
    emulator: Emulator,
    certificate: Option<Certificate>,
    args: &EdgeArgs,
) -> Result<(), CliError> {
    let mut serving = JoinSet::new();
    for (location, number) in emulator.locations().zip(0..) {
        let listener = listen(address(args.listen, number)?).await?;
        greet(args, certificate.is_some(), listener.local_addr().map_err(cli_error)?);
        serving.spawn(serve_at(location, listener, certificate.clone()));
    }
    while serving.join_next().await.is_some() {}
    Ok(())
}

/// Where the location of this number listens, counted from zero: a port of its own.
fn address(first: SocketAddr, number: u16) -> Result<SocketAddr, CliError> {
    let port = match first.port() {
        0 => Some(0),
        port => port.checked_add(number),
    };
    let port = port.ok_or_else(|| CliError(format!("no port is left after {first} (--pops)")))?;
    Ok(SocketAddr::new(first.ip(), port))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, CliError> {
    let cannot = |error| CliError(format!("can't listen on {address}: {error}"));
    TcpListener::bind(address).await.map_err(cannot)
}

fn greet(args: &EdgeArgs, has_tls: bool, address: SocketAddr) {
    let scheme = if has_tls { "https" } else { "http" };
    let path = args.distribution.display();
    let greeting = format!("the edge of {path} before {} at {scheme}://{address}", args.origin);
    match args.access_log.as_deref() {
        // Standard output is the log's.
        Some(log) if log == Path::new("-") => eprintln!("{greeting}"),
        _ => println!("{greeting}"),
    }
}

async fn serve_at(location: Emulator, listener: TcpListener, certificate: Option<Certificate>) {
    let stopped = async {
        // Without a signal handler, Ctrl-C ends the process without a graceful stop.
        let _ = tokio::signal::ctrl_c().await;
    };
    match certificate {
        Some(certificate) => location.serve_tls(listener, &certificate, stopped).await,
        None => location.serve(listener, stopped).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_location_has_a_port_of_its_own() {
        let first = "127.0.0.1:8081".parse().unwrap();
        assert_eq!(address(first, 2).unwrap(), "127.0.0.1:8083".parse().unwrap());
        let any = "127.0.0.1:0".parse().unwrap();
        assert_eq!(address(any, 2).unwrap(), any);
        let error = address("127.0.0.1:65535".parse().unwrap(), 1).unwrap_err();
        assert_eq!(error.0, "no port is left after 127.0.0.1:65535 (--pops)");
    }
}

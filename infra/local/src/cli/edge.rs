//! `forecourt edge`: the local CloudFront before any origin, without our edge functions.

use std::sync::Arc;

use edge_emulator::{Distribution, Emulator, HttpOrigin};

use super::args::EdgeArgs;
use super::{CliError, cli_error};

pub(super) fn run(args: &EdgeArgs) -> Result<(), CliError> {
    let runtime = tokio::runtime::Runtime::new().map_err(cli_error)?;
    runtime.block_on(serve(args))
}

async fn serve(args: &EdgeArgs) -> Result<(), CliError> {
    let path = args.distribution.display();
    let json =
        std::fs::read(&args.distribution).map_err(|error| CliError(format!("{path}: {error}")))?;
    let distribution =
        Distribution::parse(&json).map_err(|error| CliError(format!("{path}: {error}")))?;
    let origins: Vec<_> =
        distribution.origins().map(|(id, timeouts)| (id.to_owned(), timeouts)).collect();
    let mut builder = Emulator::builder(distribution).local_http().without_functions();
    for (id, timeouts) in origins {
        let origin = HttpOrigin::new(&args.origin, timeouts).map_err(cli_error)?;
        builder = builder.origin(&id, Arc::new(origin));
    }
    let emulator = builder.build().map_err(cli_error)?;
    let listener = tokio::net::TcpListener::bind(args.listen)
        .await
        .map_err(|error| CliError(format!("can't listen on {}: {error}", args.listen)))?;
    println!("the edge of {path} before {} at http://{}", args.origin, args.listen);
    let stopped = async {
        // Without a signal handler, Ctrl-C ends the process without a graceful stop.
        let _ = tokio::signal::ctrl_c().await;
    };
    emulator.serve(listener, stopped).await;
    Ok(())
}

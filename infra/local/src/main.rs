//! `forecourt`: the whole shop on one machine, and the tools around it.

use std::process::ExitCode;

use clap::Parser as _;
use infra_local::cli::{Cli, run};

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("forecourt: {error}");
            ExitCode::FAILURE
        }
    }
}

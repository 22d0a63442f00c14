//! `forecourt cost`.

use infra_cost::{BUILT_IN, ExchangeRate, PriceFile, Profile, estimate};

use super::args::CostArgs;
use super::publish::read;
use super::{CliError, cli_error, json_line};

pub(super) fn run(args: &CostArgs) -> Result<(), CliError> {
    let text = profile(&args.profile)?;
    let profile = Profile::parse(&args.profile, &text).map_err(cli_error)?;
    if args.show {
        println!("{}", text.trim_end());
        return Ok(());
    }
    let prices = match &args.prices {
        Some(file) => PriceFile::parse(file, &document(file)?).map_err(cli_error)?,
        None => PriceFile::built_in(),
    };
    let rate = args.inr.as_deref().map(ExchangeRate::parse).transpose().map_err(cli_error)?;
    let estimate = estimate(&profile, &prices, rate).map_err(cli_error)?;
    if args.json {
        println!("{}", json_line(&estimate));
    } else {
        print!("{estimate}");
    }
    Ok(())
}

/// A built-in profile by its name, or a file.
fn profile(name: &str) -> Result<String, CliError> {
    if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
        return Ok((*text).to_owned());
    }
    let names = BUILT_IN.map(|(name, _)| name).join(", ");
    document(name).map_err(|CliError(error)| {
        CliError(format!("{error}; name a profile's file, or one of {names}"))
    })
}

fn document(file: &str) -> Result<String, CliError> {
    String::from_utf8(read(file)?).map_err(|error| CliError(format!("{file}: {error}")))
}

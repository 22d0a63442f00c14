//! `forecourt replay`.

use super::args::ReplayArgs;
use super::json_line;
use super::{CliError, orders};
use crate::admin::{ReplayRequest, with_client};
use crate::profile::Profile;

pub(super) fn run(args: &ReplayArgs, profile: &Profile) -> Result<(), CliError> {
    let request = ReplayRequest {
        name: args.name.clone(),
        from_s: args.from,
        to_s: args.to,
        rule: args.rule.clone(),
        fresh: args.fresh,
    };
    let replayed =
        with_client(&args.data, orders(profile)?, async |client| client.replay(&request).await)
            .map_err(CliError)?;
    if args.json {
        println!("{}", json_line(&replayed));
    } else {
        let when = if replayed.is_served { "now" } else { "when Forecourt starts" };
        println!("{}: {} to be delivered {when}", replayed.name, replayed.deliveries);
    }
    Ok(())
}

//! `forecourt replay`.

use super::CliError;
use super::args::ReplayArgs;
use super::json_line;
use crate::admin::{AdminRequest, ReplayRequest, Report, execute};

pub(super) fn run(args: &ReplayArgs) -> Result<(), CliError> {
    let request = AdminRequest::Replay(ReplayRequest {
        name: args.name.clone(),
        from_s: args.from,
        to_s: args.to,
        rule: args.rule.clone(),
        fresh: args.fresh,
    });
    execute(&args.data, request, |report| {
        let Report::Replayed(replayed) = report else { return };
        if args.json {
            println!("{}", json_line(&replayed));
            return;
        }
        let when = if replayed.is_served { "now" } else { "when Forecourt starts" };
        println!("{}: {} to be delivered {when}", replayed.name, replayed.deliveries);
    })
    .map_err(CliError)
}

//! `forecourt replay`.

use super::CliError;
use super::args::ReplayArgs;
use super::json_line;
use crate::upkeep::{Order, ReplayOrder, Report, carry_out};

pub(super) fn run(args: &ReplayArgs) -> Result<(), CliError> {
    let order = Order::Replay(ReplayOrder {
        name: args.name.clone(),
        from_s: args.from,
        to_s: args.to,
        rule: args.rule.clone(),
        fresh: args.fresh,
    });
    carry_out(&args.data, order, |report| {
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

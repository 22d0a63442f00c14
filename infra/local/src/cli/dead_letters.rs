//! `forecourt dead-letters list` and `redrive`.

use super::CliError;
use super::args::{DeadLettersCommand, ListArgs, RedriveArgs};
use super::json_line;
use crate::upkeep::{Letter, Order, Redriven, Report, Which, carry_out};

/// What a command that came too late says as its reason.
const TOO_LATE: &str = "too-late";

pub(super) fn run(command: &DeadLettersCommand) -> Result<(), CliError> {
    match command {
        DeadLettersCommand::List(args) => list(args),
        DeadLettersCommand::Redrive(args) => redrive(args),
    }
}

fn list(args: &ListArgs) -> Result<(), CliError> {
    let (mut letters, mut is_any_late) = (0_u64, false);
    let order = Order::List { queue: args.queue.clone() };
    carry_out(&args.data, order, |report| {
        let Report::Letter(letter) = report else { return };
        letters += 1;
        is_any_late |= letter.reason.contains(TOO_LATE);
        if args.json {
            println!("{}", json_line(&letter));
        } else {
            show(&letter);
        }
    })
    .map_err(CliError)?;
    if args.json {
        return Ok(());
    }
    if letters == 0 {
        println!("no dead letters");
        return Ok(());
    }
    println!("\n{letters} in all; `forecourt dead-letters redrive` delivers them again");
    if is_any_late {
        println!("  with --as-new, commands that came too late get a new time");
    }
    Ok(())
}

/// Two lines a letter: which and what, then why.
fn show(letter: &Letter) {
    #[derive(serde::Deserialize)]
    struct Named {
        id: String,
        #[serde(rename = "detail-type")]
        detail_type: String,
    }
    let named = serde_json::from_str::<Named>(letter.event.get());
    let (event, what) = named.map_or_else(
        |_| (String::new(), "unreadable".to_owned()),
        |named| (named.id, named.detail_type),
    );
    let Letter { id, queue, reason, attempts, died_at, .. } = letter;
    let times = if *attempts == 1 { "attempt" } else { "attempts" };
    println!("{id:>6}  {queue}  {what}  {event}\n        {reason}");
    println!("        given up {died_at} after {attempts} {times}");
}

fn redrive(args: &RedriveArgs) -> Result<(), CliError> {
    let which = match (&args.queue, args.id.as_slice()) {
        (Some(queue), _) => Which::Queue(queue.clone()),
        (None, []) => Which::All,
        (None, ids) => Which::Ids(ids.to_vec()),
    };
    let mut redriven = Redriven::default();
    carry_out(&args.data, Order::Redrive { which, as_new: args.as_new }, |report| {
        if let Report::Redriven(done) = report {
            redriven = done;
        }
    })
    .map_err(CliError)?;
    if args.json {
        println!("{}", json_line(&redriven));
    } else {
        println!("{} redriven, {} issued anew", redriven.redriven, redriven.issued_anew);
    }
    if redriven.refused.is_empty() {
        return Ok(());
    }
    let refused: Vec<_> =
        redriven.refused.iter().map(|one| format!("{}: {}", one.id, one.reason)).collect();
    Err(CliError(format!("left where they are:\n  {}", refused.join("\n  "))))
}

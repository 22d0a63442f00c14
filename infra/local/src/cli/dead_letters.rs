//! `forecourt dead-letters list` and `redrive`.

use super::args::{DeadLettersCommand, ListArgs, RedriveArgs};
use super::json_line;
use super::{CliError, orders};
use crate::admin::{DeadLetter, RedriveRequest, Selector, with_client};
use crate::profile::Profile;

/// The reason of a command that came too late.
const TOO_LATE: &str = "too-late";

pub(super) fn run(command: &DeadLettersCommand, profile: &Profile) -> Result<(), CliError> {
    match command {
        DeadLettersCommand::List(args) => list(args, profile),
        DeadLettersCommand::Redrive(args) => redrive(args, profile),
    }
}

fn list(args: &ListArgs, profile: &Profile) -> Result<(), CliError> {
    let (mut letters, mut is_any_late) = (0_u64, false);
    let on_letter = |letter: DeadLetter| {
        letters += 1;
        is_any_late |= letter.reason.contains(TOO_LATE);
        if args.json {
            println!("{}", json_line(&letter));
        } else {
            show(&letter);
        }
    };
    let queue = args.queue.as_deref();
    with_client(&args.data, orders(profile)?, async |client| {
        client.dead_letters(queue, on_letter).await
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

/// Prints a dead letter: its id, queue and type, then its reason.
fn show(letter: &DeadLetter) {
    #[derive(serde::Deserialize)]
    struct EventHeader {
        id: String,
        #[serde(rename = "detail-type")]
        detail_type: String,
    }
    let header = serde_json::from_str::<EventHeader>(letter.event.get());
    let (event, detail_type) = header.map_or_else(
        |_| (String::new(), "unreadable".to_owned()),
        |header| (header.id, header.detail_type),
    );
    let DeadLetter { id, queue, reason, attempts, died_at, .. } = letter;
    let times = if *attempts == 1 { "attempt" } else { "attempts" };
    println!("{id:>6}  {queue}  {detail_type}  {event}\n        {reason}");
    println!("        given up {died_at} after {attempts} {times}");
}

fn redrive(args: &RedriveArgs, profile: &Profile) -> Result<(), CliError> {
    let selector = match (&args.queue, args.id.as_slice()) {
        (Some(queue), _) => Selector::Queue(queue.clone()),
        (None, []) => Selector::All,
        (None, ids) => Selector::Ids(ids.to_vec()),
    };
    let request = RedriveRequest { selector, as_new: args.as_new };
    let redriven =
        with_client(&args.data, orders(profile)?, async |client| client.redrive(&request).await)
            .map_err(CliError)?;
    if args.json {
        println!("{}", json_line(&redriven));
    } else {
        println!("{} redriven, {} reissued", redriven.redriven, redriven.reissued);
    }
    if redriven.rejections.is_empty() {
        return Ok(());
    }
    let rejections: Vec<_> =
        redriven.rejections.iter().map(|one| format!("{}: {}", one.id, one.reason)).collect();
    Err(CliError(format!("not redriven:\n  {}", rejections.join("\n  "))))
}

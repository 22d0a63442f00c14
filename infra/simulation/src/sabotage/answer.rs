//! Answers made wrongly.

use std::collections::BTreeSet;

use origin_domain::bookmark::Bookmark;
use origin_domain::cart::{Answer, CartRead, MergedInto, answer};
use origin_domain::time::Time;

use crate::bug::Bug;

/// What a client sees, perhaps wrongly.
pub(crate) fn answered(
    read: &CartRead,
    bookmark: &Bookmark,
    now: Time,
    bug: Option<Bug>,
) -> Result<Answer, MergedInto> {
    if bug == Some(Bug::MergeUntold)
        && read.item.as_ref().is_some_and(|it| it.merged_into.is_some())
    {
        return answer(&CartRead { item: None, ..read.clone() }, bookmark, now);
    }
    let right = answer(read, bookmark, now)?;
    Ok(match bug {
        Some(Bug::PendingOnTop) => pending_on_top(read, right, now),
        Some(Bug::ResetUntold) => Answer { reset: false, ..right },
        Some(Bug::PendingLostAtReset) if right.reset => {
            let forgotten = Bookmark { pending: BTreeSet::new(), ..bookmark.clone() };
            Answer { reset: true, ..answer(read, &forgotten, now)? }
        }
        _ => right,
    })
}

/// The right answer but for its contents.
fn pending_on_top(read: &CartRead, mut answer: Answer, now: Time) -> Answer {
    if let Some(item) = read.item.as_deref().filter(|item| item.is_present_at(now)) {
        let mut contents = item.fold([]);
        for place in &answer.bookmark.pending {
            let commands = read.records.iter().map(|record| &record.command);
            commands.filter(|command| command.place() == *place).for_each(|command| {
                contents.run(command);
            });
        }
        answer.contents = contents;
    }
    answer
}

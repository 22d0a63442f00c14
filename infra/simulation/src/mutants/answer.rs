//! Mutants of the answer.

use std::collections::BTreeSet;

use domain_cart::CartItem;
use domain_core::bookmark::Bookmark;
use domain_core::resource::{Answer, MergedInto, Read, Resource as _};
use domain_core::time::Time;

use crate::mutant::Mutant;

/// The answer to a client, or a mutant's.
pub(crate) fn mutant_answer(
    read: &Read<CartItem>,
    bookmark: &Bookmark,
    now: Time,
    mutant: Option<Mutant>,
) -> Result<Answer<CartItem>, MergedInto> {
    if mutant == Some(Mutant::MergeUntold)
        && read.item.as_ref().is_some_and(|it| it.merged_into.is_some())
    {
        return Read { item: None, ..read.clone() }.answer(bookmark, now);
    }
    let right = read.answer(bookmark, now)?;
    Ok(match mutant {
        Some(Mutant::PendingOnTop) => pending_on_top(read, right, now),
        Some(Mutant::ResetUntold) => Answer { reset: false, ..right },
        Some(Mutant::PendingLostAtReset) if right.reset => {
            let without_pending = Bookmark { pending: BTreeSet::new(), ..bookmark.clone() };
            Answer { reset: true, ..read.answer(&without_pending, now)? }
        }
        _ => right,
    })
}

/// The right answer with wrong contents.
fn pending_on_top(
    read: &Read<CartItem>,
    mut answer: Answer<CartItem>,
    now: Time,
) -> Answer<CartItem> {
    if let Some(item) = read.item.as_deref().filter(|item| item.is_present_at(now)) {
        let mut contents = item.fold(&[]);
        for place in &answer.bookmark.pending {
            let commands = read.records.iter().map(|record| &record.event.command);
            commands.filter(|command| command.place() == *place).for_each(|command| {
                contents.run(command);
            });
        }
        answer.view = contents;
    }
    answer
}

//! Resources: what a cart and a loyalty account have in common. A resource is read through caches
//! and changed by commands that a queue carries, and still its client never sees its own data going
//! backwards. The rules are in `docs/PROTOCOL.md`; here is the one place that keeps them.
//!
//! ```text
//! command ─► Commands::accept: read, check, record, publish ─► 202: Answer with the command pending
//! event   ─► the resource's consumer absorbs it into the item
//! read    ─► Reader::read: item and pending records ─► Read::answer: fold both together ─► Answer
//! ```
//!
//! A new resource is a type that implements [`Resource`], its stored form, and the event of its
//! commands, which implements [`CommandEvent`]. It states its own rules in three places: the fold,
//! the check that [`Commands::accept`] runs, and its consumer.
//!
//! | type | what it is |
//! |---|---|
//! | [`Resource`] | the stored form, and the fold of a client's pending commands into a view |
//! | [`CommandEvent`] | one command and the resource it was sent to |
//! | [`CommandRecord`], [`CommandLog`] | what makes a retry the same command |
//! | [`Source`] | the table: items and records |
//! | [`Reader`], [`Read`] | what a cache in front of it obtains for a bookmark |
//! | [`Answer`] | the view of one client, with its next bookmark |
//! | [`Commands`], [`CommandRequest`], [`Draft`] | from a request to an acknowledged command |

mod accept;
mod item;
mod read;
mod record;

pub use accept::{Acceptance, CommandRequest, Commands, Draft, Rejection};
pub use item::{CommandEvent, Resource};
pub use read::{Answer, MergedInto, Read, Reader, Source};
pub use record::{CommandLog, CommandRecord};

//! The cart: the result of running its commands in (time, id) order. The order and number of
//! deliveries do not matter.
//!
//! ```text
//! add     ─► offer: the item at today's price, before the request is accepted
//! request ─► accept: read, check limits, stamp, record, publish ─► 202, answer
//! event   ─► absorb: read item, apply, conditional write         (repetitions change nothing)
//! read    ─► answer: fold(item's commands and the client's pending ones, together)
//! merge   ─► accept_merge: record, publish, absorb: both items in one transaction ─► 202, answer
//! buy     ─► hand_over: every line against today's products; an order comes back as a command
//! ```

mod absorb;
mod accept;
mod accept_merge;
mod checkout;
mod command;
mod contents;
mod erasing;
mod item;
mod limits;
mod line;
mod merge;
mod offering;
mod order;
mod owner;
mod ports;
mod reissue;
mod resource;
mod sold_by;

pub use absorb::{Absorbed, CartEvent, absorb};
pub use accept::{CartRejection, RequestedAction, accept};
pub use accept_merge::{MergeRequest, merge};
pub use checkout::{HandOver, Item, LineProblem, Problem, hand_over};
pub use command::{Action, ActionKind, CartCommand};
pub use contents::Contents;
pub use item::{
    Applied, Base, CartItem, FOLD_WINDOW_MS, IDLE_MS_MAX, ITEM_TTL_MS, apply, apply_of,
};
pub use limits::{
    COMMANDS_MAX, ENCODED_BYTES_MAX, LINES_MAX, Limit, PROPERTIES_MAX, PROPERTY_BYTES_MAX,
    QUANTITY_MAX,
};
pub use line::{LINE_PROPERTY, Line, LineId, Offer};
pub use merge::{Both, Guest, Merge, Merged, MergedItems};
pub use offering::{Addition, NotSold, offer};
pub use order::{ORDER_TOPICS, Order};
pub use owner::{cart_of, is_guests};
pub use ports::{CartChange, CartWriter};
pub use reissue::{Reissue, reissue};
pub use sold_by::SoldBy;

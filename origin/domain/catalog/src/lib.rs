//! Published products, their variants, and the selections that shoppers save.

mod product;
mod selections;

pub use product::{
    Catalog, EdgeCache, InStock, PublicContent, Publication, Published, PublishedEvent,
    TakenVariant,
};
pub use selections::{SELECTION_RETENTION_MS, SavedSelection, SavedSelections};

//! Published products, their variants, and the selections that shoppers save.

mod product;
mod publishing;
mod selections;

pub use product::{
    Catalog, EdgeCache, InStock, PublicContent, Publication, Published, PublishedEvent,
    TakenVariant,
};
pub use publishing::{
    Activation, ActivationChange, ActiveVersion, CLAIMS_AT_ONCE_MAX, CatalogStore, Claim,
    ClaimChange, Epoch, NewVersion, OldVersion, ProductVersion, VERSIONS_RETAINED_MAX, Withdrawal,
    activate, publish, withdraw,
};
pub use selections::{SELECTION_RETENTION_MS, SavedSelection, SavedSelections};

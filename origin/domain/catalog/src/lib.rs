//! Published products, their variants, and the selections that shoppers save.

mod product;
mod publishing;
mod selections;

pub use product::{
    Catalog, EdgeCache, InStock, PublicContent, Publication, Published, PublishedEvent,
    TakenVariant,
};
pub use publishing::{
    ANNOUNCED_AT_ONCE_MAX, Activation, ActivationChange, ActiveVersion, Announcement,
    CLAIMS_AT_ONCE_MAX, CatalogStore, Claim, ClaimChange, Epoch, NewVersion, OldVersion, Outbox,
    ProductVersion, VERSIONS_RETAINED_MAX, Withdrawal, activate, announce, publish, withdraw,
};
pub use selections::{SELECTION_RETENTION_MS, SavedSelection, SavedSelections};

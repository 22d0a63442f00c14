//! The catalog behind this instance's cache. Read strongly and kept 5 s from the start of the load,
//! so that five seconds after a publication no instance gives the edge what it replaced.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use cache::{Bounds, ReadThrough, Versioned};
use origin_adapters::{DynamoCatalog, NewVersion, StoredProduct};
use origin_domain::catalog::{Catalog, Publication, Published};
use origin_domain::configurator::{Configurator, Limits, Product};
use origin_domain::port::{Consistency, PortError};
use tokio::task::spawn_blocking;

use crate::clock::Clock;
use crate::timing::span;

/// How long an answer may be old; the invalidation of the edge waits as long.
pub const TTL: Duration = Duration::from_secs(5);
/// How long a compiled version may wait for its next use. It never changes.
const COMPILED_TTL: Duration = Duration::from_secs(24 * 3_600);
/// Most pointers and variants kept.
const ENTRIES_MAX: u64 = 100_000;
/// Most compiled versions kept.
const COMPILED_MAX: u64 = 1_000;

/// The catalog of one instance.
#[derive(Clone)]
pub struct CachedCatalog {
    source: DynamoCatalog,
    pointers: Arc<ReadThrough<String, Pointer, PortError>>,
    variants: Arc<ReadThrough<String, Seller, PortError>>,
    compiled: Arc<ReadThrough<(String, u64), Compiled, PortError>>,
}

/// Which version of a product is served, if any.
struct Pointer(Option<u64>);

/// Which product sells a variant.
struct Seller(Option<String>);

/// A version, ready to answer.
struct Compiled(Option<Arc<Published>>);

impl Versioned for Pointer {
    fn version(&self) -> u64 {
        self.0.unwrap_or(0)
    }
}

impl Versioned for Seller {
    fn version(&self) -> u64 {
        0
    }
}

impl Versioned for Compiled {
    fn version(&self) -> u64 {
        0
    }
}

// === impl CachedCatalog ===

impl CachedCatalog {
    /// The products of `source`, kept by this instance.
    #[must_use]
    pub fn new(source: DynamoCatalog, clock: &Clock) -> Self {
        let bounds = Bounds { weight_max: ENTRIES_MAX, ttl: TTL };
        let compiled = Bounds { weight_max: COMPILED_MAX, ttl: COMPILED_TTL };
        let clocks = [clock.clone(), clock.clone(), clock.clone()];
        let [first, second, third] = clocks.map(|clock| move || clock.now().0);
        Self {
            source,
            pointers: Arc::new(ReadThrough::new(bounds, first)),
            variants: Arc::new(ReadThrough::new(bounds, second)),
            compiled: Arc::new(ReadThrough::new(compiled, third)),
        }
    }

    /// The served version as published, for its author.
    ///
    /// # Errors
    /// The port's.
    pub async fn document(&self, product: &str) -> Result<Option<StoredProduct>, PortError> {
        self.source.current(product, Consistency::Strong).await
    }

    /// Publishes and activates; see [`DynamoCatalog::publish`].
    ///
    /// # Errors
    /// The port's.
    pub async fn publish(&self, new: &NewVersion<'_>) -> Result<Publication, PortError> {
        let publication = self.source.publish(new, variants_sold).await?;
        self.pointers.invalidate(&new.product.to_owned()).await;
        for variant in new.variant_ids {
            self.variants.invalidate(variant).await;
        }
        Ok(publication)
    }

    async fn pointer(&self, product: &str) -> Result<Pointer, PortError> {
        let current = self.source.current_version(product, Consistency::Strong);
        Ok(Pointer(span("table", current).await?.map(|current| current.version)))
    }

    async fn compile(&self, product: &str, version: u64) -> Result<Compiled, PortError> {
        let stored = span("document", self.source.version(product, version)).await?;
        let Some(stored) = stored else { return Ok(Compiled(None)) };
        let unreadable = || PortError::Corrupt(format!("product {product} does not compile"));
        let compile = move || {
            let document = Product::parse(&stored.document)?;
            Configurator::compile(document, &Limits::default())
        };
        // It may take seconds of work; other requests go on meanwhile.
        let compiled = spawn_blocking(compile).await.map_err(|_| unreadable())?;
        let configurator = Arc::new(compiled.map_err(|_| unreadable())?);
        Ok(Compiled(Some(Arc::new(Published { version, configurator }))))
    }
}

/// The variant ids a served document sells.
///
/// # Errors
/// A document that no release of ours published.
pub fn variants_sold(document: &[u8]) -> Result<BTreeSet<String>, PortError> {
    let unreadable = |_| PortError::Corrupt("a served product can't be read".to_owned());
    Ok(Product::parse(document)
        .map_err(unreadable)?
        .variants()
        .iter()
        .map(|variant| variant.variant_id.clone())
        .collect())
}

impl Catalog for CachedCatalog {
    async fn product(&self, product: &str) -> Result<Option<Arc<Published>>, PortError> {
        let name = product.to_owned();
        let pointer = self.pointers.get(&name, 0, |_| self.pointer(product)).await;
        let Some(version) = pointer.map_err(|error| (*error).clone())?.value.0 else {
            return Ok(None);
        };
        let key = (name, version);
        let compiled = self.compiled.get(&key, 0, |_| self.compile(product, version)).await;
        Ok(compiled.map_err(|error| (*error).clone())?.value.0.clone())
    }

    async fn product_of_variant(&self, variant_id: &str) -> Result<Option<String>, PortError> {
        let load = |_| async {
            span("table", self.source.product_of_variant(variant_id)).await.map(Seller)
        };
        let obtained = self.variants.get(&variant_id.to_owned(), 0, load).await;
        Ok(obtained.map_err(|error| (*error).clone())?.value.0.clone())
    }
}

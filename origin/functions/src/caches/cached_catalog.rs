//! The catalog behind this instance's cache. Reads are strongly consistent and cached for 5 s from
//! the start of the load, so that five seconds after a publication no instance gives the edge the
//! replaced version.

use std::sync::Arc;
use std::time::Duration;

use cache::{Bounds, ReadThrough, Versioned};
use domain_catalog::{
    Activation, ActiveVersion, Catalog, CatalogStore as _, NewVersion, ProductVersion, Publication,
    Published, Withdrawal,
};
use domain_configurator::Product;
use domain_core::event::Events;
use domain_core::port::{Consistency, PortError};
use domain_staff::StaffAct;
use origin_adapters::{CatalogRepository, ServedProduct, StoredProduct};
use tokio::task::spawn_blocking;

use crate::caches::packed::{ARTEFACT_BYTES_MAX, Unpacked, unpack};
use crate::http::publishing;
use crate::http::publishing::Compiled;
use crate::runtime::clock::Clock;
use crate::runtime::timing::span;

/// How old an answer may be; the invalidation of the edge waits as long.
pub const TTL: Duration = Duration::from_secs(5);
/// How long a compiled version stays cached without use. It never changes.
const COMPILED_TTL: Duration = Duration::from_secs(24 * 3_600);
/// Most cached pointers and variants.
const ENTRIES_MAX: u64 = 100_000;
/// Most bytes of artefacts whose compiled products are cached. In memory a product takes a few
/// times its artefact, and the smallest function that caches any has 512 MB.
const COMPILED_BYTES_MAX: u64 = 2 * ARTEFACT_BYTES_MAX as u64;
/// Most bytes of a packed artefact that is unpacked on the thread of its request: some tens of
/// microseconds.
const INLINE_BYTES_MAX: usize = 8 * 1024;

/// The catalog of one instance.
#[derive(Clone)]
pub struct CachedCatalog {
    source: CatalogRepository,
    pointers: Arc<ReadThrough<Pointer, PortError>>,
    variants: Arc<ReadThrough<Seller, PortError>>,
    compiled: Arc<ReadThrough<CachedProduct, PortError>>,
}

/// Which version of a product is served, if any, and how often that has changed.
struct Pointer {
    sequence: u64,
    version: Option<u64>,
}

/// Which product sells a variant.
struct Seller(Option<String>);

/// A compiled version, or the fact that it does not exist.
struct CachedProduct(Option<LoadedProduct>);

/// A version and its weight in the cache.
struct LoadedProduct {
    published: Arc<Published>,
    artefact_bytes: usize,
}

impl Versioned for Pointer {
    fn version(&self) -> u64 {
        self.sequence
    }
}

impl Versioned for Seller {
    fn version(&self) -> u64 {
        0
    }
}

impl Versioned for CachedProduct {
    fn version(&self) -> u64 {
        0
    }

    fn weight(&self) -> u32 {
        let bytes = self.0.as_ref().map_or(1, |loaded| loaded.artefact_bytes);
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}

// === impl CachedCatalog ===

impl CachedCatalog {
    /// The products of `source`, cached by this instance.
    #[must_use]
    pub fn new(source: CatalogRepository, clock: &Clock) -> Self {
        let bounds = Bounds { weight_max: ENTRIES_MAX, ttl: TTL };
        let compiled = Bounds { weight_max: COMPILED_BYTES_MAX, ttl: COMPILED_TTL };
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

    /// A page of the served products; see [`CatalogRepository::products`].
    ///
    /// # Errors
    /// The port's.
    pub async fn products(&self, before: Option<&str>) -> Result<Vec<ServedProduct>, PortError> {
        self.source.products(before).await
    }

    /// Publishes and activates; see [`domain_catalog::publish`].
    ///
    /// # Errors
    /// The port's.
    pub async fn publish(
        &self,
        new: &NewVersion<'_>,
        act: StaffAct,
    ) -> Result<Publication, PortError> {
        let publication = domain_catalog::publish(&self.source.on_behalf_of(act), new).await?;
        self.pointers.invalidate(new.product);
        for variant in new.variant_ids {
            self.variants.invalidate(variant);
        }
        Ok(publication)
    }

    /// Serves a stored version again; see [`domain_catalog::activate`].
    ///
    /// # Errors
    /// The port's.
    pub async fn activate(
        &self,
        activation: &Activation<'_>,
        act: StaffAct,
    ) -> Result<Option<Publication>, PortError> {
        let source = self.source.on_behalf_of(act);
        let activated = domain_catalog::activate(&source, activation).await?;
        self.pointers.invalidate(activation.product);
        Ok(activated)
    }

    /// Withdraws a product; see [`domain_catalog::withdraw`].
    ///
    /// # Errors
    /// The port's.
    pub async fn withdraw(
        &self,
        product: &str,
        expected: Option<u64>,
        act: StaffAct,
    ) -> Result<Option<Withdrawal>, PortError> {
        let source = self.source.on_behalf_of(act);
        let withdrawn = domain_catalog::withdraw(&source, product, expected).await?;
        self.pointers.invalidate(product);
        Ok(withdrawn)
    }

    /// Publishes the events of publications that wait; see [`domain_catalog::announce`].
    ///
    /// # Errors
    /// The port's.
    pub async fn announce(&self, events: &impl Events) -> Result<(), PortError> {
        domain_catalog::announce(&self.source, events).await
    }

    /// The active version of a product and the newest ones, newest first; `None` if it was never
    /// published.
    ///
    /// # Errors
    /// The port's.
    pub async fn versions(
        &self,
        product: &str,
    ) -> Result<Option<(ActiveVersion, Vec<ProductVersion>)>, PortError> {
        let Some(active) = self.source.active_version(product, Consistency::Strong).await? else {
            return Ok(None);
        };
        Ok(Some((active, self.source.versions(product).await?)))
    }

    async fn pointer(&self, product: &str) -> Result<Pointer, PortError> {
        let active =
            span("table", self.source.active_version(product, Consistency::Strong)).await?;
        Ok(active.map_or(Pointer { sequence: 0, version: None }, |active| Pointer {
            sequence: active.sequence,
            version: active.served().map(|version| version.version),
        }))
    }

    /// Loads the artefact of a version. Compiles its document if this release can't use the
    /// artefact: an older release stored none, a newer one uses another format, or storage damaged
    /// it.
    async fn load(&self, product: &str, version: u64) -> Result<CachedProduct, PortError> {
        match span("artefact", self.source.artefact(product, version)).await {
            Ok(Some(packed)) => {
                // It may be megabytes; other requests continue meanwhile. A small one takes less
                // time than another thread.
                let unpacked = if packed.len() <= INLINE_BYTES_MAX {
                    Ok(unpack(&packed))
                } else {
                    spawn_blocking(move || unpack(&packed)).await
                };
                match unpacked {
                    Ok(Ok(unpacked)) => return Ok(CachedProduct::of(version, unpacked)),
                    Ok(Err(error)) => {
                        tracing::warn!(product, version, %error, "can't use a stored artefact")
                    }
                    Err(error) => {
                        tracing::error!(product, version, %error, "can't unpack a stored artefact")
                    }
                }
            }
            Ok(None) => {}
            Err(error @ PortError::Unavailable(_)) => return Err(error),
            Err(error) => tracing::error!(product, version, %error, "a stored artefact is damaged"),
        }
        self.compile(product, version).await
    }

    async fn compile(&self, product: &str, version: u64) -> Result<CachedProduct, PortError> {
        let stored = span("document", self.source.version(product, version)).await?;
        let Some(stored) = stored else { return Ok(CachedProduct(None)) };
        let unreadable = || PortError::Corrupt(format!("product {product} does not compile"));
        let compile = move || {
            let compiled = publishing::compile(Product::parse(&stored.document)?, &mut |_| true)?;
            let Compiled { configurator, in_stock, .. } = compiled;
            let artefact_bytes = configurator.encode().len();
            Ok::<_, Vec<_>>(Unpacked { configurator, in_stock, artefact_bytes })
        };
        let compiled = spawn_blocking(compile).await.map_err(|_| unreadable())?;
        Ok(CachedProduct::of(version, compiled.map_err(|_| unreadable())?))
    }
}

// === impl CachedProduct ===

impl CachedProduct {
    fn of(version: u64, unpacked: Unpacked) -> Self {
        let Unpacked { configurator, in_stock, artefact_bytes } = unpacked;
        let configurator = Arc::new(configurator);
        let published = Arc::new(Published { version, configurator, in_stock });
        Self(Some(LoadedProduct { published, artefact_bytes }))
    }
}

impl Catalog for CachedCatalog {
    async fn product(&self, product: &str) -> Result<Option<Arc<Published>>, PortError> {
        let pointer = self.pointers.get(product, 0, |_| self.pointer(product)).await;
        let Some(version) = pointer.map_err(|error| (*error).clone())?.value.version else {
            return Ok(None);
        };
        let key = format!("{product}@{version}");
        let compiled = self.compiled.get(&key, 0, |_| self.load(product, version)).await;
        let compiled = compiled.map_err(|error| (*error).clone())?.value;
        Ok(compiled.0.as_ref().map(|loaded| Arc::clone(&loaded.published)))
    }

    async fn product_of_variant(&self, variant_id: &str) -> Result<Option<String>, PortError> {
        let load = |_| async {
            span("table", self.source.product_of_variant(variant_id)).await.map(Seller)
        };
        let loaded = self.variants.get(variant_id, 0, load).await;
        Ok(loaded.map_err(|error| (*error).clone())?.value.0.clone())
    }
}

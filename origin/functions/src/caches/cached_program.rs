//! The loyalty program behind this instance's cache.

use std::sync::Arc;
use std::time::Duration;

use cache::{Bounds, ReadThrough, Versioned};
use domain_core::port::{Consistency, PortError};
use domain_loyalty::{ProgramVersion, Programs};

use crate::runtime::clock::Clock;
use crate::runtime::timing::span;

/// There is one program, and this is its key.
const KEY: &str = "program";
/// One program, for as long as a public answer may be cached in an instance.
const BOUNDS: Bounds = Bounds { weight_max: 1, ttl: Duration::from_secs(5) };

/// The program of one instance.
#[derive(Clone)]
pub struct CachedProgram<P> {
    programs: P,
    cache: Arc<ReadThrough<InEffect, PortError>>,
    clock: Clock,
}

/// The program in effect, or the fact that no program is published.
struct InEffect(Option<Arc<ProgramVersion>>);

impl Versioned for InEffect {
    fn version(&self) -> u64 {
        self.0.as_ref().map_or(0, |active| active.activation)
    }
}

// === impl CachedProgram ===

impl<P: Programs> CachedProgram<P> {
    /// The program of `programs`, cached by this instance.
    #[must_use]
    pub fn new(programs: P, clock: &Clock) -> Self {
        let cache_clock = clock.clone();
        let cache = Arc::new(ReadThrough::new(BOUNDS, move || cache_clock.now().0));
        Self { programs, cache, clock: clock.clone() }
    }

    /// The program in effect now, if one is published.
    ///
    /// # Errors
    /// The port's.
    pub async fn in_effect(&self) -> Result<Option<Arc<ProgramVersion>>, PortError> {
        let now = self.clock.now();
        let load = |_| async move {
            let active = span("program", self.programs.in_effect(now, Consistency::Strong)).await?;
            Ok(InEffect(active.map(Arc::new)))
        };
        let loaded = self.cache.get(KEY, 0, load).await;
        Ok(loaded.map_err(|error| (*error).clone())?.value.0.clone())
    }
}

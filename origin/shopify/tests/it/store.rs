//! A store in memory, whose answers may be lost.

use std::sync::{Arc, Mutex};

use domain_core::port::{PortError, Written};
use fastrand::Rng;
use origin_shopify::{TokenItem, TokenStore};

use crate::Wait;

#[derive(Debug)]
struct State {
    item: Option<TokenItem>,
    rng: Rng,
    /// Percent of calls that fail before their effect, and as many after it.
    failing: u8,
}

/// The item of a shop, as all instances see it.
#[derive(Debug, Clone)]
pub(crate) struct Store(Arc<Mutex<State>>);

impl Store {
    pub(crate) fn new(seed: u64, failing: u8) -> Self {
        let rng = Rng::with_seed(seed);
        Self(Arc::new(Mutex::new(State { item: None, rng, failing })))
    }

    pub(crate) fn set_failing(&self, failing: u8) {
        self.0.lock().unwrap().failing = failing;
    }

    pub(crate) fn item(&self) -> Option<TokenItem> {
        self.0.lock().unwrap().item.clone()
    }

    fn fails(&self) -> Result<(), PortError> {
        let mut state = self.0.lock().unwrap();
        let failing = state.failing;
        if state.rng.u8(..100) < failing {
            return Err(PortError::Unavailable("no answer".to_owned()));
        }
        Ok(())
    }
}

impl TokenStore for Store {
    async fn load(&self) -> Result<Option<TokenItem>, PortError> {
        Wait::default().await;
        self.fails()?;
        Ok(self.item())
    }

    async fn save(&self, item: &TokenItem) -> Result<Written, PortError> {
        Wait::default().await;
        self.fails()?;
        let is_next = {
            let mut state = self.0.lock().unwrap();
            let stored = state.item.as_ref().map_or(0, |stored| stored.version);
            let is_next = stored + 1 == item.version;
            if is_next {
                state.item = Some(item.clone());
            }
            is_next
        };
        Wait::default().await;
        self.fails()?;
        Ok(if is_next { Written::Done } else { Written::Conflict })
    }
}

//! Where the judge listens: at the table and at the bus, so close that nothing can come between an
//! effect and its being noted.

use std::sync::Arc;

use origin_domain::cart::{CartChange, CartItem, CartSource, CartWriter};
use origin_domain::event::{Event, Events};
use origin_domain::id::CommandId;
use origin_domain::idempotency::CommandRecord;
use origin_domain::port::{Consistency, PortError, Written};
use tokio::sync::Notify;

use crate::counts::Occasion;
use crate::judge::Bench;

/// Carts on behalf of one event, or of an instance that merges.
#[derive(Clone)]
pub(crate) struct TappedCarts<P> {
    pub(crate) port: P,
    pub(crate) bench: Bench,
    pub(crate) event: Option<CommandId>,
}

/// The bus.
#[derive(Clone)]
pub(crate) struct TappedBus<P> {
    pub(crate) port: P,
    pub(crate) bench: Bench,
    /// Rung when there is something to deliver.
    pub(crate) arrived: Arc<Notify>,
}

impl<P: CartSource> CartSource for TappedCarts<P> {
    async fn item(
        &self,
        cart: &str,
        consistency: Consistency,
    ) -> Result<Option<CartItem>, PortError> {
        self.port.item(cart, consistency).await
    }

    async fn item_and_records(
        &self,
        cart: &str,
        ids: &[CommandId],
    ) -> Result<(Option<CartItem>, Vec<CommandRecord>), PortError> {
        self.port.item_and_records(cart, ids).await
    }
}

impl<P: CartWriter> CartWriter for TappedCarts<P> {
    async fn store(
        &self,
        cart: &str,
        item: &CartItem,
        seen: Option<&CartItem>,
    ) -> Result<Written, PortError> {
        let written = self.port.store(cart, item, seen).await?;
        if written == Written::Done {
            let event = self.event.expect("an instance writes nothing but merges");
            self.bench.judge().stored(cart, item.version, event);
        } else {
            self.bench.judge().note(Occasion::RaceLost);
        }
        Ok(written)
    }

    async fn store_both(&self, changes: [CartChange<'_>; 2]) -> Result<Written, PortError> {
        let [guest, into] = &changes;
        let (guest, into, version) = (guest.cart, into.cart, into.item.version);
        let written = self.port.store_both(changes).await?;
        if written == Written::Done {
            self.bench.judge().merged(guest, into, version);
        } else {
            self.bench.judge().note(Occasion::RaceLost);
        }
        Ok(written)
    }
}

impl<P: Events> Events for TappedBus<P> {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        self.port.publish(events).await?;
        for event in events {
            self.bench.judge().published(event);
        }
        self.arrived.notify_one();
        Ok(())
    }
}

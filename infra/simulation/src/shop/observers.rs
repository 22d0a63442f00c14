//! Observers that report to the oracle: at the table and at the bus, so that nothing can happen
//! between an effect and its report.

use std::sync::Arc;

use domain_cart::{CartChange, CartItem, CartWriter};
use domain_core::event::{Event, Events};
use domain_core::id::CommandId;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::resource::{Read, Source};
use tokio::sync::Notify;

use crate::coverage::Coverage;
use crate::oracle::OracleHandle;

/// The carts as written for one event, or by an instance that merges.
#[derive(Clone)]
pub(crate) struct ObservedCarts<P> {
    pub(crate) port: P,
    pub(crate) oracle: OracleHandle,
    pub(crate) event: Option<CommandId>,
}

/// The bus.
#[derive(Clone)]
pub(crate) struct ObservedBus<P> {
    pub(crate) port: P,
    pub(crate) oracle: OracleHandle,
    /// Notified when there are events to deliver.
    pub(crate) arrived: Arc<Notify>,
}

impl<P: Source<CartItem>> Source<CartItem> for ObservedCarts<P> {
    async fn item(
        &self,
        cart: &str,
        consistency: Consistency,
    ) -> Result<Option<CartItem>, PortError> {
        self.port.item(cart, consistency).await
    }

    async fn batch(&self, cart: &str, ids: &[CommandId]) -> Result<Read<CartItem>, PortError> {
        self.port.batch(cart, ids).await
    }
}

impl<P: CartWriter> CartWriter for ObservedCarts<P> {
    async fn store(
        &self,
        cart: &str,
        item: &CartItem,
        expected: Option<&CartItem>,
    ) -> Result<Written, PortError> {
        let written = self.port.store(cart, item, expected).await?;
        if written == Written::Done {
            let event = self.event.expect("an instance writes nothing but merges");
            self.oracle.lock().stored(cart, item.version, event);
        } else {
            self.oracle.lock().count(Coverage::RaceLost);
        }
        Ok(written)
    }

    async fn store_both(&self, changes: [CartChange<'_>; 2]) -> Result<Written, PortError> {
        let [guest, into] = &changes;
        let (guest, into, version) = (guest.cart, into.cart, into.item.version);
        let written = self.port.store_both(changes).await?;
        if written == Written::Done {
            self.oracle.lock().merged(guest, into, version);
        } else {
            self.oracle.lock().count(Coverage::RaceLost);
        }
        Ok(written)
    }
}

impl<P: Events> Events for ObservedBus<P> {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        self.port.publish(events).await?;
        for event in events {
            self.oracle.lock().published(event);
        }
        self.arrived.notify_one();
        Ok(())
    }
}

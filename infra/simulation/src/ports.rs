//! The ports as the weather lets them be: slow, throttled, torn, their answers lost, the caller dead
//! at any step. Generic over what is behind them.

use origin_domain::cart::{CartChange, CartItem, CartSource, CartWriter};
use origin_domain::event::{Event, Events};
use origin_domain::id::CommandId;
use origin_domain::idempotency::{CommandLog, CommandRecord, Recorded};
use origin_domain::port::{Consistency, PortError, Written};

use crate::crew::Life;
use crate::weather::Sky;

/// A port in the weather.
#[derive(Clone)]
pub(crate) struct Exposed<P> {
    pub(crate) port: P,
    pub(crate) sky: Sky,
    /// Whose calls these are; a consumer has no life of its own.
    pub(crate) life: Option<Life>,
}

// === impl Exposed ===

impl<P> Exposed<P> {
    pub(crate) async fn call<T, F>(&self, act: impl Fn() -> F) -> Result<T, PortError>
    where
        F: Future<Output = Result<T, PortError>>,
    {
        let weather = &self.sky.weather;
        self.sky.linger(weather.table_ms_max).await;
        self.sky.may_crash(self.life.as_ref()).await?;
        if self.sky.is_outage() || self.sky.strikes(weather.throttled) {
            return Err(PortError::Unavailable("throttled".to_owned()));
        }
        let mut answer = act().await;
        if self.sky.strikes(weather.answer_lost) {
            // The SDK calls again, as often as not.
            if self.sky.dice.coin() {
                return Err(PortError::Unavailable("timeout".to_owned()));
            }
            self.sky.linger(weather.table_ms_max).await;
            answer = act().await;
        }
        self.sky.may_crash(self.life.as_ref()).await?;
        self.sky.linger(weather.table_ms_max).await;
        answer
    }
}

impl<P: CartSource> CartSource for Exposed<P> {
    async fn item(
        &self,
        cart: &str,
        consistency: Consistency,
    ) -> Result<Option<CartItem>, PortError> {
        self.call(|| self.port.item(cart, consistency)).await
    }

    /// A batch is no snapshot: each of its items is read at a moment of its own.
    async fn item_and_records(
        &self,
        cart: &str,
        ids: &[CommandId],
    ) -> Result<(Option<CartItem>, Vec<CommandRecord>), PortError> {
        self.call(|| async move {
            if !self.sky.strikes(self.sky.weather.torn) {
                return self.port.item_and_records(cart, ids).await;
            }
            let is_item_first = self.sky.dice.coin();
            let (first, records) = self.port.item_and_records(cart, ids).await?;
            self.sky.linger(self.sky.weather.table_ms_max).await;
            let (second, later) = self.port.item_and_records(cart, ids).await?;
            Ok(if is_item_first { (first, later) } else { (second, records) })
        })
        .await
    }
}

impl<P: CartWriter> CartWriter for Exposed<P> {
    async fn store(
        &self,
        cart: &str,
        item: &CartItem,
        seen: Option<&CartItem>,
    ) -> Result<Written, PortError> {
        self.call(|| self.port.store(cart, item, seen)).await
    }

    async fn store_both(&self, changes: [CartChange<'_>; 2]) -> Result<Written, PortError> {
        self.call(|| self.port.store_both(changes)).await
    }
}

impl<P: CommandLog> CommandLog for Exposed<P> {
    async fn record(&self, record: &CommandRecord) -> Result<Recorded, PortError> {
        self.call(|| self.port.record(record)).await
    }

    async fn find(&self, id: CommandId) -> Result<Option<CommandRecord>, PortError> {
        self.call(|| self.port.find(id)).await
    }
}

impl<P: Events> Events for Exposed<P> {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        self.call(|| self.port.publish(events)).await
    }
}

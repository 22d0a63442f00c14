//! Ports with faults: slow calls, throttling, torn batches, lost answers, and callers that crash at
//! any step. Generic over the real port.

use domain_cart::{CartChange, CartItem, CartWriter};
use domain_core::event::{Event, Events};
use domain_core::id::CommandId;
use domain_core::idempotency::Recorded;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::resource::{CommandEvent, CommandLog, CommandRecord, Read, Resource, Source};

use crate::executor::TaskGroup;
use crate::faults::FaultInjector;

/// A port with faults.
#[derive(Clone)]
pub(crate) struct FaultyPort<P> {
    pub(crate) port: P,
    pub(crate) faults: FaultInjector,
    /// The caller's task group; a consumer has none.
    pub(crate) group: Option<TaskGroup>,
}

// === impl FaultyPort ===

impl<P> FaultyPort<P> {
    pub(crate) async fn call<T, F>(&self, act: impl Fn() -> F) -> Result<T, PortError>
    where
        F: Future<Output = Result<T, PortError>>,
    {
        let profile = &self.faults.profile;
        self.faults.delay(profile.table_ms_max).await;
        self.faults.may_crash(self.group.as_ref()).await?;
        if self.faults.is_outage() || self.faults.occurs(profile.throttled) {
            return Err(PortError::Unavailable("throttled".to_owned()));
        }
        let mut answer = act().await;
        if self.faults.occurs(profile.answer_lost) {
            // The SDK retries, in half of the cases.
            if self.faults.rng.coin() {
                return Err(PortError::Unavailable("timeout".to_owned()));
            }
            self.faults.delay(profile.table_ms_max).await;
            answer = act().await;
        }
        self.faults.may_crash(self.group.as_ref()).await?;
        self.faults.delay(profile.table_ms_max).await;
        answer
    }
}

impl<R: Resource, P: Source<R>> Source<R> for FaultyPort<P> {
    async fn item(&self, id: &str, consistency: Consistency) -> Result<Option<R>, PortError> {
        self.call(|| self.port.item(id, consistency)).await
    }

    /// A batch is not a snapshot: each of its items is read at a different moment.
    async fn batch(&self, id: &str, commands: &[CommandId]) -> Result<Read<R>, PortError> {
        self.call(|| async move {
            let first = self.port.batch(id, commands).await?;
            if !self.faults.occurs(self.faults.profile.torn) {
                return Ok(first);
            }
            let is_item_first = self.faults.rng.coin();
            self.faults.delay(self.faults.profile.table_ms_max).await;
            let later = self.port.batch(id, commands).await?;
            let (item, records) = if is_item_first { (first, later) } else { (later, first) };
            Ok(Read { records: records.records, ..item })
        })
        .await
    }
}

impl<P: CartWriter> CartWriter for FaultyPort<P> {
    async fn store(
        &self,
        cart: &str,
        item: &CartItem,
        expected: Option<&CartItem>,
    ) -> Result<Written, PortError> {
        self.call(|| self.port.store(cart, item, expected)).await
    }

    async fn store_both(&self, changes: [CartChange<'_>; 2]) -> Result<Written, PortError> {
        self.call(|| self.port.store_both(changes)).await
    }
}

impl<E: CommandEvent, P: CommandLog<E>> CommandLog<E> for FaultyPort<P> {
    async fn record(
        &self,
        record: &CommandRecord<E>,
    ) -> Result<Recorded<CommandRecord<E>>, PortError> {
        self.call(|| self.port.record(record)).await
    }

    async fn find(&self, id: CommandId) -> Result<Option<CommandRecord<E>>, PortError> {
        self.call(|| self.port.find(id)).await
    }
}

impl<P: Events> Events for FaultyPort<P> {
    async fn publish(&self, events: &[Event]) -> Result<(), PortError> {
        self.call(|| self.port.publish(events)).await
    }
}

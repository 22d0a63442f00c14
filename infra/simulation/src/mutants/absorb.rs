//! Mutants of the cart consumer.

use domain_cart::{
    Absorbed, Action, Applied, CartChange, CartEvent, CartItem, CartWriter, Merge, QUANTITY_MAX,
    apply,
};
use domain_core::event::Event;
use domain_core::id::CommandId;
use domain_core::port::{Consistency, PortError, Written};
use domain_core::resource::{Read, Resource as _, Source};
use domain_core::time::Time;

use crate::mutant::Mutant;
use crate::timeline::Timeline;

/// A cart table that may be mutated.
#[derive(Clone)]
pub(crate) struct MutantWriter<P> {
    pub(crate) port: P,
    pub(crate) mutant: Option<Mutant>,
}

/// Mutates the event of an order.
pub(crate) fn mutate_order(
    mutant: Option<Mutant>,
    mut event: CartEvent,
    webhook: &Event,
    timeline: &Timeline,
) -> CartEvent {
    match mutant {
        Some(Mutant::OrderPerTopic) => {
            let topic = if webhook.detail.contains("orders/paid") { "paid" } else { "created" };
            event.command.id = CommandId::of_cause(topic, &event.command.id.to_string());
        }
        Some(Mutant::OrderAtReceipt) => event.command.time = Time(timeline.now_ms()),
        _ => {}
    }
    event
}

/// Absorbs one event, or a mutant does.
pub(crate) async fn absorb(
    carts: &impl CartWriter,
    event: &CartEvent,
    mutant: Option<Mutant>,
) -> Result<Absorbed, PortError> {
    match mutant {
        Some(Mutant::IdsForgotten) if Merge::of(event).is_none() => {
            absorb_without_ids(carts, event).await
        }
        Some(Mutant::LimitInFold) => absorb_within_limit(carts, event).await,
        Some(Mutant::GuestEventsDropped) => {
            let item = carts.item(&event.cart, Consistency::Strong).await?;
            let is_merged = item.is_some_and(|item| item.merged_into.is_some());
            if is_merged { Ok(Absorbed::Known) } else { domain_cart::absorb(carts, event).await }
        }
        Some(Mutant::MergeBuriedEarly) if is_overtaken(carts, event).await? => {
            Ok(Absorbed::TooLate)
        }
        Some(Mutant::TooLateIsDone) => {
            let absorbed = domain_cart::absorb(carts, event).await?;
            Ok(if absorbed == Absorbed::TooLate { Absorbed::Known } else { absorbed })
        }
        _ => domain_cart::absorb(carts, event).await,
    }
}

/// Whether one of the carts of a merge holds a newer command.
async fn is_overtaken(carts: &impl Source<CartItem>, event: &CartEvent) -> Result<bool, PortError> {
    let Some(merge) = Merge::of(event) else { return Ok(false) };
    for cart in [merge.guest, merge.into] {
        let item = carts.item(cart, Consistency::Strong).await?;
        let is_open = |item: &CartItem| item.merged_into.is_none();
        if item.filter(is_open).is_some_and(|item| item.highest > event.command.time) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Remembers ids only while commands are stored one by one.
async fn absorb_without_ids(
    carts: &impl CartWriter,
    event: &CartEvent,
) -> Result<Absorbed, PortError> {
    let expected = carts.item(&event.cart, Consistency::Strong).await?;
    let mut item = match apply(expected.as_ref(), &event.command) {
        Applied::Changed(item) => *item,
        Applied::Known | Applied::Erased => return Ok(Absorbed::Known),
        Applied::TooLate | Applied::TooOld => {
            let mut item = expected.clone().unwrap_or_default();
            item.base.contents.run(&event.command);
            item.base.count += 1;
            item.version += 1;
            item
        }
    };
    item.folded.clear();
    store(carts, event, &item, expected.as_ref()).await
}

/// Never lets a line exceed its limit, in the order of arrival.
async fn absorb_within_limit(
    carts: &impl CartWriter,
    event: &CartEvent,
) -> Result<Absorbed, PortError> {
    let mut event = event.clone();
    if let Action::Add { offer, quantity, .. } = &mut event.command.action {
        let expected = carts.item(&event.cart, Consistency::Strong).await?;
        let lines = expected.map(|item| item.fold(&[]).lines).unwrap_or_default();
        let present = lines.get(&offer.line_id()).map_or(0, |line| line.quantity);
        *quantity = (*quantity).min(QUANTITY_MAX.saturating_sub(present));
    }
    domain_cart::absorb(carts, &event).await
}

async fn store(
    carts: &impl CartWriter,
    event: &CartEvent,
    item: &CartItem,
    expected: Option<&CartItem>,
) -> Result<Absorbed, PortError> {
    match carts.store(&event.cart, item, expected).await? {
        Written::Done => Ok(Absorbed::Changed),
        Written::Conflict => Err(PortError::Unavailable("conflict".to_owned())),
    }
}

impl<P: Source<CartItem>> Source<CartItem> for MutantWriter<P> {
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

impl<P: CartWriter> CartWriter for MutantWriter<P> {
    async fn store(
        &self,
        cart: &str,
        item: &CartItem,
        expected: Option<&CartItem>,
    ) -> Result<Written, PortError> {
        if self.mutant == Some(Mutant::LastWriterWins) {
            let present = self.port.item(cart, Consistency::Strong).await?;
            return self.port.store(cart, item, present.as_ref()).await;
        }
        self.port.store(cart, item, expected).await
    }

    async fn store_both(&self, changes: [CartChange<'_>; 2]) -> Result<Written, PortError> {
        let [guest, into] = changes;
        if self.mutant != Some(Mutant::GuestRenamed) {
            return self.port.store_both([guest, into]).await;
        }
        let mut renamed = into.item.clone();
        for command in renamed.guests.values_mut().flat_map(|guest| &mut guest.commands) {
            command.id = CommandId::of_cause("renamed", &command.id.to_string());
        }
        self.port.store_both([guest, CartChange { item: &renamed, ..into }]).await
    }
}

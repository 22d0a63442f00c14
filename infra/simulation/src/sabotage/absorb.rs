//! Consumers that absorb wrongly.

use origin_domain::cart::{
    self, Absorbed, Action, Applied, CartChange, CartEvent, CartItem, CartSource, CartWriter,
    Merge, QUANTITY_MAX, apply,
};
use origin_domain::event::Event;
use origin_domain::id::CommandId;
use origin_domain::idempotency::CommandRecord;
use origin_domain::port::{Consistency, PortError, Written};
use origin_domain::time::Time;

use crate::bug::Bug;
use crate::timeline::Timeline;

/// A table to write carts to, perhaps a wrong one.
#[derive(Clone)]
pub(crate) struct SuspectWriter<P> {
    pub(crate) port: P,
    pub(crate) bug: Option<Bug>,
}

/// What an order comes to, perhaps wrongly.
pub(crate) fn bought_wrongly(
    bug: Option<Bug>,
    mut bought: CartEvent,
    told: &Event,
    timeline: &Timeline,
) -> CartEvent {
    match bug {
        Some(Bug::OrderPerTopic) => {
            let topic = if told.detail.contains("orders/paid") { "paid" } else { "created" };
            bought.command.id = CommandId::of_cause(topic, &bought.command.id.to_string());
        }
        Some(Bug::OrderAtReceipt) => bought.command.time = Time(timeline.now_ms()),
        _ => {}
    }
    bought
}

/// Absorbs one event, perhaps wrongly.
pub(crate) async fn absorb(
    carts: &impl CartWriter,
    event: &CartEvent,
    bug: Option<Bug>,
) -> Result<Absorbed, PortError> {
    match bug {
        Some(Bug::IdsForgotten) if Merge::of(event).is_none() => forgetful(carts, event).await,
        Some(Bug::LimitInFold) => capped(carts, event).await,
        Some(Bug::GuestEventsDropped) => {
            let item = carts.item(&event.cart, Consistency::Strong).await?;
            let is_gone = item.is_some_and(|item| item.merged_into.is_some());
            if is_gone { Ok(Absorbed::Known) } else { cart::absorb(carts, event).await }
        }
        Some(Bug::MergeBuriedEarly) if is_overtaken(carts, event).await? => Ok(Absorbed::TooLate),
        Some(Bug::TooLateIsDone) => {
            let absorbed = cart::absorb(carts, event).await?;
            Ok(if absorbed == Absorbed::TooLate { Absorbed::Known } else { absorbed })
        }
        _ => cart::absorb(carts, event).await,
    }
}

/// Whether one of the carts of a merge holds a newer command.
async fn is_overtaken(carts: &impl CartSource, event: &CartEvent) -> Result<bool, PortError> {
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

/// Remembers ids only as long as commands are kept one by one.
async fn forgetful(carts: &impl CartWriter, event: &CartEvent) -> Result<Absorbed, PortError> {
    let seen = carts.item(&event.cart, Consistency::Strong).await?;
    let mut item = match apply(seen.as_ref(), &event.command) {
        Applied::Changed(item) => *item,
        Applied::Known | Applied::Erased => return Ok(Absorbed::Known),
        Applied::TooLate | Applied::TooOld => {
            let mut item = seen.clone().unwrap_or_default();
            item.base.contents.run(&event.command);
            item.base.count += 1;
            item.version += 1;
            item
        }
    };
    item.folded.clear();
    stored(carts, event, &item, seen.as_ref()).await
}

/// Lets no line grow past its limit, whoever comes first.
async fn capped(carts: &impl CartWriter, event: &CartEvent) -> Result<Absorbed, PortError> {
    let mut event = event.clone();
    if let Action::Add { offer, quantity, .. } = &mut event.command.action {
        let seen = carts.item(&event.cart, Consistency::Strong).await?;
        let lines = seen.map(|item| item.fold([]).lines).unwrap_or_default();
        let present = lines.get(&offer.line_id()).map_or(0, |line| line.quantity);
        *quantity = (*quantity).min(QUANTITY_MAX.saturating_sub(present));
    }
    cart::absorb(carts, &event).await
}

async fn stored(
    carts: &impl CartWriter,
    event: &CartEvent,
    item: &CartItem,
    seen: Option<&CartItem>,
) -> Result<Absorbed, PortError> {
    match carts.store(&event.cart, item, seen).await? {
        Written::Done => Ok(Absorbed::Changed),
        Written::Conflict => Err(PortError::Unavailable("conflict".to_owned())),
    }
}

impl<P: CartSource> CartSource for SuspectWriter<P> {
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

impl<P: CartWriter> CartWriter for SuspectWriter<P> {
    async fn store(
        &self,
        cart: &str,
        item: &CartItem,
        seen: Option<&CartItem>,
    ) -> Result<Written, PortError> {
        if self.bug == Some(Bug::LastWriterWins) {
            let present = self.port.item(cart, Consistency::Strong).await?;
            return self.port.store(cart, item, present.as_ref()).await;
        }
        self.port.store(cart, item, seen).await
    }

    async fn store_both(&self, changes: [CartChange<'_>; 2]) -> Result<Written, PortError> {
        let [guest, into] = changes;
        if self.bug != Some(Bug::GuestRenamed) {
            return self.port.store_both([guest, into]).await;
        }
        let mut renamed = into.item.clone();
        for command in renamed.guests.values_mut().flat_map(|guest| &mut guest.commands) {
            command.id = CommandId::of_cause("renamed", &command.id.to_string());
        }
        self.port.store_both([guest, CartChange { item: &renamed, ..into }]).await
    }
}

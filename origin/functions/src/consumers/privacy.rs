//! Consumes Shopify's demands about people's data, and records for the merchant what was done.

use domain_cart::{CartWriter, cart_of};
use domain_core::port::{PortError, Written};
use domain_core::time::Time;
use domain_loyalty::{AbsorbError, LedgerReader, LedgerStore};
use domain_privacy::{
    Demand, DemandRecord, EXPORT_RETENTION_MS, Privacy, ShopTombstone, erase_cart, erase_customer,
    export_customer, one_person,
};
use domain_shopify::Webhook;
use origin_shopify::TokenStore;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::consumers::tombstone_filter::NOTICED_AFTER;
use crate::consumers::{Batch, Consumer, Message, MessageError, Unfinished};

/// EventBridge sends whole seconds (its event structure): a demand also covers the commands of its
/// own second.
const REST_OF_SECOND_MS: u64 = 999;

/// Consumes the compliance topics and `app/uninstalled`.
#[derive(Debug, Clone)]
pub struct PrivacyConsumer<L, C, P, T> {
    /// The store of ledgers.
    pub ledger: L,
    /// The store of carts.
    pub carts: C,
    /// The store of demands.
    pub privacy: P,
    /// The store of the shop's tokens.
    pub tokens: T,
    /// The shop's `*.myshopify.com` domain.
    pub shop: String,
}

/// The part of an EventBridge event that is read here.
#[derive(Deserialize)]
struct Envelope<'a> {
    id: String,
    time: String,
    #[serde(borrow)]
    detail: &'a RawValue,
}

impl<L, C, P, T> Consumer for PrivacyConsumer<L, C, P, T>
where
    L: LedgerStore + LedgerReader + 'static,
    C: CartWriter + 'static,
    P: Privacy + 'static,
    T: TokenStore + 'static,
{
    async fn consume(&self, batch: Batch) -> Unfinished {
        let mut unfinished = Unfinished::default();
        for message in batch.records {
            let outcome = self.one(&message).await;
            unfinished.note(message.message_id, outcome);
        }
        unfinished
    }
}

impl<L, C, P, T> PrivacyConsumer<L, C, P, T>
where
    L: LedgerStore + LedgerReader,
    C: CartWriter,
    P: Privacy,
    T: TokenStore,
{
    async fn one(&self, message: &Message) -> Result<(), MessageError> {
        let envelope: Envelope<'_> = serde_json::from_str(&message.body)?;
        let at = Time::from_rfc3339(&envelope.time)
            .ok_or_else(|| PortError::Corrupt("event: no time".to_owned()))?
            .plus_ms(REST_OF_SECOND_MS);
        let webhook = Webhook::parse(envelope.detail.get()).map_err(AbsorbError::from)?;
        if !webhook.shop.eq_ignore_ascii_case(&self.shop) {
            return Err(AbsorbError::OtherShop(webhook.shop).into());
        }
        let demand = Demand::read(&webhook.topic, webhook.payload, &self.shop);
        let Some(demand) = demand.map_err(AbsorbError::from)? else { return Ok(()) };
        let (done, file) = self.meet(&demand, at).await?;
        tracing::info!(topic = webhook.topic, outcome = done, "met a privacy demand");
        let id = format!("{}-{}", at.0, envelope.id);
        let record = DemandRecord { id, at, demand, done };
        let until = at.plus_ms(EXPORT_RETENTION_MS);
        Ok(self.privacy.note(&record, file.as_deref(), until).await?)
    }

    /// Meets a demand. Returns a description of what was done, and an export's file.
    async fn meet(
        &self,
        demand: &Demand,
        at: Time,
    ) -> Result<(String, Option<Vec<u8>>), MessageError> {
        Ok(match demand {
            Demand::Export { customer, orders } => {
                let own = cart_of(customer);
                let cart = (&self.carts, own.as_str());
                let export = export_customer(&self.ledger, cart, (customer, orders), at).await?;
                let file = serde_json::to_vec_pretty(&export)?;
                (format!("exported, {} bytes", file.len()), Some(file))
            }
            Demand::EraseCustomer { customer, orders } => {
                let erased = erase_customer(&self.ledger, customer, orders, at).await?;
                let mut carts: u64 = 0;
                for one in one_person(&self.ledger, customer).await? {
                    carts += u64::from(erase_cart(&self.carts, &cart_of(&one), at).await?);
                }
                let (entries, orders) = (erased.entries, erased.orders);
                let done = format!(
                    "erased {entries} entries, {carts} cart, the customer of {orders} orders"
                );
                (done, None)
            }
            Demand::EraseShop => (self.erase_shop(at).await?, None),
            Demand::Uninstalled => {
                origin_shopify::forget(&self.tokens, at).await?;
                ("the tokens are deleted; shop/redact follows in 48 hours".to_owned(), None)
            }
        })
    }

    /// Writes the tombstone first, so that nothing older arrives after the erasure.
    async fn erase_shop(&self, at: Time) -> Result<String, MessageError> {
        let stored = self.privacy.shop_tombstone().await?;
        let Some(begun) = ShopTombstone::begun(stored, at) else {
            return Ok("the shop was erased before".to_owned());
        };
        self.put(begun, stored).await?;
        tokio::time::sleep(NOTICED_AFTER).await;
        let items = self.privacy.erase_everybody().await?;
        self.put(begun.done(), Some(begun)).await?;
        Ok(format!("erased {items} items; older messages are dropped"))
    }

    async fn put(
        &self,
        new: ShopTombstone,
        expected: Option<ShopTombstone>,
    ) -> Result<(), PortError> {
        match self.privacy.put_shop_tombstone(&new, expected.as_ref()).await? {
            Written::Done => Ok(()),
            Written::Conflict => {
                Err(PortError::Unavailable("the tombstone has changed concurrently".to_owned()))
            }
        }
    }
}

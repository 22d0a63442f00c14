//! Imports of the merchant's files. A balance is an adjustment, named by the import and the customer;
//! a past order is the webhook of its payment. So each row counts once, however often it is sent.

use std::collections::{BTreeMap, BTreeSet};

use domain_core::bookmark::Bookmark;
use domain_core::id::{CommandId, digest, hex};
use domain_core::idempotency::Fingerprint;
use domain_core::port::PortError;
use domain_core::resource::{CommandRequest, Commands, Rejection};
use domain_core::time::Time;
use domain_loyalty::{
    BalanceRow, Cause, Comparison, CustomerDifference, CustomerReference, IMPORTED, ImportError,
    LedgerStore as _, LoadRequest, Missing, OrderRow, StatedOrder, StatedPayload,
};
use domain_staff::{AuditLog as _, StaffAct};
use origin_adapters::{CommandLogRepository, LedgerRepository};
use origin_shopify::admin_api::AdminError;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::task::JoinSet;

use crate::customer_look_up::customer_by_email;
use crate::http::http_problem::HttpProblem;
use crate::runtime::shop::Shop;
use crate::webhook_event;

/// Bytes of the digest in the idempotency key of a row.
const KEY_BYTES: usize = 24;
/// Most customers that are looked up at the same time: a request of e-mail addresses only takes ten
/// rounds, and other calls of the app are not held up.
const LOOK_UPS_MAX: usize = 10;

const ERASED: &str = "the data of its customer were erased after it was placed";

/// Imports rows for one shop.
pub(crate) struct Importer<'a> {
    pub(crate) shop: &'a Shop,
    /// The name of the import: a row counts once for each name and customer.
    pub(crate) name: &'a str,
    /// Who imports.
    pub(crate) act: StaffAct,
    pub(crate) is_dry_run: bool,
    /// When calls to Shopify end.
    pub(crate) until: Time,
}

/// What an import does.
#[derive(Debug, Default)]
pub(crate) struct Imported {
    /// The customers, or the orders, of the rows that had counted before.
    pub(crate) known: Vec<String>,
    pub(crate) missing: Missing,
}

/// Why rows could not be imported.
pub(crate) enum ImportFailure {
    /// Rows that name no customer of the shop, or the same one twice. Nothing was written.
    Rows(Vec<ImportError>),
    /// A row contradicts an earlier import. Those before it have counted.
    Contradiction { row: u64 },
    /// Shopify does not answer, or refuses.
    Shopify(AdminError),
    /// This deployment has no app, so e-mail addresses lead to no customers.
    NoApp { row: u64 },
    /// A port failed.
    Port(PortError),
    /// A command was not accepted.
    Problem(HttpProblem),
}

// === impl Importer ===

impl Importer<'_> {
    /// Adds the points of each row to its customer's account.
    pub(crate) async fn balances(&self, rows: &[BalanceRow]) -> Result<Imported, ImportFailure> {
        let ledger = self.shop.ledger_store();
        let program = self.shop.program_in_effect.in_effect().await?;
        let customers = self.customers(rows.iter().map(|row| (row.row, &row.customer))).await?;
        each_once(rows, &customers)?;
        let mut imported = Imported::default();
        for (row, customer) in rows.iter().zip(customers) {
            let request = self.request(&customer, row);
            let id = CommandId::of_key(&format!("adjustments/{customer}"), &request.key);
            let cause = Cause::adjustment(id);
            let load = LoadRequest {
                cause: Some(&cause),
                customer: Some(&customer),
                ..LoadRequest::default()
            };
            let loaded = ledger.load(load).await?;
            if loaded.is_claimed {
                imported.known.push(customer);
                continue;
            }
            if !self.is_dry_run {
                let detail = format!("{} points, import {}", row.points.0, self.name);
                let log = self.shop.loyalty_commands.log.on_behalf_of(self.act.clone(), detail);
                let commands: Commands<_, CommandLogRepository, _> =
                    Commands { log, ..self.shop.loyalty_commands.clone() };
                let reason = format!("import {}", self.name);
                let adjustment = (row.points, reason.as_str());
                let program = program.as_deref();
                match domain_loyalty::adjust(&commands, &request, adjustment, program).await {
                    Ok(_) => {}
                    // It was accepted, and will count.
                    Err(Rejection::Expired) => {
                        imported.known.push(customer);
                        continue;
                    }
                    Err(Rejection::Conflict) => {
                        return Err(ImportFailure::Contradiction { row: row.row });
                    }
                    Err(rejection) => return Err(ImportFailure::Problem(rejection.into())),
                }
            }
            let now = self.shop.clock.now();
            let points_before =
                loaded.account.map(|account| account.points_at(now)).unwrap_or_default();
            let difference = CustomerDifference {
                orders: BTreeMap::new(),
                points_before,
                points_after: points_before.plus(row.points),
            };
            imported.missing.customers.insert(customer, difference);
        }
        Ok(imported)
    }

    /// Publishes the payment of each order that the ledger lacks.
    pub(crate) async fn orders(&self, rows: &[OrderRow]) -> Result<Imported, ImportFailure> {
        let customers = self.customers(rows.iter().map(|row| (row.row, &row.customer))).await?;
        let stated = rows.iter().zip(&customers).map(|(row, customer)| self.stated(row, customer));
        let stated: Vec<StatedOrder> = stated.collect::<Result<_, _>>()?;
        let (ledger, programs) = (self.shop.ledger_store(), &self.shop.programs);
        let (shop, now) = (&self.shop.config.domain, self.shop.clock.now());
        let comparison = Comparison { ledger: &ledger, programs, shop, now };
        let mut missing = comparison.missing(&stated).await?;
        let erased = std::mem::take(&mut missing.erased).into_iter();
        missing.rejected.extend(erased.map(|order| (order, ERASED.to_owned())));
        let known = std::mem::take(&mut missing.known);
        if !self.is_dry_run {
            // Before the change: a crash between the two must not leave orders that the log does not
            // explain.
            let detail = format!("{} orders", missing.payloads.len());
            let entry = self.act.entry(&format!("imports/{}", self.name), &detail);
            self.shop.staff.append(&entry).await?;
            let (events, payloads) = (&self.shop.events, &self.shop.payloads);
            for StatedPayload { topic, payload } in &missing.payloads {
                let metadata = json!({
                    "X-Shopify-Topic": topic,
                    "X-Shopify-Shop-Domain": shop,
                    "X-Shopify-Triggered-At": now.to_rfc3339(),
                });
                webhook_event::publish(events, payloads, (payload, &metadata), now).await?;
            }
        }
        Ok(Imported { known, missing })
    }

    /// The customers' ids.
    async fn customers<'r>(
        &self,
        references: impl Iterator<Item = (u64, &'r CustomerReference)>,
    ) -> Result<Vec<String>, ImportFailure> {
        let references: Vec<_> = references.collect();
        let emails = references.iter().filter_map(|(row, reference)| match reference {
            CustomerReference::Email(email) => Some((*row, email.clone())),
            CustomerReference::Id(_) => None,
        });
        let found = self.by_email(emails.collect()).await?;
        let mut errors = Vec::new();
        let mut customers = Vec::new();
        for (row, reference) in references {
            match reference {
                CustomerReference::Id(id) => customers.push(id.clone()),
                CustomerReference::Email(email) => match found.get(email).cloned().flatten() {
                    Some(id) => customers.push(id),
                    None => {
                        let message = "the shop has no customer with this e-mail address";
                        errors.push(of_customer(row, message.to_owned()));
                    }
                },
            }
        }
        if errors.is_empty() { Ok(customers) } else { Err(ImportFailure::Rows(errors)) }
    }

    /// The ids of the customers with these addresses; each address is looked up once.
    async fn by_email(
        &self,
        emails: Vec<(u64, String)>,
    ) -> Result<BTreeMap<String, Option<String>>, ImportFailure> {
        let mut found = BTreeMap::new();
        let Some((row, _)) = emails.first() else { return Ok(found) };
        let shopify = self.shop.shopify.as_ref().ok_or(ImportFailure::NoApp { row: *row })?;
        let until = self.until;
        let emails: BTreeSet<String> = emails.into_iter().map(|(_, email)| email).collect();
        let mut emails = emails.into_iter();
        let mut look_ups = JoinSet::new();
        loop {
            while look_ups.len() < LOOK_UPS_MAX
                && let Some(email) = emails.next()
            {
                let api = shopify.api.clone();
                look_ups.spawn(async move {
                    customer_by_email(&api, &email, until).await.map(|customer| (email, customer))
                });
            }
            let Some(ended) = look_ups.join_next().await else { return Ok(found) };
            let ended = ended.map_err(|error| PortError::Unavailable(error.to_string()))?;
            found.extend([ended.map_err(ImportFailure::Shopify)?]);
        }
    }

    fn request(&self, customer: &str, row: &BalanceRow) -> CommandRequest {
        let parts = [self.name.as_bytes(), customer.as_bytes()];
        let key = hex(&digest("forecourt/import/1", &parts)[..KEY_BYTES]);
        let fingerprint = Fingerprint::of("IMPORT", &key, row.points.0.to_string().as_bytes());
        CommandRequest {
            resource: customer.to_owned(),
            key,
            fingerprint,
            bookmark: Bookmark::default(),
            now: self.shop.clock.now(),
        }
    }

    /// The payload of `orders/paid` for an order of which only its amount is known.
    fn stated(&self, row: &OrderRow, customer: &str) -> Result<StatedOrder, ImportFailure> {
        let payload = json!({
            IMPORTED: true,
            "id": row.order,
            "processed_at": row.placed_at,
            "currency": self.shop.config.currency,
            "financial_status": "paid",
            "taxes_included": true,
            "customer": {"id": customer},
            "line_items": [{"id": row.order, "quantity": 1, "price": row.amount}],
        });
        let payload = RawValue::from_string(payload.to_string())
            .map_err(|error| PortError::Corrupt(error.to_string()))?;
        let payloads = vec![StatedPayload { topic: "orders/paid", payload }];
        Ok(StatedOrder { order: row.order.clone(), payloads, is_imported: true })
    }
}

/// A customer has one row, whether it says an id or an e-mail address: a row counts once for each
/// name and customer.
fn each_once(rows: &[BalanceRow], customers: &[String]) -> Result<(), ImportFailure> {
    let (mut first, mut errors) = (BTreeMap::new(), Vec::new());
    for (BalanceRow { row, .. }, customer) in rows.iter().zip(customers) {
        if let Some(first) = first.get(customer) {
            let message = format!("is customer {customer}, the same as in row {first}");
            errors.push(of_customer(*row, message));
        } else {
            first.insert(customer, row);
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(ImportFailure::Rows(errors)) }
}

fn of_customer(row: u64, message: String) -> ImportError {
    ImportError { row, column: "customer".to_owned(), message }
}

impl From<PortError> for ImportFailure {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<HttpProblem> for ImportFailure {
    fn from(problem: HttpProblem) -> Self {
        Self::Problem(problem)
    }
}

// === impl Shop ===

impl Shop {
    /// The ledger without this instance's caches.
    fn ledger_store(&self) -> LedgerRepository {
        LedgerRepository::new(&self.ports.table)
    }
}

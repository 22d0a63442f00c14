//! The fields of `QueryRoot`.

use apollo_compiler::resolvers::ResolveInfo;
use serde_json::{Value, json};

use super::connection::{self, Candidate};
use super::failure::Failure;
use super::schema::node_type;
use super::search::Search;
use super::session::{Session, View};
use super::{bulk, customers};
use crate::store::{Fields, gid, kind_of, reference};

/// Kinds of records whose root fields are emulated.
const KINDS: [&str; 29] = [
    "BulkOperation",
    "CartTransform",
    "Collection",
    "Company",
    "CompanyContact",
    "CompanyLocation",
    "Customer",
    "DiscountAutomaticNode",
    "DiscountCodeNode",
    "DiscountNode",
    "DiscountRedeemCodeBulkCreation",
    "DraftOrder",
    "GiftCard",
    "InventoryItem",
    "InventoryLevel",
    "Job",
    "Location",
    "Metafield",
    "Order",
    "PriceList",
    "Product",
    "ProductVariant",
    "Refund",
    "ShopifyFunction",
    "StoreCreditAccount",
    "Validation",
    "WebhookSubscription",
    "OrderTransaction",
    "CalculatedOrder",
];
/// Most ids of `nodes`.
const NODES_MAX: usize = 250;

/// The possible nodes of a list of the root.
pub(super) fn list(
    session: &Session<'_>,
    field: &str,
    ty: &str,
) -> Result<Vec<Candidate>, Failure> {
    let is_known = node_type(session.schema, ty).is_some_and(|node| KINDS.contains(&node.as_str()));
    let is_plain = !["Saved", "Search", "Payments"].iter().any(|word| field.contains(word));
    if is_known && is_plain {
        Ok(connection::of_kind(session, ty))
    } else {
        Err(Failure::not_emulated(field))
    }
}

/// A field of the root that is no list.
pub(super) fn single(
    view: &View<'_>,
    info: &ResolveInfo<'_>,
    arguments: &Value,
    scopes: &[String],
) -> Result<Value, Failure> {
    let records = &view.shop.records;
    let existing =
        |gid: &str| records.get(gid).map_or(Value::Null, |record| reference(&record.gid));
    let existing_of = |kind: &str, gid: &str| match records.of(kind, gid) {
        Some(record) => reference(&record.gid),
        None => Value::Null,
    };
    match info.field_name() {
        "shop" => Ok(shop(view)),
        "node" => Ok(existing(arguments.text("id"))),
        "nodes" => {
            let ids = arguments.list("ids");
            if ids.len() > NODES_MAX {
                return Err(Failure::bad_request(format!(
                    "ids must have at most {NODES_MAX} entries"
                )));
            }
            Ok(ids.iter().map(|id| existing(id.as_str().unwrap_or_default())).collect())
        }
        "currentAppInstallation" => Ok(installation(view, scopes)),
        "app" => Ok(app(view)),
        "currentBulkOperation" => Ok(bulk::current(view, arguments)),
        "codeDiscountNodeByCode" => Ok(by_code(view, arguments.text("code"))),
        "customerByIdentifier" => Ok(by_identifier(view, "Customer", &arguments["identifier"])),
        "orderByIdentifier" => Ok(by_identifier(view, "Order", &arguments["identifier"])),
        "productByIdentifier" => Ok(by_identifier(view, "Product", &arguments["identifier"])),
        "productByHandle" => Ok(by_identifier(view, "Product", arguments)),
        "customerMergePreview" => customers::preview(view, arguments),
        "customerMergeJobStatus" => Ok(customers::job_status(view, arguments.text("jobId"))),
        "job" => Ok(existing_of("Job", arguments.text("id"))),
        "shopifyFunction" => {
            let id = arguments.text("id");
            Ok(existing_of("ShopifyFunction", &gid("ShopifyFunction", id)))
        }
        "location" if arguments.present("id").is_none() => {
            Ok(records.of_kind("Location").next().map_or(Value::Null, |one| reference(&one.gid)))
        }
        field => {
            if let Some(kind) = field.strip_suffix("Count").and_then(counted) {
                return count(view, kind, arguments.text("query"));
            }
            let ty = info.field_definition().ty.inner_named_type().as_str();
            let kind = kind_of(arguments.text("id")).unwrap_or_default();
            let is_of_type = kind == ty || (ty == "DiscountNode" && kind.starts_with("Discount"));
            match KINDS.contains(&ty) && arguments.get("id").is_some() {
                true if is_of_type => Ok(existing(arguments.text("id"))),
                true => Err(Failure {
                    message: format!("Invalid id: {}", arguments.text("id")),
                    code: "RESOURCE_NOT_FOUND",
                }),
                false => Err(Failure::not_emulated(field)),
            }
        }
    }
}

fn counted(field: &str) -> Option<&'static [&'static str]> {
    Some(match field {
        "customers" => &["Customer"],
        "discountCodes" => &["DiscountCodeNode"],
        "discountNodes" => &["DiscountCodeNode", "DiscountAutomaticNode"],
        "draftOrders" => &["DraftOrder"],
        "giftCards" => &["GiftCard"],
        "locations" => &["Location"],
        "orders" => &["Order"],
        "products" => &["Product"],
        "productVariants" => &["ProductVariant"],
        "webhookSubscriptions" => &["WebhookSubscription"],
        _ => return None,
    })
}

/// A count. Shopify counts discounts as they are, everything else as the search index has it.
fn count(view: &View<'_>, kinds: &[&str], query: &str) -> Result<Value, Failure> {
    let lag = match kinds.contains(&"DiscountCodeNode") {
        true => time::Duration::ZERO,
        false => view.shop.settings.delays.search_index,
    };
    let records = kinds.iter().flat_map(|kind| view.shop.records.of_kind(kind));
    let count = match query.trim() {
        "" => records.count(),
        query => {
            let search = Search::parse(kinds[0], query)?;
            let values = records.filter_map(|record| record.indexed(view.now, lag));
            values.filter(|value| search.matches(view, value)).count()
        }
    };
    Ok(json!({ "count": count, "precision": "EXACT" }))
}

/// The discount of a code; letter case is ignored.
fn by_code(view: &View<'_>, code: &str) -> Value {
    let parent = view.shop.records.by_code(code).and_then(|record| record.parent.as_deref());
    parent.map_or(Value::Null, reference)
}

fn by_identifier(view: &View<'_>, kind: &str, identifier: &Value) -> Value {
    let names =
        [("id", "id"), ("handle", "handle"), ("emailAddress", "email"), ("phoneNumber", "phone")];
    let given = names.iter().find_map(|(name, field)| Some((identifier.present(name)?, field)));
    let Some((given, field)) = given else { return Value::Null };
    let mut records = view.shop.records.of_kind(kind);
    let found = records.find(|record| record.value.get(*field) == Some(given));
    found.map_or(Value::Null, |record| reference(&record.gid))
}

fn shop(view: &View<'_>) -> Value {
    let settings = &view.shop.settings;
    let features = json!({
        "sellsSubscriptions": settings.sells_subscriptions, "shopifyPlus": settings.is_plus,
        "giftCards": true, "storefront": true, "harmonizedSystemCode": true,
    });
    let plan = if settings.is_plus { "Shopify Plus" } else { "Basic" };
    json!({
        "id": gid("Shop", settings.shop_id),
        "name": settings.name,
        "email": format!("owner@{}", settings.domain),
        "myshopifyDomain": settings.domain,
        "url": format!("https://{}", settings.domain),
        "primaryDomain": { "id": gid("Domain", settings.shop_id), "host": settings.domain,
            "url": format!("https://{}", settings.domain), "sslEnabled": true },
        "currencyCode": settings.currency,
        "enabledPresentmentCurrencies": [settings.currency],
        "ianaTimezone": settings.timezone,
        "taxesIncluded": false,
        "taxShipping": false,
        "features": features,
        "plan": { "publicDisplayName": plan, "displayName": plan, "shopifyPlus": settings.is_plus,
            "partnerDevelopment": true },
    })
}

pub(super) fn app(view: &View<'_>) -> Value {
    let settings = &view.shop.settings;
    json!({
        "__typename": "App",
        "id": gid("App", settings.app_id),
        "title": settings.app_handle,
        "handle": settings.app_handle,
        "apiKey": settings.app_key,
        "embedded": true,
    })
}

/// The installation of the app, with the scopes of the token.
fn installation(view: &View<'_>, scopes: &[String]) -> Value {
    let id = gid("AppInstallation", view.shop.settings.app_id);
    let scopes = scopes.iter().map(|scope| json!({ "handle": scope, "description": scope }));
    let scopes: Vec<Value> = scopes.collect();
    json!({ "id": id, "app": app(view), "accessScopes": scopes, "activeSubscriptions": [] })
}

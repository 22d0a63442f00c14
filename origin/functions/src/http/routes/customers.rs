//! `/v1/admin/customers` and `/v1/admin/carts`: what staff need to help a customer. Each read is in
//! the audit log.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use domain_cart::{CartItem, cart_of};
use domain_core::bookmark::Bookmark;
use domain_core::port::Consistency;
use domain_core::resource::Source as _;
use domain_core::time::{SECOND_MS, Time};
use domain_loyalty::{Account, Reading, Redemption, Standing, email_address, read_entries};
use domain_staff::AuditLog as _;
use edge_wire::grammar::is_shopify_id;
use edge_wire::problem::Code;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cart::StaffCartBody;
use super::loyalty::{EntryBody, Page, StandingBody, cursor, entry};
use super::redemptions::status;
use crate::customer_look_up::customer_by_email;
use crate::http::body::JsonBody;
use crate::http::http_problem::HttpProblem;
use crate::http::permitted::{Permitted, act};
use crate::runtime::shop::Shop;

/// How long Shopify may take to look up an e-mail address.
const LOOK_UP_MS_MAX: u64 = 10 * SECOND_MS;

/// How a customer is looked up: exactly one of these. Neither an e-mail address nor a code is ever part
/// of a URL, which is logged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindCustomer {
    /// Shopify's numeric id.
    id: Option<String>,
    /// An e-mail address. Shopify looks it up; it is stored nowhere.
    email: Option<String>,
    /// A reward code that the customer was given.
    code: Option<String>,
}

/// The customer that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundCustomerBody {
    customer_id: String,
}

/// What is stored about a customer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CustomerBody {
    customer_id: String,
    /// Null while no program is published.
    standing: Option<StandingBody>,
    /// The ledger, newest first.
    entries: Vec<EntryBody>,
    /// Send it as `cursor` for older entries; null at the end.
    next: Option<String>,
    /// The redemptions of the last 15 days, newest first. Their codes are worth money: they are not
    /// here.
    redemptions: Vec<StaffRedemptionBody>,
    /// The id of the customer's own cart.
    cart_id: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct StaffRedemptionBody {
    id: String,
    /// `pending`, `confirmed`, `rejected` or `released`.
    status: &'static str,
    reward: String,
    points: i64,
    /// RFC 3339.
    requested_at: String,
}

/// The customer of a path.
pub(crate) struct CustomerOfPath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for CustomerOfPath {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpProblem> {
        let path = Path::<String>::from_request_parts(parts, state).await.ok();
        let customer = path.map(|Path(text)| text).filter(|text| is_shopify_id(text));
        customer.map(Self).ok_or_else(|| HttpProblem::new(Code::Malformed, ID))
    }
}

const ID: &str = "A customer id is Shopify's numeric id.";

/// Finds a customer.
#[utoipa::path(post, path = "/v1/admin/customers/find", tag = "admin", request_body = FindCustomer,
    responses((status = 200, body = FoundCustomerBody)))]
pub(crate) async fn find(
    State(shop): State<Arc<Shop>>,
    staff: Permitted<act::ViewCustomers>,
    JsonBody(sent): JsonBody<FindCustomer>,
) -> Result<Json<FoundCustomerBody>, HttpProblem> {
    let customer_id = match (sent.id, sent.email, sent.code) {
        (Some(id), None, None) => known_customer(&shop, id).await?,
        (None, Some(email), None) => customer_of_email(&shop, &email).await?,
        (None, None, Some(code)) => customer_of_code(&shop, &code).await?,
        _ => {
            let detail = "Send one of `id`, `email` and `code`.";
            return Err(HttpProblem::new(Code::Malformed, detail).at("", "has none or several"));
        }
    };
    shop.staff.append(&staff.act(&shop).entry(&format!("customer/{customer_id}"), "found")).await?;
    Ok(Json(FoundCustomerBody { customer_id }))
}

/// A customer's points, ledger and redemptions.
#[utoipa::path(get, path = "/v1/admin/customers/{customer}", tag = "admin",
    params(("customer" = String, Path),
        ("limit" = Option<u32>, Query, description = "1 to 100; the default is 20"),
        ("cursor" = Option<String>, Query, description = "`next` of the previous page")),
    responses((status = 200, body = CustomerBody)))]
pub(crate) async fn show(
    State(shop): State<Arc<Shop>>,
    staff: Permitted<act::ViewCustomers>,
    CustomerOfPath(customer): CustomerOfPath,
    Page { limit, before }: Page,
) -> Result<Json<CustomerBody>, HttpProblem> {
    let (nothing, now) = (Bookmark::default(), shop.clock.now());
    let program = shop.program_in_effect.in_effect().await?;
    let (page, read) =
        read_entries(&shop.ledger, &customer, (before.as_ref(), limit), &nothing).await?;
    let account = read.answer(&nothing, now)?.view.account;
    let reading = Reading { clock: now, seen: Time::default() };
    let standing = |program| StandingBody::of(Standing::of(&account, program, reading));
    let standing = program.as_deref().map(|version| standing(&version.program));
    let body = CustomerBody {
        standing,
        entries: page.entries.iter().map(entry).collect(),
        next: page.next.as_ref().map(cursor),
        redemptions: redemptions(&account),
        cart_id: cart_of(&customer),
        customer_id: customer,
    };
    let subject = format!("customer/{}", body.customer_id);
    shop.staff.append(&staff.act(&shop).entry(&subject, "")).await?;
    Ok(Json(body))
}

/// A cart, a guest's as well.
#[utoipa::path(get, path = "/v1/admin/carts/{id}", tag = "admin", params(("id" = String, Path)),
    responses((status = 200, body = StaffCartBody)))]
pub(crate) async fn cart(
    State(shop): State<Arc<Shop>>,
    staff: Permitted<act::ViewCustomers>,
    Path(id): Path<String>,
) -> Result<Json<StaffCartBody>, HttpProblem> {
    let nothing = Bookmark::default();
    let answer = shop.carts.batch(&id, &[]).await?.answer(&nothing, shop.clock.now())?;
    shop.staff.append(&staff.act(&shop).entry(&format!("cart/{id}"), "")).await?;
    Ok(Json(StaffCartBody::of(&shop, id, &answer)))
}

/// A customer of whom something is stored.
async fn known_customer(shop: &Shop, id: String) -> Result<String, HttpProblem> {
    if !is_shopify_id(&id) {
        return Err(HttpProblem::new(Code::Malformed, ID).at("/id", "is not one"));
    }
    let account: Option<Account> = shop.ledger.item(&id, Consistency::Strong).await?;
    let cart: Option<CartItem> = match account {
        Some(_) => return Ok(id),
        None => shop.carts.item(&cart_of(&id), Consistency::Strong).await?,
    };
    let detail = "This customer has neither points nor a cart. An adjustment opens an account.";
    cart.map(|_| id).ok_or_else(|| HttpProblem::new(Code::CustomerUnknown, detail))
}

/// The customer of the shop with this e-mail address, whether anything is stored of them or not.
async fn customer_of_email(shop: &Shop, text: &str) -> Result<String, HttpProblem> {
    let email = email_address(text).ok_or_else(|| {
        let detail = "Send an e-mail address such as ada@example.com.";
        HttpProblem::new(Code::Malformed, detail).at("/email", "is no e-mail address")
    })?;
    let Some(shopify) = &shop.shopify else {
        let detail = "This deployment has no Shopify app, and stores no e-mail addresses. Find the \
                      customer in Shopify's admin; the number at the end of the page's address is \
                      the id.";
        return Err(HttpProblem::new(Code::LookUpUnavailable, detail)
            .at("/email", "can't be looked up here"));
    };
    let until = shop.clock.now().plus_ms(LOOK_UP_MS_MAX);
    customer_by_email(&shopify.api, &email, until).await?.ok_or_else(|| {
        let detail = "The shop has no customer with this e-mail address.";
        HttpProblem::new(Code::CustomerUnknown, detail)
    })
}

/// The customer to whom a reward code was given. Today's codes are digests of redemptions, from which
/// no redemption follows.
async fn customer_of_code(_: &Shop, _: &str) -> Result<String, HttpProblem> {
    let detail = "A code names no customer that Forecourt could look up. The customer's page lists \
                  redemptions by id.";
    Err(HttpProblem::new(Code::LookUpUnavailable, detail).at("/code", "can't be looked up here"))
}

fn redemptions(account: &Account) -> Vec<StaffRedemptionBody> {
    let mut newest_first: Vec<&Redemption> = account.redemptions.iter().collect();
    newest_first.sort_by_key(|one| std::cmp::Reverse((one.time, one.id)));
    let body = |one: &Redemption| StaffRedemptionBody {
        id: one.id.to_hex(),
        status: status(one),
        reward: one.reward.clone(),
        points: one.points.0,
        requested_at: one.time.to_rfc3339(),
    };
    newest_first.into_iter().map(body).collect()
}

//! `GET /v1/cart/checkout`: this client's view of the cart, in Shopify's form.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain_cart::{Contents, Item, LineProblem, Offer, Problem, SoldBy, hand_over};
use domain_catalog::Published;
use domain_configurator::Configurator;
use domain_core::port::PortError;
use edge_wire::headers::BOOKMARK;
use edge_wire::link::{LINK_ATTRIBUTE, mint_link};
use serde::Serialize;
use tokio::task::JoinSet;
use utoipa::ToSchema;

use super::permalink::permalink;
use crate::http::bookmarks::Client;
use crate::http::caller::CartHolder;
use crate::http::http_problem::HttpProblem;
use crate::runtime::shop::Shop;

/// What storefront JavaScript does with it: clear Shopify's cart, post `items` to `/cart/add.js`
/// and `attributes` to `/cart/update.js`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckoutBody {
    cart_add: CartAdd,
    /// A link that does the same, if one link can hold the whole cart.
    permalink: Option<String>,
    /// What the shopper has to know or change first.
    problems: Vec<ProblemBody>,
    /// Send it with the next request.
    bookmark: String,
    /// The bookmark was ahead of the table: start over from this answer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reset: bool,
}

/// Shopify's cart, whole.
#[derive(Debug, Serialize, ToSchema)]
struct CartAdd {
    items: Vec<ItemBody>,
    /// The cart's own, and the one that names the cart in the order.
    attributes: BTreeMap<String, String>,
}

/// One line of Shopify's cart.
#[derive(Debug, Serialize, ToSchema)]
struct ItemBody {
    /// Shopify's variant id as a string: it may pass 2^53.
    id: String,
    quantity: u32,
    properties: BTreeMap<String, String>,
}

/// A problem with a line.
#[derive(Debug, Serialize, ToSchema)]
struct ProblemBody {
    /// `product-gone`, `selection-invalid`, `variant-missing`, `variant-changed`, `price-changed`
    /// or `price-not-binding`.
    code: &'static str,
    /// The line's id.
    line: String,
    /// The line's title.
    title: String,
    /// What to do.
    detail: &'static str,
    /// Whether the line is among the items.
    in_items: bool,
    /// Unit prices; only if the problem is about the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<LinePriceBody>,
    /// The cheapest valid selection that keeps as many choices as possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    repair: Option<BTreeMap<String, String>>,
}

/// The unit prices of a line, in minor units.
#[derive(Debug, Serialize, ToSchema)]
struct LinePriceBody {
    /// As the cart shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    shown: Option<i64>,
    /// As it is today.
    today: i64,
    /// As Shopify charges it.
    #[serde(skip_serializing_if = "Option::is_none")]
    charged: Option<i64>,
}

/// Hands the cart over to Shopify, after checking every line against the current products, prices
/// and rules.
#[utoipa::path(get, path = "/v1/cart/checkout", tag = "cart",
    responses((status = 200, body = CheckoutBody)))]
pub(crate) async fn show(
    State(shop): State<Arc<Shop>>,
    Client { holder: CartHolder(cart), view }: Client<CartHolder>,
) -> Result<Response, HttpProblem> {
    let answer = view.answer(&shop.carts, &cart, &shop.clock).await?;
    let bookmark = view.reply(&shop.config.keys, &answer.bookmark)?;
    let products = Products::read(&shop, &answer.view).await?;
    let hand_over = hand_over(&answer.view, |offer| products.selling(offer));
    let mut attributes = answer.view.attributes;
    attributes.insert(LINK_ATTRIBUTE.to_owned(), mint_link(&shop.config.keys, &cart));
    let body = CheckoutBody {
        permalink: permalink(&shop.config.domain, &hand_over, &attributes),
        problems: hand_over.problems.iter().map(problem).collect(),
        cart_add: CartAdd { items: hand_over.items.into_iter().map(item).collect(), attributes },
        bookmark: bookmark.clone(),
        reset: answer.reset,
    };
    Ok(([(BOOKMARK, bookmark)], Json(body)).into_response())
}

fn item(item: Item) -> ItemBody {
    ItemBody { id: item.variant_id, quantity: item.quantity, properties: item.properties }
}

fn problem(problem: &LineProblem) -> ProblemBody {
    let LineProblem { line, title, problem } = problem;
    let price = match problem {
        Problem::PriceChanged { shown, today } => {
            Some(LinePriceBody { shown: Some(shown.0), today: today.0, charged: None })
        }
        Problem::PriceNotBinding { today, charged } => {
            Some(LinePriceBody { shown: None, today: today.0, charged: Some(charged.0) })
        }
        _ => None,
    };
    let repair = match problem {
        Problem::SelectionInvalid { repair } => Some(repair.clone()),
        _ => None,
    };
    ProblemBody {
        code: problem.code(),
        line: line.to_string(),
        title: title.clone(),
        detail: problem.remedy(),
        in_items: !problem.keeps_line_back(),
        price,
        repair,
    }
}

/// The current products of a cart's lines.
struct Products(BTreeMap<SoldBy, Arc<Published>>);

// === impl Products ===

impl Products {
    /// Reads all of them at once: no more than a cart has lines.
    async fn read(shop: &Arc<Shop>, contents: &Contents) -> Result<Self, PortError> {
        let sellers: BTreeSet<SoldBy> =
            contents.lines.values().map(|line| SoldBy::of(&line.offer)).collect();
        let mut reads = JoinSet::new();
        for seller in sellers {
            let shop = Arc::clone(shop);
            reads.spawn(async move {
                seller.product(&shop.catalog).await.map(|published| Some((seller, published?)))
            });
        }
        let products: Result<Vec<_>, PortError> = reads.join_all().await.into_iter().collect();
        Ok(Self(products?.into_iter().flatten().collect()))
    }

    fn selling(&self, offer: &Offer) -> Option<&Configurator> {
        self.0.get(&SoldBy::of(offer)).map(|published| published.configurator.as_ref())
    }
}

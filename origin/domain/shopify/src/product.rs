//! Shopify's product JSON: the form of the Admin API and the webhooks, that of the storefront's
//! `/products/{handle}.js`, that of Liquid's `product | json`, and that of the GraphQL APIs. Unused
//! fields are ignored. A document that has only some of a product's variants is refused.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU64;

use domain_core::authoring::{Mistake, Mistakes};
use domain_core::currency::decimals;
use domain_core::money::Money;

use crate::encoded_variants::decode_variants;
use crate::payload::{Node, Object, PayloadError, Problem};

/// Most products of one document: a page of the Admin API.
pub const PRODUCTS_MAX: usize = 250;
/// Most options of a product that are read: more than Shopify has.
const OPTIONS_READ_MAX: usize = 1_000;
/// Most values of an option that are read.
const VALUES_READ_MAX: usize = 100_000;
/// Most variants that are read: more than a product may have here.
const VARIANTS_READ_MAX: usize = 200_000;
/// The members with a variant's values in all forms but those of the GraphQL APIs.
const OPTION_KEYS: [&str; 3] = ["option1", "option2", "option3"];

/// A product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopProduct {
    /// Its name in URLs.
    pub handle: String,
    /// Its title.
    pub title: String,
    /// Its options, in Shopify's order.
    pub options: Vec<ShopOption>,
    /// Its variants.
    pub variants: Vec<ShopVariant>,
}

/// An option of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopOption {
    /// Its name.
    pub name: String,
    /// Its values, in Shopify's order; those that only variants have come last.
    pub values: Vec<String>,
}

/// A variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopVariant {
    /// A JSON Pointer to it in the document.
    pub field: String,
    /// Its id as the decimal number that carts take.
    pub id: String,
    /// The merchant's article number; may be empty.
    pub sku: String,
    /// Its price in the shop's currency.
    pub price: Money,
    /// Its value of each option, by the value's place in that option.
    pub values: Vec<u16>,
    /// Whether it is in stock according to the document.
    pub is_available: bool,
}

/// The products of a document: a product, perhaps in the envelope of an API's answer, or a page of
/// them.
///
/// # Errors
/// It is not JSON, not an object, or a page that is too long.
pub fn products(text: &str) -> Result<Vec<Node<'_>>, PayloadError> {
    // Files of Windows begin with a byte order mark.
    let document = Node::parse(text.strip_prefix('\u{feff}').unwrap_or(text))?;
    let answer = document.object()?.get("data").unwrap_or(document);
    let members = answer.object()?;
    if let Some(page) = members.get("products") {
        return elements(&page, PRODUCTS_MAX);
    }
    Ok(vec![members.get("product").unwrap_or(answer)])
}

// === impl ShopProduct ===

impl ShopProduct {
    /// Reads a product whose prices are in `currency`.
    ///
    /// # Errors
    /// Every field that is not as Shopify writes it, by its JSON Pointer.
    pub fn read(node: &Node<'_>, currency: &str) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        match read(node, currency, &mut mistakes) {
            Some(product) if mistakes.is_empty() => Ok(product),
            _ => Err(mistakes.into_vec()),
        }
    }
}

/// The options of a product, with the place of each value.
struct Options {
    listed: Vec<ShopOption>,
    places: Vec<HashMap<String, u16>>,
}

fn read(node: &Node<'_>, currency: &str, mistakes: &mut Mistakes) -> Option<ShopProduct> {
    let product = noted(node.object(), mistakes)?;
    let text = |key: &str| product.need(key).and_then(|node| node.text());
    let handle = noted(text("handle"), mistakes);
    let title = noted(text("title"), mistakes);
    let options = noted(read_options(&product), mistakes);
    let list = noted(product.need("variants"), mistakes);
    let (mut options, list) = (options?, list?);
    let listed = noted(elements(&list, VARIANTS_READ_MAX), mistakes)?;
    let mut variants = Vec::with_capacity(listed.len());
    for variant in &listed {
        variants.extend(noted(read_variant(variant, &mut options, currency), mistakes));
    }
    if mistakes.is_empty() {
        noted(check_whole(&product, &list, listed.len()), mistakes)?;
        noted(apply_encoded(&product, &list, &mut variants), mistakes)?;
    }
    Some(ShopProduct { handle: handle?, title: title?, options: options.listed, variants })
}

/// The elements of a plain list, or of a connection of the GraphQL APIs.
fn elements<'a>(list: &Node<'a>, max: usize) -> Result<Vec<Node<'a>>, PayloadError> {
    let Ok(connection) = list.object() else { return list.list(max) };
    match connection.get("edges") {
        Some(edges) => edges.list(max)?.iter().map(|edge| edge.object()?.need("node")).collect(),
        None => connection.need("nodes")?.list(max),
    }
}

fn read_options(product: &Object<'_>) -> Result<Options, PayloadError> {
    let mut options = Options { listed: Vec::new(), places: Vec::new() };
    for (at, node) in product.need("options")?.list(OPTIONS_READ_MAX)?.iter().enumerate() {
        // Liquid writes only the name; the values are those of the variants then.
        let (name, values) = match node.text() {
            Ok(name) => (name, Vec::new()),
            Err(_) => read_option(node)?,
        };
        options.listed.push(ShopOption { name, values: Vec::new() });
        options.places.push(HashMap::new());
        for value in values {
            options.place(at, &value)?;
        }
    }
    Ok(options)
}

/// An option's name, and the values that it lists.
fn read_option<'a>(node: &Node<'a>) -> Result<(String, Vec<Node<'a>>), PayloadError> {
    let option = node.object().map_err(|_| node.is_not("an option or its name"))?;
    let mut values = Vec::new();
    if let Some(listed) = option.get("values") {
        values.extend(listed.list(VALUES_READ_MAX)?);
    }
    if let Some(listed) = option.get("optionValues") {
        for value in listed.list(VALUES_READ_MAX)? {
            values.push(value.object()?.need("name")?);
        }
    }
    Ok((option.need("name")?.text()?, values))
}

fn read_variant(
    node: &Node<'_>,
    options: &mut Options,
    currency: &str,
) -> Result<ShopVariant, PayloadError> {
    let variant = node.object()?;
    let mut values = Vec::with_capacity(options.listed.len());
    let selected = variant.get("selectedOptions");
    let selected = selected.map(|selected| selected.list(OPTIONS_READ_MAX)).transpose()?;
    for at in 0..options.listed.len() {
        let value = match &selected {
            Some(selected) => selected_value(selected, &options.listed[at].name)?,
            None => OPTION_KEYS.get(at).map(|key| variant.need(key)).transpose()?,
        };
        let value = value.ok_or_else(|| variant.missing("selectedOptions"))?;
        values.push(options.place(at, &value)?);
    }
    let sku = variant.get("sku").map(|sku| sku.text()).transpose()?;
    Ok(ShopVariant {
        field: node.field().to_owned(),
        id: read_id(&variant.need("id")?)?,
        sku: sku.unwrap_or_default(),
        price: read_price(&variant.need("price")?, currency)?,
        values,
        is_available: read_available(&variant)?,
    })
}

/// The GraphQL APIs: a variant's value of an option, by the option's name.
fn selected_value<'a>(
    selected: &[Node<'a>],
    option: &str,
) -> Result<Option<Node<'a>>, PayloadError> {
    for one in selected {
        let pair = one.object()?;
        if pair.need("name")?.text()? == option {
            return pair.need("value").map(Some);
        }
    }
    Ok(None)
}

/// A number, or `gid://shopify/ProductVariant/{number}`.
fn read_id(node: &Node<'_>) -> Result<String, PayloadError> {
    let Ok(text) = node.text() else { return node.id() };
    let number = text.strip_prefix("gid://shopify/ProductVariant/").unwrap_or(&text);
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    let id = number.parse::<NonZeroU64>().ok().filter(|_| is_number);
    id.map(|id| id.to_string()).ok_or_else(|| node.is_not("a variant's id"))
}

/// Decimal text; an object with amount and currency (the GraphQL APIs); or a whole number, which
/// is the amount in hundredths (`/products/{handle}.js`), even in a currency without a minor unit.
fn read_price(node: &Node<'_>, currency: &str) -> Result<Money, PayloadError> {
    if let Ok(money) = node.object() {
        if let Some(code) = money.get("currencyCode") {
            code.need_currency(currency)?;
        }
        return money.need("amount")?.amount(currency);
    }
    if node.text().is_ok() {
        return node.amount(currency);
    }
    let hundredths: u32 = node.whole().map_err(|_| {
        node.is_not("decimal text, an amount with its currency, or a whole number of hundredths")
    })?;
    match decimals(currency) {
        2 => Ok(Money(hundredths.into())),
        0 if hundredths.is_multiple_of(100) => Ok(Money((hundredths / 100).into())),
        0 => Err(node.is_not("a whole number of the currency, times 100")),
        // Which unit Shopify writes there is not documented.
        _ => Err(node.is_not("decimal text, which a currency with three decimals needs")),
    }
}

fn read_available(variant: &Object<'_>) -> Result<bool, PayloadError> {
    let flag = variant.get("available").or_else(|| variant.get("availableForSale"));
    if let Some(flag) = flag {
        return flag.flag();
    }
    let policy = variant.get("inventory_policy").map(|policy| policy.text()).transpose()?;
    if variant.get("inventory_management").is_none() || policy.as_deref() == Some("continue") {
        return Ok(true);
    }
    let quantity = variant.get("inventory_quantity").map(|quantity| quantity.whole::<i64>());
    Ok(quantity.transpose()?.is_none_or(|quantity| quantity > 0))
}

/// That the list has all variants of the product, as far as the document says.
fn check_whole(product: &Object<'_>, list: &Node<'_>, listed: usize) -> Result<(), PayloadError> {
    let is_all = |all: usize| {
        let part = || list.error(Problem::Part { listed, all: all.to_string() });
        if all > listed { Err(part()) } else { Ok(()) }
    };
    // Webhooks have the first hundred variants in full, and the ids of all.
    if let Some(ids) = product.get("variant_gids") {
        is_all(ids.list(VARIANTS_READ_MAX)?.len())?;
    }
    if let Some(count) = product.get("variantsCount") {
        is_all(count.object()?.need("count")?.whole()?)?;
    }
    let Some(page) = list.object().ok().and_then(|connection| connection.get("pageInfo")) else {
        return Ok(());
    };
    let has_more = page.object()?.get("hasNextPage").map(|more| more.flag()).transpose()?;
    if has_more == Some(true) {
        return Err(list.error(Problem::Part { listed, all: "more".to_owned() }));
    }
    Ok(())
}

/// The Storefront API's encoded strings: drops the variants whose combinations no longer exist, and
/// marks those that are out of stock.
fn apply_encoded(
    product: &Object<'_>,
    list: &Node<'_>,
    variants: &mut Vec<ShopVariant>,
) -> Result<(), PayloadError> {
    if let Some((field, existing)) = combinations(product, "encodedVariantExistence")? {
        variants.retain(|variant| existing.contains(&variant.values));
        if existing.is_empty() {
            return Err(field.error(Problem::IsNot("a list with a combination")));
        }
        if existing.len() > variants.len() {
            let (listed, all) = (variants.len(), existing.len().to_string());
            return Err(list.error(Problem::Part { listed, all }));
        }
    }
    if let Some((_, in_stock)) = combinations(product, "encodedVariantAvailability")? {
        for variant in variants {
            variant.is_available &= in_stock.contains(&variant.values);
        }
    }
    Ok(())
}

type Combinations = HashSet<Vec<u16>>;

/// The combinations of an encoded string, if the product has that string.
fn combinations<'a>(
    product: &Object<'a>,
    key: &str,
) -> Result<Option<(Node<'a>, Combinations)>, PayloadError> {
    let Some(field) = product.get(key) else { return Ok(None) };
    let combinations =
        decode_variants(&field.text()?).map_err(|error| field.error(Problem::Encoding(error)))?;
    Ok(Some((field, combinations.into_iter().collect())))
}

fn noted<T>(read: Result<T, PayloadError>, mistakes: &mut Mistakes) -> Option<T> {
    read.map_err(|error| mistakes.push(error.into())).ok()
}

// === impl Options ===

impl Options {
    /// The place of a value among the option's values; a value that only variants have is added.
    fn place(&mut self, option: usize, value: &Node<'_>) -> Result<u16, PayloadError> {
        let name = value.text()?;
        let places = &mut self.places[option];
        if let Some(place) = places.get(&name) {
            return Ok(*place);
        }
        let place = u16::try_from(places.len())
            .map_err(|_| value.error(Problem::TooMany(usize::from(u16::MAX))))?;
        self.listed[option].values.push(name.clone());
        places.insert(name, place);
        Ok(place)
    }
}

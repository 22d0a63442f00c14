//! Import of a Shopify product: its variants become the allowed combinations.

use std::collections::{HashMap, HashSet};

use domain_core::authoring::{Mistake, Mistakes, Place};
use domain_core::money::Money;
use domain_shopify::decode_variants;
use domain_shopify::product::{Document, ShopPrice, ShopProduct, ShopVariant};

use super::ids::{option_id, other_id};
use super::prices::{Priced, price};
use crate::authoring::{AMOUNT_MAX, OPTIONS_MAX, VALUES_MAX, VARIANTS_MAX};
use crate::ids::{OptionId, ValueId};
use crate::product::{OptionValue, Product, ProductOption, Rule, RuleKind, Table, Variant};
use crate::selection::Selection;

/// Id of the rule that allows the combinations of the variants.
const RULE_ID: &str = "variants";

/// The currency of the shop: prices in product JSON have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShopCurrency<'a> {
    /// The ISO 4217 code.
    pub code: &'a str,
    /// The number of digits of its minor unit: two for EUR, zero for JPY.
    pub decimals: u32,
}

// === impl Product ===

impl Product {
    /// Imports a Shopify product: the JSON of the REST Admin API or a product webhook, of
    /// `/products/{handle}.js`, or of the Storefront API with variants, without those that its
    /// `encodedVariantExistence` omits. Every valid configuration is a variant and has exactly its
    /// price. Availability is imported too.
    ///
    /// # Errors
    /// The reasons why it cannot be a product of the configurator.
    pub fn from_shopify(json: &[u8], currency: ShopCurrency<'_>) -> Result<Self, Vec<Mistake>> {
        let document: Document = serde_json::from_slice(json).map_err(|error| {
            vec![Mistake::of_document(format!("not a Shopify product: {error}"))]
        })?;
        let shop = document.into_product();
        let mut mistakes = Mistakes::default();
        let product = import(&shop, currency, &mut mistakes);
        if mistakes.is_empty() { Ok(product) } else { Err(mistakes.into_vec()) }
    }
}

fn import(shop: &ShopProduct, currency: ShopCurrency<'_>, mistakes: &mut Mistakes) -> Product {
    let options = import_options(shop, mistakes);
    let mut variants = import_variants(shop, &options, currency, mistakes);
    apply_availability(&mut variants, shop, mistakes);
    let priced: Vec<Priced> = variants
        .iter()
        .map(|variant| Priced {
            values: variant.choices.iter().map(|(_, value)| *value).collect(),
            price: variant.price.unwrap_or(Money::ZERO),
        })
        .collect();
    let mut product = Product {
        id: other_id(&shop.handle, "product", &[]),
        title: shop.title.clone(),
        currency: currency.code.to_owned(),
        base_price: Money::ZERO,
        options,
        rules: Vec::new(),
        price_rules: Vec::new(),
        variants,
    };
    if combinations(&product.options) > product.variants.len() {
        let columns = (0..).take(product.options.len()).collect();
        let cells: Vec<u16> = priced.iter().flat_map(|variant| variant.values.clone()).collect();
        let kind = RuleKind::Allowed(Table::new(columns, &cells));
        product.rules.push(Rule { id: RULE_ID.to_owned(), message: None, kind });
    }
    // Without its options a variant has no place in a price rule.
    if mistakes.is_empty() {
        price(&mut product, &priced);
    }
    product
}

/// The number of combinations of values. It saturates, far above the number of variants a product
/// may have.
fn combinations(options: &[ProductOption]) -> usize {
    options.iter().fold(1, |count: usize, option| count.saturating_mul(option.values.len()))
}

/// The combinations of an encoded string of the Storefront API, if the product has that string.
fn decoded(
    field: &str,
    encoded: Option<&String>,
    mistakes: &mut Mistakes,
) -> Option<HashSet<Vec<u16>>> {
    match decode_variants(encoded?) {
        Ok(combinations) => Some(combinations.into_iter().collect()),
        Err(error) => {
            mistakes.add(&Place::ROOT.key(field), error.to_string());
            None
        }
    }
}

/// Removes the variants whose combinations no longer exist, and marks those that are out of stock.
fn apply_availability(variants: &mut Vec<Variant>, shop: &ShopProduct, mistakes: &mut Mistakes) {
    let (existence, availability) = ("encodedVariantExistence", "encodedVariantAvailability");
    let values = |variant: &Variant| -> Vec<u16> {
        variant.choices.iter().map(|(_, value)| *value).collect()
    };
    if let Some(existing) = decoded(existence, shop.existing.as_ref(), mistakes) {
        variants.retain(|variant| existing.contains(&values(variant)));
        if variants.is_empty() {
            mistakes.add(&Place::ROOT.key(existence), "none of the variants exists");
        }
    }
    if let Some(in_stock) = decoded(availability, shop.in_stock.as_ref(), mistakes) {
        for variant in variants {
            variant.available &= in_stock.contains(&values(variant));
        }
    }
}

fn import_options(shop: &ShopProduct, mistakes: &mut Mistakes) -> Vec<ProductOption> {
    let root = Place::ROOT.key("options");
    if shop.options.is_empty() || shop.options.len() > OPTIONS_MAX {
        mistakes.add(&root, format!("a product has 1 to {OPTIONS_MAX} options"));
        return Vec::new();
    }
    let mut ids: Vec<String> = Vec::new();
    let mut options = Vec::with_capacity(shop.options.len());
    for (place, option) in shop.options.iter().enumerate() {
        let id = option_id(&option.name, &ids);
        ids.push(id.clone());
        let mut names: Vec<&str> = option.value_names().collect();
        // Variants may have values that the option does not list.
        names.extend(
            shop.variants.list().iter().filter_map(|variant| variant.value_of(place, &option.name)),
        );
        let values = import_values(&names);
        if values.is_empty() || values.len() > VALUES_MAX {
            let message = format!("an option has 1 to {VALUES_MAX} values");
            mistakes.add(&root.index(place), message);
        }
        let id = OptionId::parse(&id).expect("a derived id is valid");
        options.push(ProductOption { id, title: option.name.clone(), values, default: 0 });
    }
    options
}

fn import_values(names: &[&str]) -> Vec<OptionValue> {
    let mut ids: Vec<String> = Vec::new();
    let mut values: Vec<OptionValue> = Vec::new();
    let mut distinct = HashSet::new();
    for name in names.iter().filter(|name| distinct.insert(**name)) {
        let id = other_id(name, "value", &ids);
        let value_id = ValueId::parse(&id).expect("a derived id is valid");
        ids.push(id);
        values.push(OptionValue { id: value_id, title: (*name).to_owned(), price: Money::ZERO });
    }
    values
}

fn import_variants(
    shop: &ShopProduct,
    options: &[ProductOption],
    currency: ShopCurrency<'_>,
    mistakes: &mut Mistakes,
) -> Vec<Variant> {
    let root = Place::ROOT.key("variants");
    let all = shop.variants.list();
    if all.is_empty() || all.len() > VARIANTS_MAX {
        mistakes.add(&root, format!("a product has 1 to {VARIANTS_MAX} variants"));
        return Vec::new();
    }
    let titles: Vec<HashMap<&str, u16>> = options
        .iter()
        .map(|option| option.values.iter().zip(0..).map(|(v, at)| (v.title.as_str(), at)).collect())
        .collect();
    let mut variants: Vec<Variant> = Vec::with_capacity(all.len());
    let (mut by_id, mut by_choices) = (HashMap::new(), HashMap::new());
    for (index, variant) in all.iter().enumerate() {
        let place = root.index(index);
        let Some(variant) = import_variant(variant, options, &titles, currency) else {
            mistakes.add(&place, "its id, its price or one of its options is not as Shopify's are");
            continue;
        };
        if let Some(first) = by_id.insert(variant.variant_id.clone(), index) {
            mistakes.add(&place.key("id"), format!("variant {first} has this id already"));
        }
        if let Some(first) = by_choices.insert(variant.choices.clone(), index) {
            mistakes.add(&place, format!("has the same options as variant {first}"));
        }
        variants.push(variant);
    }
    variants
}

fn import_variant(
    variant: &ShopVariant,
    options: &[ProductOption],
    titles: &[HashMap<&str, u16>],
    currency: ShopCurrency<'_>,
) -> Option<Variant> {
    let price = match &variant.price {
        ShopPrice::Decimal(text) | ShopPrice::Amount { amount: text } => {
            Money::from_decimal(text, currency.decimals)?
        }
        ShopPrice::Minor(minor) => Money(*minor),
    };
    if !(0..=AMOUNT_MAX).contains(&price.0) {
        return None;
    }
    let mut choices = Vec::with_capacity(options.len());
    for (option, index) in options.iter().zip(0..) {
        let place = usize::from(index);
        let value = titles[place].get(variant.value_of(place, &option.title)?)?;
        choices.push((index, *value));
    }
    let named = |(option, value): &(u16, u16)| {
        let option = &options[usize::from(*option)];
        (option.id.clone(), option.values[usize::from(*value)].id.clone())
    };
    Some(Variant {
        selection: Selection(choices.iter().map(named).collect()),
        sku: variant.sku.clone().unwrap_or_default(),
        variant_id: variant.number()?,
        price: Some(price),
        available: variant.is_available(),
        choices,
    })
}

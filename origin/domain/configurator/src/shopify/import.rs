//! Import of a Shopify product: its variants become the allowed combinations.

use std::collections::HashMap;

use domain_core::authoring::{Mistake, Mistakes, Place};
use domain_core::money::Money;
use domain_shopify::product::{ShopOption, ShopProduct, ShopVariant};

use super::ids::Named;
use super::prices::{Priced, price};
use crate::authoring::{AMOUNT_MAX, OPTIONS_MAX, VALUES_MAX, VARIANTS_MAX};
use crate::ids::{OptionId, ValueId};
use crate::product::{OptionValue, Product, ProductOption, Rule, RuleKind, Table, Variant};
use crate::selection::Selection;

/// Id of the rule that allows the combinations of the variants.
const RULE_ID: &str = "variants";

/// The product id of a Shopify product: its handle, or if that has other letters than an id, an id
/// with a hash of it.
#[must_use]
pub fn product_id(handle: &str) -> String {
    Named::Product.id(handle)
}

// === impl Product ===

impl Product {
    /// Imports a Shopify product whose prices are in `currency`. Every valid configuration is a
    /// variant and has exactly its price. Names that `published` has retain their ids there; the ids
    /// of others depend on nothing but the name.
    ///
    /// # Errors
    /// The reasons why it cannot be a product of the configurator.
    pub fn from_shopify(
        shop: &ShopProduct,
        currency: &str,
        published: Option<&Self>,
    ) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let options = import_options(shop, published, &mut mistakes);
        let variants = import_variants(shop, &options, &mut mistakes);
        if !mistakes.is_empty() {
            return Err(mistakes.into_vec());
        }
        let mut product = Self {
            id: product_id(&shop.handle),
            title: shop.title.clone(),
            currency: currency.to_owned(),
            base_price: Money::ZERO,
            options,
            rules: Vec::new(),
            price_rules: Vec::new(),
            variants,
        };
        if combinations(&product.options) > product.variants.len() {
            let columns = (0..).take(product.options.len()).collect();
            let cells: Vec<u16> =
                shop.variants.iter().flat_map(|variant| variant.values.clone()).collect();
            let kind = RuleKind::Allowed(Table::new(columns, &cells));
            product.rules.push(Rule { id: RULE_ID.to_owned(), message: None, kind });
        }
        let priced =
            |variant: &ShopVariant| Priced { values: variant.values.clone(), price: variant.price };
        price(&mut product, &shop.variants.iter().map(priced).collect::<Vec<_>>());
        Ok(product)
    }
}

/// The number of combinations of values. It saturates, far above the number of variants a product
/// may have.
fn combinations(options: &[ProductOption]) -> usize {
    options.iter().fold(1, |count: usize, option| count.saturating_mul(option.values.len()))
}

fn import_options(
    shop: &ShopProduct,
    published: Option<&Product>,
    mistakes: &mut Mistakes,
) -> Vec<ProductOption> {
    let root = Place::ROOT.key("options");
    if shop.options.is_empty() || shop.options.len() > OPTIONS_MAX {
        mistakes.add(&root, format!("a product has 1 to {OPTIONS_MAX} options"));
        return Vec::new();
    }
    let published = published.map_or(&[][..], |product| &product.options);
    let given = published.iter().map(|option| (option.title.as_str(), option.id.as_str()));
    let names: Vec<&str> = shop.options.iter().map(|option| option.name.as_str()).collect();
    let ids = Named::Option.ids(&names, &given.collect());
    let mut options = Vec::with_capacity(ids.len());
    for (place, (option, id)) in shop.options.iter().zip(ids).enumerate() {
        if names[..place].contains(&option.name.as_str()) {
            mistakes.add(&root.index(place), "another option has this name");
            continue;
        }
        if option.values.is_empty() || option.values.len() > VALUES_MAX {
            let message = format!("an option has 1 to {VALUES_MAX} values");
            mistakes.add(&root.index(place), message);
        }
        let before = published.iter().find(|one| one.title == option.name);
        let values = import_values(option, before);
        let id = OptionId::parse(&id).expect("a derived id is valid");
        options.push(ProductOption { id, title: option.name.clone(), values, default: 0 });
    }
    options
}

fn import_values(option: &ShopOption, published: Option<&ProductOption>) -> Vec<OptionValue> {
    let given = published.into_iter().flat_map(|option| &option.values);
    let given = given.map(|value| (value.title.as_str(), value.id.as_str())).collect();
    let names: Vec<&str> = option.values.iter().map(String::as_str).collect();
    let ids = Named::Value.ids(&names, &given);
    let value = |(name, id): (&&str, String)| {
        let id = ValueId::parse(&id).expect("a derived id is valid");
        OptionValue { id, title: (*name).to_owned(), price: Money::ZERO }
    };
    names.iter().zip(ids).map(value).collect()
}

fn import_variants(
    shop: &ShopProduct,
    options: &[ProductOption],
    mistakes: &mut Mistakes,
) -> Vec<Variant> {
    let all = &shop.variants;
    if all.is_empty() || all.len() > VARIANTS_MAX {
        let message = format!("a product has 1 to {VARIANTS_MAX} variants");
        mistakes.add(&Place::ROOT.key("variants"), message);
    }
    // Without its options a variant has no selection.
    if !mistakes.is_empty() {
        return Vec::new();
    }
    let mut variants: Vec<Variant> = Vec::with_capacity(all.len());
    let (mut by_id, mut by_values) = (HashMap::new(), HashMap::new());
    for variant in all {
        let field = &variant.field;
        let mut add = |field: String, message| mistakes.push(Mistake { field, message });
        if !(0..=AMOUNT_MAX).contains(&variant.price.0) {
            add(format!("{field}/price"), format!("is above {AMOUNT_MAX} minor units"));
        }
        if let Some(first) = by_id.insert(&variant.id, field) {
            add(format!("{field}/id"), format!("{first} has this id already"));
        }
        if let Some(first) = by_values.insert(&variant.values, field) {
            add(field.clone(), format!("has the same options as {first}"));
        }
        let choices: Vec<(u16, u16)> = (0..).zip(variant.values.iter().copied()).collect();
        let named = |(option, value): &(u16, u16)| {
            let option = &options[usize::from(*option)];
            (option.id.clone(), option.values[usize::from(*value)].id.clone())
        };
        variants.push(Variant {
            selection: Selection(choices.iter().map(named).collect()),
            sku: variant.sku.clone(),
            variant_id: variant.id.clone(),
            price: Some(variant.price),
            available: variant.is_available,
            choices,
        });
    }
    variants
}

//! Reader of a complete product document.

use domain_core::authoring::is_id;
use domain_core::authoring::{Mistake, Place};
use domain_core::money::Money;

use super::json::Json;
use super::options::OPTIONS_MAX;
use super::reader::{AMOUNT_MAX, Reader};
use super::rules::RuleReader;
use super::tables::TableReader;
use super::{options, variants};
use crate::product::{Names, Product};

/// Largest document in bytes, uncompressed, that publishing accepts.
pub const DOCUMENT_BYTES_MAX: usize = 64 << 20;

/// Most values of all options together.
pub const VALUES_IN_ALL_MAX: usize = 20_000;

/// Most rules of a product.
pub const RULES_MAX: usize = 10_000;

/// Most price rules: two for each variant a Shopify product can have.
pub const PRICE_RULES_MAX: usize = 4_096;

/// Most variants: Shopify's own limit (changelog of 2025-10-15).
pub const VARIANTS_MAX: usize = 2_048;

/// Prices fit 64 bits: the sum of the base price, a value of each option and every price rule, each
/// at its bound, is far below.
const _: () = assert!(
    (1 + OPTIONS_MAX + PRICE_RULES_MAX) as u64
        <= i64::MAX.unsigned_abs() / AMOUNT_MAX.unsigned_abs()
);

// === impl Product ===

impl Product {
    /// Reads a product in the authoring format.
    ///
    /// # Errors
    /// Every mistake in the document, each with its place.
    pub fn parse(json: &[u8]) -> Result<Self, Vec<Mistake>> {
        if json.len() > DOCUMENT_BYTES_MAX {
            let message = format!("longer than {DOCUMENT_BYTES_MAX} bytes");
            return Err(vec![Mistake::of_document(message)]);
        }
        let document: Json<'_> = serde_json::from_slice(json)
            .map_err(|error| vec![Mistake::of_document(format!("not JSON: {error}"))])?;
        let mut reader = Reader::default();
        let product = read(&mut reader, &document);
        match product {
            Some(product) if reader.mistakes.is_empty() => Ok(product),
            _ => Err(reader.mistakes.into_vec()),
        }
    }
}

fn read(reader: &mut Reader, json: &Json<'_>) -> Option<Product> {
    let known = [
        "product",
        "title",
        "currency",
        "base_price",
        "options",
        "rules",
        "price_rules",
        "variants",
    ];
    let root = Place::ROOT;
    let fields = reader.fields(&root, json, &known, &["product", "currency", "options"])?;

    let id = reader.text_of(&root, &fields, "product");
    if let Some(id) = id.filter(|id| !is_id(id)) {
        reader.mistake(&root.key("product"), format!("{id:?} is not an id"));
    }
    let title = reader.text_of(&root, &fields, "title").or(id).unwrap_or_default().to_owned();
    let currency = reader.text_of(&root, &fields, "currency");
    if let Some(code) = currency.filter(|code| !is_currency(code)) {
        let message = format!("{code:?} is not an ISO 4217 code such as EUR");
        reader.mistake(&root.key("currency"), message);
    }
    let base_price = reader.amount_of(&root, &fields, "base_price").unwrap_or(Money::ZERO);

    let options = options::read(reader, &root.key("options"), fields.get("options"));
    let values: usize = options.iter().map(|option| option.values.len()).sum();
    if values > VALUES_IN_ALL_MAX {
        let message = format!("{values} values in all; at most {VALUES_IN_ALL_MAX} are possible");
        reader.mistake(&root.key("options"), message);
    }
    let names = Names::of(&options);

    let items = reader.list(&root.key("variants"), fields.get("variants"), VARIANTS_MAX);
    let variants = variants::read(reader, &root.key("variants"), items, (&options, &names));

    let items = reader.list(&root.key("rules"), fields.get("rules"), RULES_MAX);
    let place = root.key("price_rules");
    let price_items = reader.list(&place, fields.get("price_rules"), PRICE_RULES_MAX);
    let mut rule_reader = RuleReader { reader, names: &names, tables: TableReader::new(&names) };
    let rules = rule_reader.rules(&root.key("rules"), items);
    let price_rule = |(index, item)| rule_reader.price_rule(&place.index(index), item);
    let price_rules = price_items.iter().enumerate().filter_map(price_rule).collect();

    Some(Product {
        id: id?.to_owned(),
        title,
        currency: currency?.to_owned(),
        base_price,
        options,
        rules,
        price_rules,
        variants,
    })
}

fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

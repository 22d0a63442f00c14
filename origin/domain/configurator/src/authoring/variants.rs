//! Reader of variants, which reports those with the same choices.

use std::collections::HashMap;

use domain_core::authoring::Place;

use super::json::Json;
use super::reader::Reader;
use crate::product::{Names, ProductOption, Variant};
use crate::selection::Selection;

/// Longest variant id: Shopify's are decimal numbers of up to 64 bits.
const VARIANT_ID_BYTES_MAX: usize = 64;

/// Reads variants. Variant ids are unique, and no two variants have the same choices. Compilation
/// finds the overlaps that depend on the rules.
pub(super) fn read(
    reader: &mut Reader,
    place: &Place<'_>,
    items: &[Json<'_>],
    product: (&[ProductOption], &Names),
) -> Vec<Variant> {
    let mut variants: Vec<Variant> = Vec::with_capacity(items.len());
    let (mut ids, mut selections) = (HashMap::new(), HashMap::new());
    for (index, item) in items.iter().enumerate() {
        let place = place.index(index);
        let Some(variant) = read_variant(reader, &place, item, product) else { continue };
        if let Some(first) = ids.insert(variant.variant_id.clone(), index) {
            let message = format!("variant {first} has this id already");
            reader.mistake(&place.key("variant_id"), message);
        }
        if let Some(first) = selections.insert(variant.choices.clone(), index) {
            let message = format!("overlaps variant {first}: both are the same choices");
            reader.mistake(&place.key("selection"), message);
        }
        variants.push(variant);
    }
    variants
}

fn read_variant(
    reader: &mut Reader,
    place: &Place<'_>,
    json: &Json<'_>,
    product: (&[ProductOption], &Names),
) -> Option<Variant> {
    let known = ["selection", "sku", "variant_id", "price", "available"];
    let fields = reader.fields(place, json, &known, &["selection", "variant_id"])?;
    let sku = reader.text_of(place, &fields, "sku").unwrap_or_default().to_owned();
    let price = reader.amount_of(place, &fields, "price");
    let available = reader.truth_of(place, &fields, "available").unwrap_or(true);
    let variant_id = reader.text_of(place, &fields, "variant_id");
    let choices =
        read_choices(reader, &place.key("selection"), fields.get("selection")?, product.1);
    let variant_id = variant_id?;
    if variant_id.is_empty() || variant_id.len() > VARIANT_ID_BYTES_MAX {
        let message = format!("a variant id has 1 to {VARIANT_ID_BYTES_MAX} bytes");
        reader.mistake(&place.key("variant_id"), message);
        return None;
    }
    let named = |(option, value): &(u16, u16)| {
        let option = &product.0[usize::from(*option)];
        (option.id.clone(), option.values[usize::from(*value)].id.clone())
    };
    let choices = choices?;
    let selection = Selection(choices.iter().map(named).collect());
    Some(Variant { selection, sku, variant_id: variant_id.to_owned(), price, available, choices })
}

/// The choices as indices in option order; `None` if one of them is unknown.
fn read_choices(
    reader: &mut Reader,
    place: &Place<'_>,
    json: &Json<'_>,
    names: &Names,
) -> Option<Vec<(u16, u16)>> {
    let entries = reader.object(place, json)?;
    let mut choices = Vec::with_capacity(entries.len());
    for (key, json) in entries {
        let place = place.key(key);
        let Some(value) = reader.text(&place, json) else { continue };
        match names.choice(key, value) {
            None => reader.mistake(&place, format!("there is no option {key:?}")),
            Some((_, None)) => {
                reader.mistake(&place, format!("option {key:?} has no value {value:?}"));
            }
            Some((option, Some(index))) => choices.push((option, index)),
        }
    }
    choices.sort_unstable();
    choices.dedup_by_key(|(option, _)| *option);
    (choices.len() == entries.len()).then_some(choices)
}

//! Reader of options and their values.

use std::collections::HashMap;

use domain_core::authoring::Place;
use domain_core::authoring::is_id;
use domain_core::money::Money;

use super::json::Json;
use super::reader::Reader;
use crate::ids::{OptionId, ValueId, is_option_id};
use crate::product::{OptionValue, ProductOption};

/// Most options of a product: a query that selects one value of each still passes the edge, which
/// accepts 400 parameters.
pub const OPTIONS_MAX: usize = 400;

/// Most values of an option: as many as Shopify has variants of a product.
pub const VALUES_MAX: usize = 2_048;

/// Reads the list of options. Adds a mistake for each unreadable option and skips it.
pub(super) fn read(
    reader: &mut Reader,
    place: &Place<'_>,
    json: Option<&Json<'_>>,
) -> Vec<ProductOption> {
    let items = reader.list(place, json, OPTIONS_MAX);
    if items.is_empty() && json.is_some() {
        reader.mistake(place, "a product needs at least one option");
    }
    let mut indices = HashMap::new();
    let mut options = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let place = place.index(index);
        let Some(option) = read_option(reader, &place, item) else { continue };
        if let Some(first) = indices.insert(option.id.clone(), index) {
            reader.mistake(&place.key("id"), format!("option {first} has this id already"));
            continue;
        }
        options.push(option);
    }
    options
}

fn read_option(reader: &mut Reader, place: &Place<'_>, json: &Json<'_>) -> Option<ProductOption> {
    let known = ["id", "title", "values", "default"];
    let fields = reader.fields(place, json, &known, &["id", "values"])?;
    let id = reader.text_of(place, &fields, "id");
    let title = reader.text_of(place, &fields, "title").or(id).unwrap_or_default().to_owned();
    let values = read_values(reader, &place.key("values"), fields.get("values"));
    let default = match reader.text_of(place, &fields, "default") {
        None => 0,
        Some(id) => match values.iter().zip(0..).find(|(value, _)| value.id.as_str() == id) {
            Some((_, index)) => index,
            None => {
                let message = format!("this option has no value {id:?}");
                reader.mistake(&place.key("default"), message);
                0
            }
        },
    };
    let id = id?;
    if !is_option_id(id) {
        let message = format!("{id:?} is not an id that begins with a letter");
        reader.mistake(&place.key("id"), message);
        return None;
    }
    Some(ProductOption { id: OptionId::parse(id)?, title, values, default })
}

fn read_values(
    reader: &mut Reader,
    place: &Place<'_>,
    json: Option<&Json<'_>>,
) -> Vec<OptionValue> {
    let items = reader.list(place, json, VALUES_MAX);
    if items.is_empty() && matches!(json, Some(Json::List(_))) {
        reader.mistake(place, "an option needs at least one value");
    }
    let mut indices = HashMap::new();
    let mut values = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let place = place.index(index);
        let Some(value) = read_value(reader, &place, item) else { continue };
        if let Some(first) = indices.insert(value.id.clone(), index) {
            reader.mistake(&place.key("id"), format!("value {first} has this id already"));
            continue;
        }
        values.push(value);
    }
    values
}

fn read_value(reader: &mut Reader, place: &Place<'_>, json: &Json<'_>) -> Option<OptionValue> {
    let fields = reader.fields(place, json, &["id", "title", "price"], &["id"])?;
    let id = reader.text_of(place, &fields, "id");
    let title = reader.text_of(place, &fields, "title").or(id).unwrap_or_default().to_owned();
    let price = reader.amount_of(place, &fields, "price").unwrap_or(Money::ZERO);
    let id = id?;
    if !is_id(id) {
        reader.mistake(&place.key("id"), format!("{id:?} is not an id"));
        return None;
    }
    Some(OptionValue { id: ValueId::parse(id)?, title, price })
}

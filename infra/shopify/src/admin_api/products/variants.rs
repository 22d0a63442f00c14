//! Creates, changes and deletes variants.

use serde_json::{Value, json};

use super::super::failure::{Failure, user_error};
use super::super::metafields;
use super::super::money::places;
use super::super::mutations::error_payload;
use super::super::session::Context;
use super::existing;
use crate::store::{Decimal, Fields, Settings, reference};

/// A variant that will be added to a product.
pub(super) struct NewVariant<'v> {
    /// Pairs of option and value.
    pub(super) selected: Vec<Value>,
    pub(super) input: &'v Value,
    /// Whether its stock is counted.
    pub(super) is_tracked: bool,
}

/// Adds a variant and its inventory item.
pub(super) fn add_variant(context: &mut Context<'_>, product: &str, new: NewVariant<'_>) -> String {
    let (shop, now) = (&mut *context.shop, context.now);
    let position = shop.records.children(product, "ProductVariant").count() + 1;
    let values: Vec<&str> = new.selected.iter().map(|one| one.text("value")).collect();
    let title = values.join(" / ");
    let inventory_item = shop.mint("InventoryItem");
    let sku = new.input["inventoryItem"].present("sku").cloned().unwrap_or(Value::Null);
    let mut variant = json!({
        "title": title,
        "price": Decimal::ZERO.fixed(places(&shop.settings)),
        "compareAtPrice": null,
        "sku": sku,
        "barcode": null,
        "position": position,
        "selectedOptions": new.selected,
        "inventoryPolicy": "DENY",
        "inventoryQuantity": 0,
        "taxable": true,
        "product": reference(product),
        "inventoryItem": reference(&inventory_item),
    });
    apply(&shop.settings, &mut variant, new.input);
    let id = shop.create("ProductVariant", Some(product), variant, now);
    let item = json!({
        "id": inventory_item,
        "createdAt": crate::store::timestamp(now),
        "updatedAt": crate::store::timestamp(now),
        "tracked": new.input["inventoryItem"].present("tracked").cloned().unwrap_or_else(|| json!(new.is_tracked)),
        "requiresShipping": true,
        "sku": sku,
        "countryCodeOfOrigin": null,
        "provinceCodeOfOrigin": null,
        "harmonizedSystemCode": null,
        "measurement": { "weight": { "unit": "KILOGRAMS", "value": 0 } },
        "variant": reference(&id),
    });
    shop.records.insert(&inventory_item, Some(&id), item, now);
    metafields::attach(context, &id, new.input.list("metafields"));
    id
}

/// Fields of an input that are stored as they are.
fn apply(settings: &Settings, variant: &mut Value, input: &Value) {
    for name in ["barcode", "inventoryPolicy", "taxable"] {
        if let Some(value) = input.present(name) {
            variant[name] = value.clone();
        }
    }
    for name in ["price", "compareAtPrice"] {
        match input.get(name) {
            Some(Value::Null) if name == "compareAtPrice" => variant[name] = Value::Null,
            Some(_) => {
                if let Some(amount) = input.decimal(name) {
                    variant[name] = json!(amount.fixed(places(settings)));
                }
            }
            None => {}
        }
    }
}

fn problems(settings: &Settings, index: usize, input: &Value) -> Vec<Value> {
    let index = index.to_string();
    let mut errors = Vec::new();
    let places = places(settings);
    for name in ["price", "compareAtPrice"] {
        if input.decimal(name).is_some_and(|amount| amount.round(places) != amount) {
            let path = ["variants", index.as_str(), name];
            let message = format!("Amounts in {} have {places} decimal places", settings.currency);
            errors.push(user_error(&path, &message, Some("INVALID")));
        }
    }
    if input.decimal("price").is_some_and(Decimal::is_negative) {
        let path = ["variants", index.as_str(), "price"];
        errors.push(user_error(&path, "Price must be greater than or equal to 0", Some("INVALID")));
    }
    errors
}

pub(super) fn create(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let gid = arguments.text("productId");
    let product = match existing(context, gid) {
        Ok(product) => product,
        Err(error) => return error_payload("product", vec![error]),
    };
    let inputs = arguments.list("variants");
    let settings = &context.shop.settings;
    let errors = inputs.iter().enumerate();
    let errors: Vec<Value> =
        errors.flat_map(|(index, input)| problems(settings, index, input)).collect();
    if !errors.is_empty() {
        return Ok(json!({ "product": product, "productVariants": [], "userErrors": errors }));
    }
    let is_standalone = {
        let mut variants = context.shop.records.children(gid, "ProductVariant");
        let first = variants.next().filter(|one| one.value.text("title") == "Default Title");
        first.filter(|_| variants.next().is_none()).map(|one| one.gid.clone())
    };
    if let Some(default) =
        is_standalone.filter(|_| arguments.text("strategy") != "PRESERVE_STANDALONE_VARIANT")
    {
        context.shop.records.remove(&default, context.now);
    }
    let mut created = Vec::new();
    for input in inputs {
        let selected = select_options(context, gid, input);
        let id = add_variant(context, gid, NewVariant { selected, input, is_tracked: true });
        created.push(reference(&id));
    }
    Ok(json!({ "product": product, "productVariants": created, "userErrors": [] }))
}

/// The options that an input selects; values that the product lacks are added to it.
fn select_options(context: &mut Context<'_>, product: &str, input: &Value) -> Vec<Value> {
    let mut options = context.shop.records.value(product)["options"].clone();
    let mut selected = Vec::new();
    for choice in input.list("optionValues") {
        let name = choice.text("name").to_owned();
        let (id, option_name) = (choice.text("optionId"), choice.text("optionName"));
        let mut all = options.as_array_mut().into_iter().flatten();
        let Some(option) = all.find(|one| one.text("id") == id || one.text("name") == option_name)
        else {
            continue;
        };
        if !option.list("optionValues").iter().any(|value| value.text("name") == name) {
            let id = context.shop.mint("ProductOptionValue");
            if let Some(values) = option["optionValues"].as_array_mut() {
                values.push(json!({ "id": id, "name": name }));
            }
        }
        selected.push(json!({ "name": option["name"], "value": name }));
    }
    context.shop.records.update(product, context.now, |fields| {
        fields.insert("options".to_owned(), options);
    });
    selected
}

pub(super) fn update(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let gid = arguments.text("productId");
    let product = match existing(context, gid) {
        Ok(product) => product,
        Err(error) => return error_payload("product", vec![error]),
    };
    let inputs = arguments.list("variants");
    let mut errors = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        errors.extend(problems(&context.shop.settings, index, input));
        let variant = context.shop.records.of("ProductVariant", input.text("id"));
        if variant.and_then(|one| one.parent.as_deref()) != Some(gid) {
            let index = index.to_string();
            let path = ["variants", index.as_str(), "id"];
            let code = Some("PRODUCT_VARIANT_DOES_NOT_EXIST");
            errors.push(user_error(&path, "Product variant does not exist", code));
        }
    }
    if !errors.is_empty() {
        return Ok(json!({ "product": product, "productVariants": null, "userErrors": errors }));
    }
    let mut updated = Vec::new();
    for input in inputs {
        let id = input.text("id");
        let mut variant = context.shop.records.value(id).as_ref().clone();
        apply(&context.shop.settings, &mut variant, input);
        if let Some(sku) = input["inventoryItem"].present("sku") {
            variant["sku"] = sku.clone();
        }
        let item =
            crate::store::referenced(&variant["inventoryItem"]).unwrap_or_default().to_owned();
        if let Some(tracked) = input["inventoryItem"].present("tracked") {
            context.shop.records.update(&item, context.now, |fields| {
                fields.insert("tracked".to_owned(), tracked.clone());
            });
        }
        context.shop.records.update(id, context.now, |fields| {
            fields.extend(variant.as_object().cloned().unwrap_or_default());
        });
        metafields::attach(context, id, input.list("metafields"));
        updated.push(reference(id));
    }
    context.shop.records.update(gid, context.now, |_| ());
    Ok(json!({ "product": product, "productVariants": updated, "userErrors": [] }))
}

pub(super) fn delete(context: &mut Context<'_>, arguments: &Value) -> Result<Value, Failure> {
    let gid = arguments.text("productId");
    let product = match existing(context, gid) {
        Ok(product) => product,
        Err(error) => return error_payload("product", vec![error]),
    };
    let ids: Vec<&str> = arguments.list("variantsIds").iter().filter_map(Value::as_str).collect();
    let records = &context.shop.records;
    let parent = |id: &str| records.of("ProductVariant", id)?.parent.as_deref();
    let is_own = |id: &&str| parent(id) == Some(gid);
    if let Some(position) = ids.iter().position(|id| !is_own(id)) {
        let index = position.to_string();
        let message = "At least one variant does not belong to the product";
        let code = Some("AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT");
        return error_payload("product", vec![user_error(&["variantsIds", &index], message, code)]);
    }
    for id in ids {
        context.shop.records.remove(id, context.now);
    }
    Ok(json!({ "product": product, "userErrors": [] }))
}

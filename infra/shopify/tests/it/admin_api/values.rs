//! The recorded requests with other values: titles, codes, amounts, tags.

use infra_shopify::store::Settings;
use serde_json::{Value, json};

use super::recording::{Step, World, recordings};

pub(crate) const AT: &str = "2026-11-30T10:00:00Z";

pub(crate) fn world() -> World {
    World::new(Settings::default(), AT, "2026-07")
}

fn step(recording: &str, name: &str) -> Step {
    let recordings = recordings();
    let mut steps = recordings[recording].steps.iter();
    steps.find(|step| step.name == name).unwrap().clone()
}

#[test]
fn a_discount_has_the_values_that_it_was_created_with() {
    let create = step("2026-04_discounts_discount-code-basic-lifecycle", "create");
    let mut input = create.variables["input"].clone();
    input["title"] = json!("Twelve off");
    input["code"] = json!("Spring-12");
    input["usageLimit"] = json!(3);
    input["combinesWith"] = json!({ "productDiscounts": true });
    input["minimumRequirement"] = json!({ "quantity": { "greaterThanOrEqualToQuantity": "4" } });
    input["customerGets"]["value"] = json!({ "percentage": 0.125 });
    input["startsAt"] = json!("2026-12-24T18:00:00+01:00");
    let world = world();
    let answer = world.run(&create.query, json!({ "input": input }));
    let discount = &answer["data"]["discountCodeBasicCreate"]["codeDiscountNode"]["codeDiscount"];
    assert_eq!(discount["title"], "Twelve off");
    assert_eq!(discount["status"], "SCHEDULED");
    assert_eq!(discount["startsAt"], "2026-12-24T17:00:00Z");
    assert_eq!(discount["summary"], "12.5% off entire order • Minimum quantity of 4");
    assert_eq!(discount["codes"]["nodes"][0]["code"], "Spring-12");
    assert_eq!(discount["customerGets"]["value"]["percentage"], 0.125);
    assert_eq!(
        discount["combinesWith"],
        json!({ "productDiscounts": true, "orderDiscounts": false, "shippingDiscounts": false })
    );
    assert_eq!(discount["minimumRequirement"]["greaterThanOrEqualToQuantity"], "4");
    let found = world.run("{ codeDiscountNodeByCode(code: \"SPRING-12\") { id } }", json!({}));
    let id = &answer["data"]["discountCodeBasicCreate"]["codeDiscountNode"]["id"];
    assert_eq!(found["data"]["codeDiscountNodeByCode"]["id"], *id);
    let again = world.run(&create.query, json!({ "input": input }));
    let error = &again["data"]["discountCodeBasicCreate"]["userErrors"][0];
    assert_eq!((&error["code"], &error["field"][1]), (&json!("TAKEN"), &json!("code")));
}

#[test]
fn a_product_has_the_options_that_it_was_created_with() {
    let create = step("2025-01_products_product-create-with-options-parity", "create");
    let options = json!([
        { "name": "Frame", "values": [{ "name": "Steel" }, { "name": "Oak" }] },
        { "name": "Wheels", "values": [{ "name": "28\"" }] },
    ]);
    let product = json!({ "title": "City Bike", "status": "ACTIVE", "productOptions": options });
    let answer = world().run(&create.query, json!({ "product": product }));
    let product = &answer["data"]["productCreate"]["product"];
    assert_eq!((&product["handle"], &product["status"]), (&json!("city-bike"), &json!("ACTIVE")));
    assert_eq!(product["options"][0]["values"], json!(["Steel"]));
    assert_eq!(product["options"][0]["optionValues"][1]["name"], "Oak");
    assert_eq!(product["variants"]["nodes"][0]["title"], "Steel / 28\"");
}

#[test]
fn a_customer_has_the_tags_that_were_added_and_not_removed() {
    let world = world();
    let create = "mutation($i: CustomerInput!) { customerCreate(input: $i) { customer { id } } }";
    let created =
        world.run(create, json!({ "i": { "email": "ann@example.com", "tags": ["b", "a"] } }));
    let id = &created["data"]["customerCreate"]["customer"]["id"];
    let change = "mutation($id: ID!) {
        add: tagsAdd(id: $id, tags: [\"Gold\", \"A\", \"x, y\"]) { node { id } userErrors { message } }
        drop: tagsRemove(id: $id, tags: [\"B\", \"X\"]) { node { ... on Customer { tags } } }
    }";
    let changed = world.run(change, json!({ "id": id }));
    assert_eq!(changed["data"]["drop"]["node"]["tags"], json!(["a", "Gold", "y"]));
    let unknown = world.run(change, json!({ "id": "gid://shopify/Customer/1" }));
    assert_eq!(unknown["data"]["add"]["userErrors"][0]["message"], "Customer does not exist");
}

#[test]
fn store_credit_adds_up_exactly() {
    let recording = "2025-01_customers_store-credit-account-parity";
    let world = world();
    let customer = step(recording, "customer");
    let created = world.run(&customer.query, customer.variables.clone());
    let id = &created["data"]["customerCreate"]["customer"]["id"];
    let credit = step(recording, "credit").query;
    let post = |amount: &str| {
        let money = json!({ "creditAmount": { "amount": amount, "currencyCode": "EUR" } });
        world.run(&credit, json!({ "id": id, "creditInput": money }))
    };
    post("0.10");
    let second = post("0.20");
    let transaction = &second["data"]["storeCreditAccountCredit"]["storeCreditAccountTransaction"];
    assert_eq!(
        transaction["balanceAfterTransaction"],
        json!({ "amount": "0.3", "currencyCode": "EUR" })
    );
    let debit = step(recording, "debit").query;
    let money = json!({ "debitAmount": { "amount": "0.31", "currencyCode": "EUR" } });
    let refused = world.run(&debit, json!({ "id": id, "debitInput": money }));
    let errors = &refused["data"]["storeCreditAccountDebit"]["userErrors"];
    assert_eq!(errors[0]["code"], "INSUFFICIENT_FUNDS");
}

#[test]
fn a_metafield_changes_only_for_the_digest_that_was_read() {
    let world = world();
    let create = "mutation { productCreate(product: { title: \"Bell\" }) { product { id } } }";
    let created = world.run(create, json!({}));
    let owner = &created["data"]["productCreate"]["product"]["id"];
    let set = step("2025-01_products_metafields-set-parity", "set").query;
    let write = |value: &str, digest: Value| {
        let row = json!({ "ownerId": owner, "namespace": "$app", "key": "tier",
            "type": "single_line_text_field", "value": value, "compareDigest": digest });
        world.run(&set, json!({ "metafields": [row] }))["data"]["metafieldsSet"].clone()
    };
    let first = write("silver", Value::Null);
    let digest = &first["metafields"][0]["compareDigest"];
    assert_eq!(first["metafields"][0]["namespace"], "app--347082227713");
    assert_eq!(write("gold", digest.clone())["metafields"][0]["value"], "gold");
    assert_eq!(write("bronze", digest.clone())["userErrors"][0]["code"], "STALE_OBJECT");
}

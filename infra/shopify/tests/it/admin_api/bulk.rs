//! Bulk operations from the request to the file.

use infra_shopify::admin_api::fail_bulk_operation;
use serde_json::{Value, json};

use super::recording::World;
use super::values::world;

const RUN: &str =
    "mutation($q: String!) { bulkOperationRunQuery(query: $q) { bulkOperation { id status }
    userErrors { message } } }";
const STATE: &str = "query($id: ID!) { bulkOperation(id: $id) { status errorCode objectCount
    rootObjectCount fileSize url partialDataUrl } }";
const QUERY: &str =
    "{ products { edges { node { id title variants { edges { node { sku price } } } } } } }";

fn shop_with_two_products() -> World {
    let world = world();
    for title in ["Bell", "Bike"] {
        let create =
            "mutation($p: ProductCreateInput!) { productCreate(product: $p) { product { id } } }";
        world.run(create, json!({ "p": { "title": title } }));
    }
    world
}

fn start(world: &World) -> Value {
    let run = world.run(RUN, json!({ "q": QUERY }));
    run["data"]["bulkOperationRunQuery"]["bulkOperation"]["id"].clone()
}

fn state(world: &World, id: &Value) -> Value {
    world.run(STATE, json!({ "id": id }))["data"]["bulkOperation"].clone()
}

fn file(world: &World, url: &Value) -> Vec<Value> {
    let name = url.as_str().unwrap().rsplit('/').next().unwrap();
    let shop = world.api.shop();
    shop.file(name).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_bulk_operation_ends_in_a_file_of_lines() {
    let world = shop_with_two_products();
    let id = start(&world);
    assert_eq!(state(&world, &id)["status"], "CREATED");
    world.wait(1);
    assert_eq!(state(&world, &id)["status"], "RUNNING");
    assert_eq!(state(&world, &id)["url"], Value::Null);
    world.wait(2);
    let ended = state(&world, &id);
    assert_eq!((&ended["status"], &ended["objectCount"]), (&json!("COMPLETED"), &json!("4")));
    let lines = file(&world, &ended["url"]);
    assert_eq!(lines[0]["title"], "Bell");
    assert_eq!(lines[2], json!({ "__parentId": lines[0]["id"], "sku": null, "price": "0.00" }));
}

#[test]
fn a_failed_or_cancelled_operation_leaves_a_part() {
    let world = shop_with_two_products();
    let id = start(&world);
    world.wait(1);
    fail_bulk_operation(&mut world.api.shop(), id.as_str().unwrap(), "TIMEOUT", world.now());
    let failed = state(&world, &id);
    assert_eq!((&failed["status"], &failed["errorCode"]), (&json!("FAILED"), &json!("TIMEOUT")));
    assert_eq!(failed["url"], Value::Null);
    assert_eq!(file(&world, &failed["partialDataUrl"]).len(), 2);
}

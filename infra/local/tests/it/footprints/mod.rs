//! The footprint of each operation, counted below the SDK: `forecourt cost` computes its bill from
//! these figures.

mod meter;
mod stage;

use std::collections::BTreeMap;

use domain_core::time::DAY_MS;
use edge_wire::function::HttpFunction;
use edge_wire::identity::Kind;
use http::Request;
use infra_cost::{Footprint, Operation};
use infra_local::demo;
use infra_local::wiring::{CART_QUEUE, LOYALTY_QUEUE, REDEMPTION_QUEUE};
use serde_json::json;

use meter::Meter;
use stage::{Stage, count_logs};

/// Longer than any instance's cache entry is fresh.
const EXPIRED_MS: u64 = 6_000;

type Footprints = Vec<(Operation, Footprint)>;

/// Reads after the instance's cache has expired.
async fn reads(stage: &Stage, footprints: &mut Footprints) {
    let product = "/v1/configurator/tee/resolution";
    let reads = [
        (Operation::ReadProduct, HttpFunction::ConfiguratorRead, product, None),
        (Operation::ReadLoyalty, HttpFunction::LoyaltyRead, "/v1/loyalty", Some(Kind::Customer)),
    ];
    for (operation, function, path, who) in reads {
        stage.read(function, path, who).await;
        stage.pass(EXPIRED_MS);
        stage.take();
        stage.read(function, path, who).await;
        footprints.push((operation, stage.take()));
    }
}

async fn cart(stage: &mut Stage, footprints: &mut Footprints) {
    for line in ["one", "two", "three"] {
        stage.add(line).await;
        stage.apply(&[CART_QUEUE]).await;
        stage.pass(EXPIRED_MS);
    }
    stage.read(HttpFunction::CartRead, "/v1/cart", Some(Kind::Cart)).await;
    stage.take();
    stage.add("four").await;
    let accepted = stage.take();
    let delivered = stage.apply(&[CART_QUEUE]).await;
    let messages = delivered.len() as u64;
    footprints.push((Operation::AcceptCommand, Footprint { messages, ..accepted }));
    footprints.push((Operation::ApplyCommand, stage.take()));
    stage.pass(EXPIRED_MS);
    stage.read(HttpFunction::CartRead, "/v1/cart", Some(Kind::Cart)).await;
    footprints.push((Operation::ReadCart, stage.take()));
    stage.pass(EXPIRED_MS);
    stage.read(HttpFunction::Commands, "/v1/cart/checkout", Some(Kind::Cart)).await;
    footprints.push((Operation::CheckOut, stage.take()));
    let request = Request::post("/v1/configurator/tee/selections");
    stage.pass(EXPIRED_MS);
    let selection = json!({"selection": {"colour": "white"}});
    stage.command(request, None, "saved", &selection).await;
    footprints.push((Operation::SaveSelection, stage.take()));
}

/// An order in Shopify's full format with this id.
fn order(payload: &str, id: u64) -> String {
    payload.replace("820982911946154508", &id.to_string())
}

async fn webhooks(stage: &Stage, footprints: &mut Footprints) {
    for earlier in 1..=5 {
        let paid = order(&demo::orders_paid(None, stage.now()), earlier);
        stage.deliver("orders/paid", &paid).await;
    }
    stage.apply(&[LOYALTY_QUEUE, CART_QUEUE]).await;
    stage.take();
    let link = stage.link("counted");
    let paid = demo::orders_paid(Some(&link), stage.now());
    stage.deliver("orders/create", &paid).await;
    let received = stage.take();
    let event_bytes = received.event_bytes - paid.len() as u64;
    footprints.push((Operation::ReceiveWebhook, Footprint { event_bytes, ..received }));
    assert_eq!(stage.apply(&[LOYALTY_QUEUE]).await.len(), 0, "it is not paid");
    assert_eq!(stage.apply(&[CART_QUEUE]).await.len(), 1);
    footprints.push((Operation::TakeFromCart, stage.take()));
    stage.deliver("orders/paid", &paid).await;
    stage.take();
    assert_eq!(stage.apply(&[LOYALTY_QUEUE]).await.len(), 1);
    footprints.push((Operation::AbsorbPaid, stage.take()));
    assert_eq!(stage.apply(&[CART_QUEUE]).await.len(), 1);
    footprints.push((Operation::TakeFromCartAgain, stage.take()));
    stage.deliver("refunds/create", &demo::refunds_create(stage.now())).await;
    stage.take();
    assert_eq!(stage.apply(&[LOYALTY_QUEUE, CART_QUEUE]).await.len(), 1);
    footprints.push((Operation::AbsorbRefund, stage.take()));
    stage.deliver("products/update", "{\"id\":1}").await;
    stage.take();
    assert_eq!(stage.apply(&[LOYALTY_QUEUE, CART_QUEUE]).await.len(), 0, "no queue takes it");
    let unlinked = order(&demo::orders_paid(None, stage.now()), 6);
    stage.deliver("orders/paid", &unlinked).await;
    stage.apply(&[LOYALTY_QUEUE]).await;
    stage.take();
    stage.apply(&[CART_QUEUE]).await;
    footprints.push((Operation::TakeFromNoCart, stage.take()));
}

async fn redemption(stage: &Stage, footprints: &mut Footprints) {
    stage.pass(30 * DAY_MS);
    stage.read(HttpFunction::LoyaltyRead, "/v1/loyalty", Some(Kind::Customer)).await;
    stage.take();
    let voucher = json!({"points": 250, "reward": "five-euro"});
    let request = Request::post("/v1/loyalty/redemptions");
    stage.command(request, Kind::Customer, "voucher", &voucher).await;
    let accepted = stage.take();
    let delivered = stage.apply(&[LOYALTY_QUEUE, REDEMPTION_QUEUE]).await;
    let commands = delivered.iter().filter(|(_, kind)| kind == "loyalty.commanded").count() as u64;
    footprints.push((Operation::AcceptRedemption, Footprint { messages: commands, ..accepted }));
    let messages = delivered.len() as u64 - commands;
    footprints.push((Operation::CarryRedemption, Footprint { messages, ..stage.take() }));
}

#[tokio::test]
async fn every_operation_has_the_footprint_of_the_bill() {
    let meter = Meter::default();
    let _logs = count_logs(&meter);
    let mut stage = Stage::open(&meter).await;
    let mut footprints = Footprints::new();
    cart(&mut stage, &mut footprints).await;
    webhooks(&stage, &mut footprints).await;
    reads(&stage, &mut footprints).await;
    redemption(&stage, &mut footprints).await;
    let missing: Vec<_> =
        Operation::ALL.iter().filter(|it| footprints.iter().all(|(op, _)| op != *it)).collect();
    assert!(missing.is_empty(), "not counted: {missing:?}");
    let differing =
        footprints.iter().filter(|(operation, counted)| operation.footprint() != *counted);
    let differing: BTreeMap<_, _> = differing.copied().collect();
    assert!(
        differing.is_empty(),
        "infra/cost/footprints.json differs from the counts:\n{}",
        serde_json::to_string_pretty(&differing).unwrap()
    );
}

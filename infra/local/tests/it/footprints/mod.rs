//! What each operation takes, counted below the SDK: `forecourt cost` reckons with these figures,
//! so that its bill is one of this code.

mod meter;
mod stage;

use edge_wire::identity::Kind;
use http::Request;
use infra_cost::{Footprint, Operation};
use infra_local::demo;
use infra_local::wiring::{CART_QUEUE, LOYALTY_QUEUE, REDEMPTION_QUEUE};
use origin_domain::time::DAY_MS;
use origin_functions::functions::Function;
use serde_json::json;

use meter::Meter;
use stage::{Stage, count_logs};

/// Longer than any instance remembers that something has not changed.
const FORGOTTEN_MS: u64 = 6_000;

type Seen = Vec<(Operation, Footprint)>;

/// Reads that memory can't answer any more.
async fn reads(stage: &Stage, seen: &mut Seen) {
    let product = "/v1/configurator/tee/resolution";
    let asked = [
        (Operation::ReadProduct, Function::ConfiguratorRead, product, None),
        (Operation::ReadLoyalty, Function::LoyaltyRead, "/v1/loyalty", Some(Kind::Customer)),
    ];
    for (operation, function, path, who) in asked {
        stage.read(function, path, who).await;
        stage.pass(FORGOTTEN_MS);
        stage.take();
        stage.read(function, path, who).await;
        seen.push((operation, stage.take()));
    }
}

async fn cart(stage: &mut Stage, seen: &mut Seen) {
    for line in ["one", "two", "three"] {
        stage.add(line).await;
        stage.apply(&[CART_QUEUE]).await;
        stage.pass(FORGOTTEN_MS);
    }
    stage.read(Function::CartRead, "/v1/cart", Some(Kind::Cart)).await;
    stage.take();
    stage.add("four").await;
    let accepted = stage.take();
    let delivered = stage.apply(&[CART_QUEUE]).await;
    let messages = delivered.len() as u64;
    seen.push((Operation::AcceptCommand, Footprint { messages, ..accepted }));
    seen.push((Operation::ApplyCommand, stage.take()));
    stage.read(Function::CartRead, "/v1/cart", Some(Kind::Cart)).await;
    seen.push((Operation::ReadCart, stage.take()));
    stage.pass(FORGOTTEN_MS);
    stage.read(Function::Commands, "/v1/cart/checkout", Some(Kind::Cart)).await;
    seen.push((Operation::CheckOut, stage.take()));
    let request = Request::post("/v1/configurator/tee/selections");
    stage.pass(FORGOTTEN_MS);
    let selection = json!({"selection": {"colour": "white"}});
    stage.command(request, Kind::Cart, "saved", &selection).await;
    seen.push((Operation::SaveSelection, stage.take()));
}

/// An order with everything Shopify tells of it, under an id of its own.
fn order(payload: &str, id: u64) -> String {
    payload.replace("820982911946154508", &id.to_string())
}

async fn webhooks(stage: &Stage, seen: &mut Seen) {
    for earlier in 1..=5 {
        let paid = order(&demo::orders_paid(None, stage.now()), earlier);
        stage.deliver("orders/paid", &paid).await;
    }
    stage.apply(&[LOYALTY_QUEUE, CART_QUEUE]).await;
    stage.take();
    let paid = demo::orders_paid(Some("counted"), stage.now());
    let told = [
        ("orders/create", paid.clone(), Operation::AbsorbCreated, Operation::TakeFromCart),
        ("orders/paid", paid, Operation::AbsorbPaid, Operation::TakeFromCartAgain),
    ];
    for (topic, payload, absorbed, taken) in told {
        stage.deliver(topic, &payload).await;
        let received = stage.take();
        let mut delivered = stage.apply(&[LOYALTY_QUEUE]).await;
        seen.push((absorbed, stage.take()));
        delivered.extend(stage.apply(&[CART_QUEUE]).await);
        seen.push((taken, stage.take()));
        assert_eq!(delivered.len(), 2, "an order is told to the ledger and to its cart");
        if topic == "orders/create" {
            let event_bytes = received.event_bytes - payload.len() as u64;
            seen.push((Operation::ReceiveWebhook, Footprint { event_bytes, ..received }));
        }
    }
    let refund = demo::refunds_create(stage.now());
    for (topic, payload, absorbed) in [
        ("refunds/create", refund, Operation::AbsorbRefund),
        ("products/update", "{\"id\":1}".to_owned(), Operation::AbsorbOther),
    ] {
        stage.deliver(topic, &payload).await;
        stage.take();
        assert_eq!(stage.apply(&[LOYALTY_QUEUE, CART_QUEUE]).await.len(), 1, "{topic}");
        seen.push((absorbed, stage.take()));
    }
    let unlinked = order(&demo::orders_paid(None, stage.now()), 6);
    stage.deliver("orders/paid", &unlinked).await;
    stage.apply(&[LOYALTY_QUEUE]).await;
    stage.take();
    stage.apply(&[CART_QUEUE]).await;
    seen.push((Operation::TakeFromNoCart, stage.take()));
}

async fn redemption(stage: &Stage, seen: &mut Seen) {
    stage.pass(30 * DAY_MS);
    stage.read(Function::LoyaltyRead, "/v1/loyalty", Some(Kind::Customer)).await;
    stage.take();
    let wanted = json!({"points": 250, "reward": "five-euro"});
    let request = Request::post("/v1/loyalty/redemptions");
    stage.command(request, Kind::Customer, "voucher", &wanted).await;
    let accepted = stage.take();
    let delivered = stage.apply(&[LOYALTY_QUEUE, REDEMPTION_QUEUE]).await;
    let asked = delivered.iter().filter(|(_, told)| told == "loyalty.commanded").count() as u64;
    seen.push((Operation::AcceptRedemption, Footprint { messages: asked, ..accepted }));
    let messages = delivered.len() as u64 - asked;
    seen.push((Operation::CarryRedemption, Footprint { messages, ..stage.take() }));
}

#[tokio::test]
async fn every_operation_takes_what_the_bill_reckons_with() {
    let meter = Meter::default();
    let _logs = count_logs(&meter);
    let mut stage = Stage::open(&meter).await;
    let mut seen = Seen::new();
    cart(&mut stage, &mut seen).await;
    webhooks(&stage, &mut seen).await;
    reads(&stage, &mut seen).await;
    redemption(&stage, &mut seen).await;
    let missing: Vec<_> =
        Operation::ALL.iter().filter(|it| seen.iter().all(|(op, _)| op != *it)).collect();
    assert!(missing.is_empty(), "not counted: {missing:?}");
    let told = |(operation, footprint): &(Operation, Footprint)| {
        let Footprint { table_calls, write_units, read_halves, .. } = footprint;
        let Footprint { publishes, events, event_bytes, messages, log_bytes, .. } = footprint;
        format!(
            "Self::{operation:?} => footprint([{table_calls}, {write_units}, {read_halves}], \
             [{publishes}, {events}, {event_bytes}, {messages}], {log_bytes}),\n"
        )
    };
    let wrong = seen.iter().filter(|(operation, seen)| operation.footprint() != *seen);
    let wrong: String = wrong.map(told).collect();
    assert!(wrong.is_empty(), "infra/cost/src/footprint.rs is not what was counted:\n{wrong}");
}

//! Lines of the bill, one thing at a time.

use infra_cost::{Dollars, Item, Next, Operation, PriceFile, Profile, estimate};
use serde_json::json;

use crate::month::{bill, month, parsed, quiet, usd};

#[test]
fn reads_that_the_edge_answers_cost_the_edge_alone() {
    let bill = bill(&month(&[
        ("/reads/product/a_month", 10_000_000),
        ("/reads/product/edge_hits_percent", 100),
        ("/reads/product/bytes", 3_000),
    ]));
    // A thousand times 10,000 at 0.0100.
    assert_eq!(usd(&bill, Item::EdgeRequests), "10");
    // 30 GB at 0.085.
    assert_eq!(usd(&bill, Item::EdgeBytesOut), "2.55");
    // Ten million at 0.10, and as many reads of the store at 0.03.
    assert_eq!(usd(&bill, Item::EdgeFunctionCalls), "1");
    assert_eq!(usd(&bill, Item::EdgeStoreReads), "0.3");
    assert_eq!(usd(&bill, Item::LambdaRequests), "");
    assert_eq!(usd(&bill, Item::TableReads), "");
}

#[test]
fn reads_from_memory_cost_a_function_and_no_table() {
    let bill = bill(&month(&[
        ("/reads/cart/a_month", 5_000_000),
        ("/reads/cart/edge_hits_percent", 80),
        ("/reads/cart/memory_hits_percent", 100),
    ]));
    // One million reach cart-read: 0.20, and 2 ms of 512 MB each, 1,000 GB-seconds at 0.0000166667.
    assert_eq!(usd(&bill, Item::LambdaRequests), "0.2");
    assert_eq!(usd(&bill, Item::LambdaTimeX86), "0.0166667");
    assert_eq!(usd(&bill, Item::TableReads), "");
    assert_eq!(usd(&bill, Item::ApiRequests), "");
}

#[test]
fn arm_is_a_fifth_cheaper() {
    let mut profile = quiet();
    profile["architecture"] = json!("arm64");
    profile["reads"]["cart"] = json!({"a_month": 1_000_000, "edge_hits_percent": 0,
        "memory_hits_percent": 100, "bytes": 0});
    // The same 1,000 GB-seconds at 0.0000133334.
    assert_eq!(usd(&bill(&parsed(&profile)), Item::LambdaTimeArm64), "0.0133334");
}

#[test]
fn a_webhook_is_an_event_in_pieces_of_64_kib_an_api_request_and_a_message() {
    let of = |bytes| bill(&month(&[("/webhooks/refunds", 1_000_000), ("/webhooks/bytes", bytes)]));
    assert_eq!(usd(&of(12_000), Item::Events), "1");
    assert_eq!(usd(&of(100_000), Item::Events), "2");
    assert_eq!(usd(&of(12_000), Item::ApiRequests), "1");
    // 12 GB to the origin at 0.020.
    assert_eq!(usd(&of(12_000), Item::EdgeBytesToOrigin), "0.24");
    // Sent, received and deleted, at 0.40, more than in a quiet month.
    let quiet = bill(&month(&[]));
    let queue = |bill| usd(bill, Item::QueueRequests);
    let [busy, idle] = [queue(&of(12_000)), queue(&quiet)]
        .map(|usd| infra_cost::Decimal::parse(&usd).unwrap().dollars());
    assert_eq!(Dollars(busy.0 - idle.0).to_string(), "1.20");
    // The archive takes each byte at 0.10 a GB.
    let envelope = u128::from(Operation::ReceiveWebhook.footprint().event_bytes);
    let archived = of(12_000).lines.into_iter().find(|line| line.item == Item::ArchivedBytes);
    assert_eq!(archived.unwrap().quantity, (12_000 + envelope) * 1_000_000);
}

#[test]
fn a_webhook_that_nothing_reads_is_an_event_without_a_message() {
    let others = bill(&month(&[("/webhooks/others", 1_000_000)]));
    assert_eq!(usd(&others, Item::Events), "1");
    assert_eq!(usd(&others, Item::QueueRequests), usd(&bill(&month(&[])), Item::QueueRequests));
}

#[test]
fn an_order_is_two_webhooks_and_three_messages() {
    let one = bill(&month(&[("/webhooks/orders/a_month", 500_000)]));
    let quiet = bill(&month(&[]));
    assert_eq!(usd(&one, Item::Events), "1");
    let quantity = |bill: &infra_cost::Bill| {
        bill.lines.iter().find(|line| line.item == Item::QueueRequests).unwrap().quantity
    };
    // Both go to the carts, one to the ledger; each message is sent, received and deleted.
    assert_eq!(quantity(&one) - quantity(&quiet), 4_500_000);
}

#[test]
fn a_command_is_charged_by_its_counted_footprint() {
    let bill = bill(&month(&[("/writes/cart_commands", 1_000_000)]));
    let [accept, apply] =
        [Operation::AcceptCommand, Operation::ApplyCommand].map(Operation::footprint);
    let quantity = |item| bill.lines.iter().find(|line| line.item == item).unwrap().quantity;
    let million = |each: u64| u128::from(each) * 1_000_000;
    assert_eq!(quantity(Item::TableWrites), million(accept.write_units + apply.write_units));
    assert_eq!(quantity(Item::TableReads), million(accept.read_halves + apply.read_halves));
    assert_eq!(quantity(Item::Events), million(1));
    // The function's calls are sequential: 2 ms, 5 for each call of the table, 25 for the event;
    // then the consumer's. 512 and 256 MB.
    let accepted = 512 * (2 + 5 * accept.table_calls + 25);
    let applied = 256 * (2 + 5 * apply.table_calls);
    assert_eq!(quantity(Item::LambdaTimeX86), million(accepted + applied));
}

#[test]
fn warm_environments_are_charged_by_the_hour() {
    let bill = bill(&month(&[
        ("/warm/environments", 2),
        ("/warm/campaign_environments", 12),
        ("/warm/campaign_hours", 30),
        ("/reads/cart/a_month", 1_000_000),
        ("/reads/cart/memory_hits_percent", 100),
    ]));
    // 700 hours of 2 and 30 of 12 are 1,760 environment-hours of 1,769 + 512 + 512 MB: at 1,024 MB
    // a GB, 17,281,687.5 GB-seconds at 0.0000041667.
    assert_eq!(usd(&bill, Item::LambdaWarmX86), "72.00760730625");
    // Invocations there cost 0.0000097222.
    assert_eq!(usd(&bill, Item::LambdaWarmTimeX86), "0.0097222");
    assert_eq!(usd(&bill, Item::LambdaTimeX86), "");
}

#[test]
fn lambda_at_edge_costs_six_times_the_function_and_its_time() {
    let mut profile = quiet();
    profile["edge"] = json!("lambda-at-edge");
    profile["reads"]["product"]["a_month"] = json!(1_000_000);
    profile["reads"]["product"]["edge_hits_percent"] = json!(100);
    let bill = bill(&parsed(&profile));
    assert_eq!(usd(&bill, Item::EdgeLambdaRequests), "0.6");
    // 1 ms of 128 MB, a million times: 125 GB-seconds at 0.00005001.
    assert_eq!(usd(&bill, Item::EdgeLambdaTime), "0.00625125");
    assert_eq!(usd(&bill, Item::EdgeFunctionCalls), "");
}

#[test]
fn stored_data_and_alarms_are_charged_by_the_month() {
    let bill = bill(&month(&[
        ("/fixed/table_bytes", 5_000_000_000),
        ("/fixed/alarms", 40),
        ("/fixed/dashboards", 1),
        ("/fixed/secrets", 1),
        ("/publications", 300),
    ]));
    assert_eq!(usd(&bill, Item::TableStored), "1.25");
    assert_eq!(usd(&bill, Item::TableBackup), "1");
    assert_eq!(usd(&bill, Item::Alarms), "4");
    assert_eq!(usd(&bill, Item::Dashboards), "3");
    assert_eq!(usd(&bill, Item::Secrets), "0.4");
    assert_eq!(usd(&bill, Item::Invalidations), "1.5");
    // 25 GB and 1,000 invalidations are free.
    let free = |item| bill.lines.iter().find(|line| line.item == item).unwrap().free_usd;
    assert_eq!(free(Item::TableStored).to_string(), "1.25");
    assert_eq!(free(Item::Invalidations).to_string(), "1.50");
    assert_eq!(free(Item::TableBackup), Dollars(0));
}

#[test]
fn the_free_tier_is_listed_and_never_exceeds_the_usage() {
    let bill = bill(&month(&[
        ("/reads/product/a_month", 12_000_000),
        ("/reads/product/edge_hits_percent", 100),
    ]));
    let line = bill.lines.iter().find(|line| line.item == Item::EdgeRequests).unwrap();
    // 12 million cost 12 dollars; 10 million are free.
    assert_eq!((line.usd.to_string(), line.free_usd.to_string()), ("12.00".into(), "10.00".into()));
    let sum: i128 = bill.lines.iter().map(|line| line.usd.0).sum();
    assert_eq!(bill.total.0, sum);
}

#[test]
fn the_next_million_is_in_the_proportions_of_the_month() {
    let mut profile = quiet();
    let read = |a_month| json!({"a_month": a_month, "edge_hits_percent": 100, "memory_hits_percent": 0, "bytes": 0});
    profile["reads"]["product"] = read(2_000_000);
    profile["reads"]["cart"] = read(1_000_000);
    let next = Next::of(&parsed(&profile), &PriceFile::built_in()).unwrap();
    // At the edge alone: 100 times 0.0100, one of 0.10 and one of 0.03.
    assert_eq!(next.reads.unwrap().to_string(), "1.13");
    assert_eq!(next.webhooks, None, "the month has no webhooks");
    profile["reads"]["cart"]["edge_hits_percent"] = json!(0);
    profile["reads"]["cart"]["memory_hits_percent"] = json!(100);
    let next = Next::of(&parsed(&profile), &PriceFile::built_in()).unwrap();
    // A third of the million, 333,333, now reaches a function: 0.0666666 and a third of 0.0166667;
    // the remainder of one is the cart's.
    let more = next.reads.unwrap().0 - 1_130_000_000_000;
    assert_eq!(more, 333_334 * 200_000 + (333_334 * 16_666_700_i128 * 1_024 + 512_000) / 1_024_000);
}

#[test]
fn the_built_in_months_are_compared_with_their_claims() {
    for (name, text) in infra_cost::BUILT_IN {
        let profile = Profile::parse(name, text).unwrap();
        let rate = infra_cost::ExchangeRate::parse("88.75@2026-11-20").unwrap();
        let estimate = estimate(&profile, &PriceFile::built_in(), Some(rate)).unwrap();
        let text = estimate.to_string();
        assert!(text.contains("\npublished  ") && text.contains("\nours       "), "{text}");
        assert!(text.contains("88.75 rupees to the dollar (2026-11-20)"), "{text}");
        assert!(
            estimate.bill.unsourced.0 * 2 < estimate.bill.total.0,
            "{name}: too many unsourced prices"
        );
    }
}

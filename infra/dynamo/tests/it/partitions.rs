//! Some partitions are forgotten, and no others.

use infra_dynamo::Partitions;

use crate::tables::{HOT, fresh, get, item, put};

const CARTS: Partitions<'static> = Partitions { table: HOT, keys: &["pk", "sk"], prefix: "cart/" };

#[tokio::test(start_paused = true)]
async fn carts_are_forgotten_and_products_are_not() {
    let (tables, client) = fresh().await;
    assert!(!tables.holds_any(&CARTS).unwrap());
    for n in 0..1_300 {
        let kind = if n % 2 == 0 { "cart" } else { "product" };
        put(&client, HOT, item(&format!("{kind}/{n}"), 1)).await;
    }
    assert!(tables.holds_any(&CARTS).unwrap());
    assert_eq!(tables.forget(&CARTS).unwrap(), 650);
    assert!(!tables.holds_any(&CARTS).unwrap());
    for n in 0..1_300 {
        assert_eq!(get(&client, HOT, &format!("product/{n}")).await.is_some(), n % 2 == 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_that_was_never_made_holds_nothing() {
    let (tables, _) = fresh().await;
    let nowhere = Partitions { table: "nowhere", ..CARTS };
    assert!(!tables.holds_any(&nowhere).unwrap());
    assert_eq!(tables.forget(&nowhere).unwrap(), 0);
}

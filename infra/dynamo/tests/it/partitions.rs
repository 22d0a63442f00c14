//! Deletion of the partitions with a prefix, and no others.

use infra_dynamo::Partitions;

use crate::tables::{HOT, fresh, get, item, put};

const CARTS: Partitions<'static> = Partitions { table: HOT, keys: &["pk", "sk"], prefix: "cart/" };

#[tokio::test(start_paused = true)]
async fn carts_are_deleted_and_products_are_not() {
    let (tables, client) = fresh().await;
    assert!(!tables.holds_any(&CARTS).unwrap());
    for n in 0..1_300 {
        let kind = if n % 2 == 0 { "cart" } else { "product" };
        put(&client, HOT, item(&format!("{kind}/{n}"), 1)).await;
    }
    assert!(tables.holds_any(&CARTS).unwrap());
    assert_eq!(tables.delete(&CARTS).unwrap(), 650);
    assert!(!tables.holds_any(&CARTS).unwrap());
    for n in 0..1_300 {
        assert_eq!(get(&client, HOT, &format!("product/{n}")).await.is_some(), n % 2 == 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_table_has_no_items() {
    let (tables, _) = fresh().await;
    let nowhere = Partitions { table: "nowhere", ..CARTS };
    assert!(!tables.holds_any(&nowhere).unwrap());
    assert_eq!(tables.delete(&nowhere).unwrap(), 0);
}

//! A product written in the authoring format is read back as it was.

use origin_domain::configurator::Product;
use proptest::prelude::*;

use super::models::asked;

const BIKE: &[u8] = include_bytes!("../../../../../infra/local/demo/bike.json");
const TEE: &[u8] = include_bytes!("../../../../../infra/local/demo/tee.json");

fn written(product: &Product) -> Product {
    Product::parse(product.to_document().to_string().as_bytes()).unwrap()
}

#[test]
fn the_demo_products_are_written_as_they_were_read() {
    for document in [BIKE, TEE] {
        let product = Product::parse(document).unwrap();
        assert_eq!(written(&product), product);
    }
}

#[test]
fn what_is_out_of_stock_is_written_and_read() {
    let tee = String::from_utf8(TEE.to_vec()).unwrap();
    let sold_out = tee.replacen("\"variant_id\"", "\"available\":false,\"variant_id\"", 1);
    let product = Product::parse(sold_out.as_bytes()).unwrap();
    assert!(!product.variants()[0].available && product.variants()[1].available);
    assert_eq!(written(&product), product);
    let wrong = tee.replacen("\"variant_id\"", "\"available\":\"no\",\"variant_id\"", 1);
    let mistakes = Product::parse(wrong.as_bytes()).unwrap_err();
    assert_eq!(mistakes[0].field, "/variants/0/available");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_product_is_written_as_it_was_read(asked in asked()) {
        let product = Product::parse(asked.document.to_string().as_bytes()).unwrap();
        prop_assert_eq!(written(&product), product);
    }
}

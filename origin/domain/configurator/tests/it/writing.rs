//! Products written in the authoring format are read back unchanged.

use domain_configurator::Product;
use proptest::prelude::*;

use super::models::samples;

const BIKE: &[u8] = include_bytes!("../../../../../infra/local/demo/bike.json");
const TEE: &[u8] = include_bytes!("../../../../../infra/local/demo/tee.json");

fn round_trip(product: &Product) -> Product {
    Product::parse(product.to_document().to_string().as_bytes()).unwrap()
}

#[test]
fn the_demo_products_round_trip() {
    for document in [BIKE, TEE] {
        let product = Product::parse(document).unwrap();
        assert_eq!(round_trip(&product), product);
    }
}

#[test]
fn availability_round_trips() {
    let tee = String::from_utf8(TEE.to_vec()).unwrap();
    let sold_out = tee.replacen("\"variant_id\"", "\"available\":false,\"variant_id\"", 1);
    let product = Product::parse(sold_out.as_bytes()).unwrap();
    assert!(!product.variants()[0].available && product.variants()[1].available);
    assert_eq!(round_trip(&product), product);
    let invalid = tee.replacen("\"variant_id\"", "\"available\":\"no\",\"variant_id\"", 1);
    let mistakes = Product::parse(invalid.as_bytes()).unwrap_err();
    assert_eq!(mistakes[0].field, "/variants/0/available");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_product_round_trips(sample in samples()) {
        let product = Product::parse(sample.document.to_string().as_bytes()).unwrap();
        prop_assert_eq!(round_trip(&product), product);
    }
}

//! What an added item costs, and why it can't be added.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use domain_cart::{Addition, NotSold, Offer, SoldBy, offer};
use domain_catalog::{Catalog, InStock, Published};
use domain_configurator::UnknownChoice;
use domain_core::money::Money;
use domain_core::port::PortError;
use serde_json::{Value, json};

use super::checkouts::{bike, compiled, texts};

/// One product that is published, and a variant that it no longer sells.
struct OneProduct(Arc<Published>);

/// A catalog that does not answer.
struct Unavailable;

impl Catalog for OneProduct {
    async fn product(&self, product: &str) -> Result<Option<Arc<Published>>, PortError> {
        Ok((product == self.0.configurator.product().id()).then(|| Arc::clone(&self.0)))
    }

    async fn product_of_variant(&self, variant_id: &str) -> Result<Option<String>, PortError> {
        let product = self.0.configurator.product().id().to_owned();
        let is_sold = self.0.configurator.variant(variant_id).is_some();
        Ok((is_sold || variant_id == "gone").then_some(product))
    }
}

impl Catalog for Unavailable {
    async fn product(&self, _: &str) -> Result<Option<Arc<Published>>, PortError> {
        Err(PortError::Unavailable("the table".to_owned()))
    }

    async fn product_of_variant(&self, _: &str) -> Result<Option<String>, PortError> {
        Err(PortError::Unavailable("the table".to_owned()))
    }
}

fn published(document: &Value) -> OneProduct {
    let configurator = Arc::new(compiled(document));
    OneProduct(Arc::new(Published { version: 1, configurator, in_stock: InStock::All }))
}

fn bikes() -> OneProduct {
    published(&bike())
}

/// The same, and a variant that covers every bike in large.
fn bikes_with_an_open_variant() -> OneProduct {
    let mut document = bike();
    let open = json!({"selection": {"size": "l"}, "sku": "L", "variant_id": "70"});
    document["variants"].as_array_mut().unwrap().push(open);
    published(&document)
}

fn added(catalog: &impl Catalog, addition: Addition) -> Result<Offer, NotSold> {
    let mut offering = std::pin::pin!(offer(catalog, addition, texts([("Name", "Ada")])));
    match offering.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the catalogs of these tests answer at once"),
    }
}

fn variant(variant_id: &str) -> Addition {
    Addition::Variant(variant_id.to_owned())
}

fn configured<const N: usize>(product: &str, choices: [(&str, &str); N]) -> Addition {
    Addition::Configured { product: product.to_owned(), selection: texts(choices) }
}

#[test]
fn a_variant_costs_what_its_selection_costs_today() {
    let offer = added(&bikes(), variant("9223372036854775873")).unwrap();
    let expected = Offer {
        product: "bike".to_owned(),
        variant_id: Some("9223372036854775873".to_owned()),
        sku: Some("C-M".to_owned()),
        title: "Bike".to_owned(),
        price: Money(150_000),
        selection: None,
        properties: texts([("Name", "Ada")]),
    };
    assert_eq!(SoldBy::of(&offer), SoldBy::Variant("9223372036854775873".to_owned()));
    assert_eq!(offer, expected);
}

#[test]
fn a_configured_product_costs_what_its_selection_costs_with_or_without_a_variant() {
    let offer_of = |frame, size| {
        added(&bikes(), configured("bike", [("frame", frame), ("size", size)])).unwrap()
    };
    let covered = offer_of("steel", "m");
    let expected = Offer {
        product: "bike".to_owned(),
        variant_id: Some("72".to_owned()),
        sku: Some("S-M".to_owned()),
        title: "Bike".to_owned(),
        price: Money(100_000),
        selection: Some(texts([("frame", "steel"), ("size", "m")])),
        properties: texts([("Name", "Ada")]),
    };
    assert_eq!(SoldBy::of(&covered), SoldBy::Product("bike".to_owned()));
    assert_eq!(covered, expected);
    let uncovered = offer_of("carbon", "l");
    assert_eq!(
        (uncovered.price, uncovered.variant_id, uncovered.sku),
        (Money(150_000), None, None)
    );
}

#[test]
fn an_item_that_is_not_sold_is_rejected_with_its_reason() {
    let option = |option: &str| UnknownChoice::Option { option: option.to_owned() };
    let colour = [("frame", "steel"), ("size", "m"), ("colour", "red")];
    let cases = [
        (variant("1"), NotSold::VariantUnknown),
        (variant("gone"), NotSold::VariantUnknown),
        (variant("70"), NotSold::VariantOpen),
        (configured("trike", []), NotSold::ProductUnknown("trike".to_owned())),
        (configured("bike", colour), NotSold::ChoicesUnknown(vec![option("colour")])),
        (configured("bike", [("_x", "y")]), NotSold::ChoicesUnknown(vec![option("_x")])),
        (configured("bike", [("frame", "carbon"), ("size", "s")]), NotSold::Inconsistent),
        (configured("bike", [("frame", "carbon")]), NotSold::Incomplete),
    ];
    for (addition, expected) in cases {
        let added = added(&bikes_with_an_open_variant(), addition.clone());
        assert_eq!(added, Err(expected), "{addition:?}");
    }
}

#[test]
fn a_catalog_that_does_not_answer_rejects_nothing_for_good() {
    for addition in [variant("72"), configured("bike", [])] {
        let expected = NotSold::Port(PortError::Unavailable("the table".to_owned()));
        assert_eq!(added(&Unavailable, addition), Err(expected));
    }
}

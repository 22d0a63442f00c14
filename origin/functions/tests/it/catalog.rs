//! Products as an instance serves them: from what publishing compiled.

use std::mem::discriminant;
use std::sync::Arc;

use origin_adapters::{DynamoCatalog, NewVersion};
use origin_domain::catalog::{Catalog as _, InStock};
use origin_domain::configurator::Configurator;
use origin_domain::money::Money;
use origin_domain::time::Time;
use origin_functions::cached_catalog::{CachedCatalog, variants_sold};
use origin_functions::clock::Clock;
use origin_functions::packed::{Unpacked, pack, unpack};
use origin_functions::publishing::{self, Compiled};

use crate::world::World;

fn document(base_price: i64) -> String {
    format!(
        r#"{{"product":"cup","currency":"EUR","base_price":{base_price},
        "options":[{{"id":"size","values":[{{"id":"s"}},{{"id":"l"}}]}}]}}"#
    )
}

fn artefact(base_price: i64) -> Vec<u8> {
    let product = publishing::read(document(base_price).as_bytes(), None).unwrap();
    publishing::compile(product, &mut |_| true).unwrap().artefact
}

/// The base price an instance serves after this was published.
async fn served(world: &World, document: &str, artefact: &[u8]) -> Money {
    let new = NewVersion {
        product: "cup",
        document: document.as_bytes(),
        artefact,
        variant_ids: &[],
        expected: None,
        at: Time(0),
    };
    let source = DynamoCatalog::new(&world.aws);
    source.publish(&new, variants_sold).await.unwrap();
    let catalog = CachedCatalog::new(source, &Clock::system());
    let published = catalog.product("cup").await.unwrap().unwrap();
    published.configurator.product().base_price()
}

#[tokio::test]
async fn what_publishing_compiled_is_served_and_nothing_compiled_anew() {
    let world = World::open().await;
    assert_eq!(served(&world, &document(100), &artefact(200)).await, Money(200));
    assert_eq!(served(&world, "this would not even parse", &artefact(300)).await, Money(300));
}

#[tokio::test]
async fn an_artefact_of_another_release_is_passed_over_for_the_document() {
    let world = World::open().await;
    let Unpacked { configurator, .. } = unpack(&artefact(200)).unwrap();
    let mut artefact_of_later = configurator.encode();
    artefact_of_later[0] = 200;
    assert!(Configurator::decode(&artefact_of_later).is_err());
    let length = (artefact_of_later.len() as u64).to_be_bytes();
    let later = [&[0][..], &length, &artefact_of_later].concat();
    for unusable in [gzip(&later), b"no gzip".to_vec(), Vec::new(), artefact(200)[..40].to_vec()] {
        assert_eq!(served(&world, &document(100), &unusable).await, Money(100));
    }
}

#[tokio::test]
async fn an_artefact_takes_a_fraction_of_its_bytes_and_comes_back_whole() {
    let product = publishing::read(document(100).as_bytes(), None).unwrap();
    let compiled = publishing::compile(product, &mut |_| true).unwrap();
    let Compiled { configurator, .. } = compiled;
    let artefact = configurator.encode();
    let part = || InStock::Part(Arc::new(Configurator::decode(&artefact).unwrap()));
    for (in_stock, artefacts) in [(InStock::All, 1), (InStock::Nothing, 1), (part(), 2)] {
        let unpacked = unpack(&pack(&configurator, &in_stock).unwrap()).unwrap();
        assert_eq!(unpacked.artefact_bytes, 9 + artefacts * artefact.len());
        assert_eq!(unpacked.configurator.encode(), artefact);
        assert_eq!(discriminant(&unpacked.in_stock), discriminant(&in_stock));
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

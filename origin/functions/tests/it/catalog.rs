//! An instance serves the compiled products that publishing stored.

use std::mem::discriminant;
use std::sync::Arc;

use domain_catalog::{Catalog as _, InStock, NewVersion};
use domain_configurator::Configurator;
use domain_core::money::Money;
use domain_core::time::Time;
use origin_adapters::CatalogRepository;
use origin_functions::caches::cached_catalog::CachedCatalog;
use origin_functions::caches::packed::{Unpacked, pack, unpack};
use origin_functions::http::publishing;
use origin_functions::http::publishing::Compiled;
use origin_functions::runtime::clock::Clock;

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

/// The base price that an instance serves after this publication.
async fn served(world: &World, document: &str, artefact: &[u8]) -> Money {
    let new = NewVersion {
        product: "cup",
        document: document.as_bytes(),
        artefact,
        variant_ids: &[],
        expected: None,
        at: Time(0),
    };
    let source = CatalogRepository::new(&world.ports.table);
    domain_catalog::publish(&source, &new).await.unwrap();
    let catalog = CachedCatalog::new(source, &Clock::system());
    let published = catalog.product("cup").await.unwrap().unwrap();
    published.configurator.product().base_price()
}

#[tokio::test]
async fn a_stored_artefact_is_served_without_compiling_again() {
    let world = World::open().await;
    assert_eq!(served(&world, &document(100), &artefact(200)).await, Money(200));
    assert_eq!(served(&world, "this would not even parse", &artefact(300)).await, Money(300));
}

#[tokio::test]
async fn an_artefact_of_another_release_is_ignored_and_the_document_compiled() {
    let world = World::open().await;
    let Unpacked { configurator, .. } = unpack(&artefact(200)).unwrap();
    let mut later_artefact = configurator.encode();
    later_artefact[0] = 200;
    assert!(Configurator::decode(&later_artefact).is_err());
    let length = (later_artefact.len() as u64).to_be_bytes();
    let later = [&[0][..], &length, &later_artefact].concat();
    for unusable in [gzip(&later), b"no gzip".to_vec(), Vec::new(), artefact(200)[..40].to_vec()] {
        assert_eq!(served(&world, &document(100), &unusable).await, Money(100));
    }
}

#[tokio::test]
async fn a_packed_artefact_unpacks_to_the_same_artefact() {
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

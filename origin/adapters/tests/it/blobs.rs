//! Blobs: whole, cut, damaged, repaired.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain_core::blob::BlobRef;
use domain_core::port::PortError;
use domain_core::time::Time;
use origin_adapters::{BLOB_BYTES_MAX, BlobRepository, CHUNK_BYTES, PayloadRepository};

use crate::contract::sample::MORNING;
use crate::world::{HOT, World};

/// Content in which no two chunks are equal.
fn content(bytes: usize) -> Vec<u8> {
    let words = (0u64..).flat_map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    words.take(bytes).collect()
}

fn chunk(blob: &BlobRef, index: u32) -> [(&'static str, AttributeValue); 2] {
    let slash = if blob.owner.is_empty() { "" } else { "/" };
    let sk = format!("{:010}/{index:010}{slash}{}", blob.chunk_bytes, blob.owner);
    let pk = format!("blob/{}", blob.hash);
    [("pk", AttributeValue::S(pk)), ("sk", AttributeValue::S(sk))]
}

async fn overwrite_chunk(world: &World, blob: &BlobRef, index: u32, content: Vec<u8>) {
    let mut put = world.raw().put_item().table_name(HOT);
    for (name, value) in chunk(blob, index) {
        put = put.item(name, value);
    }
    put = put.item("v", AttributeValue::N("1".to_owned()));
    put = put.item("d", AttributeValue::B(Blob::new(content)));
    put.send().await.unwrap();
}

#[tokio::test]
async fn a_blob_of_any_size_comes_back_as_it_was_written() {
    let world = World::new().await;
    let blobs = BlobRepository::new(&world.table);
    // Around one chunk, and around the size of one batch read.
    let edges = [1, 8].map(|chunks| chunks * CHUNK_BYTES);
    let sizes = edges.into_iter().flat_map(|edge| [edge - 1, edge, edge + 1]);
    for bytes in [0, 1].into_iter().chain(sizes) {
        let content = content(bytes);
        let blob = blobs.write("bike", &content).await.unwrap();
        assert_eq!(blob.bytes, bytes as u64);
        assert!(blobs.read(&blob).await.unwrap() == content, "{bytes}");
    }
}

#[tokio::test]
async fn a_blob_is_named_by_its_content() {
    let world = World::new().await;
    let blob = BlobRepository::new(&world.table).write("bike", b"abc").await.unwrap();
    let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let owner = "bike".to_owned();
    assert_eq!(blob, BlobRef { hash: hash.to_owned(), bytes: 3, chunk_bytes: 393_216, owner });
}

#[tokio::test]
async fn a_blob_above_the_size_limit_is_rejected() {
    let world = World::new().await;
    let error = BlobRepository::new(&world.table).write("bike", &vec![0; BLOB_BYTES_MAX + 1]).await;
    assert_eq!(error, Err(PortError::Corrupt("blob: too large".to_owned())));
}

#[tokio::test]
async fn a_damaged_chunk_is_detected_and_writing_again_repairs_it() {
    let world = World::new().await;
    let blobs = BlobRepository::new(&world.table);
    let whole = content(2 * CHUNK_BYTES + 10);
    let blob = blobs.write("bike", &whole).await.unwrap();
    for index in 0..3 {
        let mut damaged = whole.chunks(CHUNK_BYTES).nth(index as usize).unwrap().to_vec();
        damaged[7] ^= 1;
        overwrite_chunk(&world, &blob, index, damaged).await;
        let error = PortError::Corrupt("blob: not what was written".to_owned());
        assert_eq!(blobs.read(&blob).await, Err(error), "chunk {index}");
        assert_eq!(blobs.write("bike", &whole).await, Ok(blob.clone()));
        assert!(blobs.read(&blob).await.unwrap() == whole);
    }
}

#[tokio::test]
async fn a_missing_chunk_is_detected() {
    let world = World::new().await;
    let blobs = BlobRepository::new(&world.table);
    let blob = blobs.write("bike", &content(CHUNK_BYTES + 1)).await.unwrap();
    let mut delete = world.raw().delete_item().table_name(HOT);
    for (name, value) in chunk(&blob, 1) {
        delete = delete.key(name, value);
    }
    delete.send().await.unwrap();
    let error = PortError::Corrupt("blob: chunk missing".to_owned());
    assert_eq!(blobs.read(&blob).await, Err(error));
}

#[tokio::test]
async fn an_invalid_reference_is_corrupt() {
    let world = World::new().await;
    let blobs = BlobRepository::new(&world.table);
    let blob = blobs.write("bike", b"abc").await.unwrap();
    let error = PortError::Corrupt("blob: no such size".to_owned());
    for broken in [
        BlobRef { chunk_bytes: 0, ..blob.clone() },
        BlobRef { bytes: u64::MAX, ..blob.clone() },
        BlobRef { bytes: BLOB_BYTES_MAX as u64 + 1, ..blob.clone() },
    ] {
        assert_eq!(blobs.read(&broken).await, Err(error.clone()));
    }
    let shorter = BlobRef { bytes: 2, ..blob };
    let error = PortError::Corrupt("blob: not what was written".to_owned());
    assert_eq!(blobs.read(&shorter).await, Err(error));
}

#[tokio::test]
async fn a_payload_expires_and_storing_it_again_only_extends_it() {
    let world = World::new().await;
    let payloads = PayloadRepository::new(&world.table);
    let content = content(CHUNK_BYTES + 1);
    let ttl = |payload: BlobRef| {
        let get = world.raw().get_item().table_name(HOT);
        let [pk, sk] = chunk(&payload, 1);
        async move {
            let pk = AttributeValue::S(pk.1.as_s().unwrap().replace("blob/", "payload/"));
            let item = get.key("pk", pk).key(sk.0, sk.1).send().await.unwrap().item.unwrap();
            item["ttl"].as_n().unwrap().clone()
        }
    };
    let payload = payloads.store(&content, Time(20_000)).await.unwrap();
    assert!(payloads.fetch(&payload).await.unwrap() == content);
    assert_eq!(ttl(payload.clone()).await, "20");
    assert_eq!(payloads.store(&content, Time(10_000)).await.unwrap(), payload);
    assert_eq!(ttl(payload.clone()).await, "20", "never shorter");
    payloads.store(&content, Time(30_000)).await.unwrap();
    assert_eq!(ttl(payload.clone()).await, "30");
    let missing = BlobRepository::new(&world.table).read(&payload).await;
    assert_eq!(missing, Err(PortError::Corrupt("blob: chunk missing".to_owned())));
}

#[tokio::test]
async fn deleting_one_owners_blob_leaves_anothers() {
    let world = World::new().await;
    let blobs = BlobRepository::new(&world.table);
    let content = content(CHUNK_BYTES + 1);
    let [bike, tee] =
        [blobs.write("bike", &content).await.unwrap(), blobs.write("tee", &content).await.unwrap()];
    blobs.delete(&bike, MORNING).await.unwrap();
    assert!(matches!(blobs.read(&bike).await, Err(PortError::Corrupt(_))));
    assert!(blobs.read(&tee).await.unwrap() == content);
    blobs.delete(&bike, MORNING).await.unwrap();
    blobs.write("bike", &content).await.unwrap();
    assert!(blobs.read(&bike).await.unwrap() == content);
}

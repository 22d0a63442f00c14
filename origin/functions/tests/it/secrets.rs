//! The secrets of a deployment: valid and invalid documents, the error messages, and how a rotation
//! reaches a warm instance.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain_core::time::Time;
use origin_adapters::{SecretsManager, lambda_http_client};
use origin_functions::runtime::clock::Clock;
use origin_functions::runtime::rotation::{
    REREAD_AFTER_MS, RETRY_AFTER_MS, Rotating, SecretSource,
};
use origin_functions::runtime::secrets::Secrets;
use serde_json::{Value, json};

use crate::secrets_manager::{Manager, NAME};
use crate::world::{aws_config, document};

/// The form that `infra/deploy` writes; its own tests compare.
const EXAMPLE: &str = include_str!("../../../../infra/secret.example.json");

/// An instance whose value is the id of the signing key.
struct Instance {
    rotating: Rotating<String>,
    now: Arc<AtomicU64>,
}

impl Instance {
    async fn start(manager: &Manager) -> Self {
        let now = Arc::new(AtomicU64::new(0));
        let time = Arc::clone(&now);
        let clock = Clock::new(move || Time(time.load(Ordering::SeqCst)));
        let kid = |secrets: Secrets| secrets.keys.signing_kid().to_owned();
        let rotating = Rotating::start(source(manager), clock, kid).await.unwrap();
        Self { rotating, now }
    }

    async fn kid_at(&self, ms: u64) -> String {
        self.now.store(ms, Ordering::SeqCst);
        self.rotating.current().await
    }
}

fn source(manager: &Manager) -> SecretSource {
    let mut config = aws_config("http://table.invalid", "http://bus.invalid");
    config.secrets_manager_endpoint = Some(manager.url.clone());
    SecretSource { manager: SecretsManager::new(&config, lambda_http_client()), name: NAME.into() }
}

fn signing_with(kid: &str) -> Value {
    let mut document = document();
    document["keys"] = format!("{kid}:0123456789abcdef0123456789abcdef").into();
    document
}

#[test]
fn the_document_of_a_deployment_is_read_with_both_secrets_of_a_rotation() {
    let secrets = Secrets::parse(EXAMPLE).unwrap();
    let example: Value = serde_json::from_str(EXAMPLE).unwrap();
    for name in ["origin", "origin_before"] {
        assert!(secrets.origin.holds(example[name].as_str().unwrap().as_bytes()), "{name}");
    }
    assert!(!secrets.origin.holds(b"") && !secrets.origin.holds(&[b'0'; 64]));
    assert_eq!(
        format!("{secrets:?}"),
        "Secrets { keys: [\"k2\", \"k1\"], shopify: ShopifySecrets(2), app: \
         Some(AppCredentials { client_id: \"00000000000000000000000000000003\", client_secret: Secret }), \
         origin: OriginSecrets(2) }"
    );
    let app = secrets.app.unwrap();
    assert_eq!(app.client_secret.reveal(), "00000000000000000000000000000002", "the newer one");
}

#[test]
fn an_unusable_document_is_rejected_with_the_name_and_without_the_value() {
    let with = |name: &str, value: Value| {
        let mut document = document();
        document[name] = value;
        document.to_string()
    };
    let cases = [
        ("hush".to_owned(), "is not a JSON object"),
        ("[\"hush\"]".to_owned(), "is not a JSON object"),
        ("{}".to_owned(), "keys: is missing"),
        (with("keys", json!(["hush"])), "keys: is not a string"),
        (with("keys", json!("hush")), "keys: each key is `kid:secret`, kid 1 to 16 of a-z 0-9"),
        (with("keys", json!("k1:hush")), "keys: a secret needs at least 32 bytes"),
        (with("shopify_secrets", json!("")), "shopify_secrets: one secret or two, comma-separated"),
        (with("origin", json!("hush")), "origin: needs at least 32 bytes"),
        (with("origin_before", json!("hush")), "origin: needs at least 32 bytes"),
        (with("origin_before", json!(null)), "origin_before: is not a string"),
    ];
    for (document, message) in cases {
        assert_eq!(Secrets::parse(&document).unwrap_err().to_string(), message, "{document}");
    }
}

#[tokio::test]
async fn a_rotation_reaches_a_warm_instance_within_ten_minutes() {
    let manager = Manager::open(&signing_with("k1")).await;
    let instance = Instance::start(&manager).await;
    manager.put(&signing_with("k2"));
    assert_eq!(instance.kid_at(REREAD_AFTER_MS - 1).await, "k1");
    assert_eq!(manager.reads(), 1);
    assert_eq!(instance.kid_at(REREAD_AFTER_MS).await, "k2");
    assert_eq!(instance.kid_at(REREAD_AFTER_MS + 1).await, "k2");
    assert_eq!(manager.reads(), 2);
}

#[tokio::test]
async fn an_instance_continues_with_its_secrets_while_they_cannot_be_reread() {
    let manager = Manager::open(&signing_with("k1")).await;
    let instance = Instance::start(&manager).await;
    manager.set_down(true);
    assert_eq!(instance.kid_at(REREAD_AFTER_MS).await, "k1");
    let reads = manager.reads();
    assert_eq!(instance.kid_at(REREAD_AFTER_MS + RETRY_AFTER_MS - 1).await, "k1");
    assert_eq!(manager.reads(), reads, "no retry before it is due");

    manager.set_down(false);
    manager.put(&json!({"keys": "hush"}));
    assert_eq!(instance.kid_at(REREAD_AFTER_MS + 2 * RETRY_AFTER_MS).await, "k1");
    manager.put(&signing_with("k2"));
    assert_eq!(instance.kid_at(REREAD_AFTER_MS + 4 * RETRY_AFTER_MS).await, "k2");
}

#[tokio::test]
async fn a_function_cannot_start_without_its_secrets() {
    let manager = Manager::open(&json!({"keys": "hush"})).await;
    let start = |source| Rotating::start(source, Clock::system(), |_| ());
    let message = start(source(&manager)).await.err().unwrap().to_string();
    assert_eq!(
        message,
        "the secret forecourt/test: keys: each key is `kid:secret`, kid 1 to 16 of a-z 0-9"
    );
    let other = SecretSource { name: "forecourt/other".to_owned(), ..source(&manager) };
    let message = start(other).await.err().unwrap().to_string();
    assert_eq!(
        message,
        "the secret forecourt/other: unavailable: get secret: ResourceNotFoundException"
    );
}

//! [`SecretsManager`].

use domain_core::port::PortError;
use origin_adapters::SecretsManager;

/// `put` writes the current secret.
pub(crate) async fn a_secret_is_read_as_it_is_now(
    secrets: &SecretsManager,
    name: &str,
    put: impl Fn(&str),
) {
    let missing = PortError::Unavailable("get secret: ResourceNotFoundException".to_owned());
    assert_eq!(secrets.read(name).await, Err(missing), "it may be created at any moment");
    for text in ["{\"keys\":\"k1:one\"}", "{\"keys\":\"k2:two,k1:one\"}"] {
        put(text);
        let read = secrets.read(name).await.unwrap();
        assert_eq!(read.reveal(), text);
        assert_eq!(format!("{read:?}"), "SecretText", "no log shows it");
    }
}

pub(crate) async fn a_binary_secret_is_corrupt(secrets: &SecretsManager, name: &str) {
    let corrupt = PortError::Corrupt("get secret: not text".to_owned());
    assert_eq!(secrets.read(name).await, Err(corrupt));
}

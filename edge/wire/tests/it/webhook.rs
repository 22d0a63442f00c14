//! Webhook signatures.

use edge_wire::secrets::ShopifySecrets;
use edge_wire::webhook::{sign, verify};

fn secrets(text: &str) -> ShopifySecrets {
    ShopifySecrets::parse(text).unwrap()
}

#[test]
fn published_vectors_agree() {
    let mut unpublished = Vec::new();
    for vector in crate::vectors::all().into_iter().filter(|it| it.kind == "webhook_hmac") {
        let Some(body) = &vector.input else {
            unpublished.push(vector.id);
            continue;
        };
        let (secrets, signature) = (secrets(&vector.secret), vector.expected.as_ref().unwrap());
        assert_eq!(verify(&secrets, body.as_bytes(), signature), vector.is_valid, "{}", vector.id);
        assert_eq!(&sign(&secrets, body.as_bytes()) == signature, vector.is_valid, "{}", vector.id);
    }
    assert_eq!(unpublished, ["v062"]);
}

#[test]
fn a_webhook_signed_with_the_old_secret_verifies_while_rotating() {
    let signature = sign(&secrets("old"), b"{}");
    assert!(verify(&secrets("new,old"), b"{}", &signature));
    assert!(!verify(&secrets("new"), b"{}", &signature));
    assert_eq!(sign(&secrets("new,old"), b"{}"), sign(&secrets("new"), b"{}"));
}

#[test]
fn a_signature_must_be_whole_and_of_these_bytes() {
    let secrets = secrets("hush");
    let signature = sign(&secrets, b"{}");
    assert!(verify(&secrets, b"{}", &format!("{signature}\n")));
    let truncated = &signature[..signature.len() - 4];
    for bad in ["", "=", "not base64!", truncated, &signature.to_lowercase()] {
        assert!(!verify(&secrets, b"{}", bad), "{bad}");
    }
    assert!(!verify(&secrets, b"{ }", &signature));
}

#[test]
fn secrets_are_one_or_two_and_never_printed() {
    for bad in ["", ",", "a,", ",a", "a,b,c"] {
        assert!(ShopifySecrets::parse(bad).is_none(), "{bad}");
    }
    assert_eq!(format!("{:?}", secrets("hush,hash")), "ShopifySecrets(2)");
}

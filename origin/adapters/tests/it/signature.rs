//! Signature Version 4, computed again from AWS's documentation: of a documented example, and of
//! the requests that we send.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::shared::IntoShared as _;
use aws_smithy_types::body::SdkBody;
use domain_catalog::{EdgeCache as _, PublicContent};
use domain_core::event::{Event, Events as _, Kind};
use hmac::{Hmac, KeyInit as _, Mac as _};
use origin_adapters::{AccessKey, Aws, AwsConfig, CloudFrontCache, EventBridgeBus, SecretsManager};
use sha2::{Digest as _, Sha256};

use crate::world::config;

/// A request as it was sent.
#[derive(Debug, Clone)]
struct Sent {
    method: String,
    /// Behind the host: no path of ours needs encoding or has a query.
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// Stores each request and answers all with the same body.
#[derive(Debug, Clone)]
struct Recorder {
    answer: &'static str,
    sent: Arc<Mutex<Vec<Sent>>>,
}

// === impl Sent ===

impl Sent {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(one, _)| one == name).map_or("", |(_, value)| value.trim())
    }

    /// The value of `authorization` (IAM User Guide, "Create a signed AWS API request").
    fn authorization(&self, access: &AccessKey, scope: &str, signed_headers: &str) -> String {
        let mut canonical = format!("{}\n{}\n{}\n", self.method, self.path, self.query);
        for name in signed_headers.split(';') {
            writeln!(canonical, "{name}:{}", self.header(name)).unwrap();
        }
        write!(canonical, "\n{signed_headers}\n{}", sha256_hex(&self.body)).unwrap();
        let date = self.header("x-amz-date");
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256_hex(&canonical));
        let mut key = format!("AWS4{}", access.secret).into_bytes();
        for part in scope.split('/') {
            key = hmac(&key, part);
        }
        let signature = hex(&hmac(&key, &to_sign));
        let AccessKey { id, .. } = access;
        format!(
            "AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={signed_headers}, \
             Signature={signature}"
        )
    }
}

// === impl Recorder ===

impl Recorder {
    fn answering(answer: &'static str) -> Self {
        Self { answer, sent: Arc::default() }
    }

    fn http(&self) -> SharedHttpClient {
        let recorder = self.clone();
        http_client_fn(move |_, _| recorder.clone().into_shared())
    }

    /// Checks the signature of the only request.
    fn expect_signed_for(&self, service: &str, region: &str, signed_headers: &str) {
        let sent = self.sent.lock().unwrap();
        let [sent] = sent.as_slice() else { panic!("{sent:?}") };
        let day = &sent.header("x-amz-date")[..8];
        let scope = format!("{day}/{region}/{service}/aws4_request");
        let expected = sent.authorization(&access(), &scope, signed_headers);
        assert_eq!(sent.header("authorization"), expected);
        assert_eq!(sent.header("x-amz-security-token"), "session");
    }
}

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (_, rest) = request.uri().split_once("://").unwrap();
        let (host, path) = rest.split_once('/').unwrap();
        let headers = request.headers().iter();
        let mut headers: Vec<(String, String)> =
            headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        headers.push(("host".to_owned(), host.to_owned()));
        self.sent.lock().unwrap().push(Sent {
            method: request.method().to_owned(),
            path: format!("/{path}"),
            query: String::new(),
            headers,
            body: String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap(),
        });
        let answer = HttpResponse::new(200u16.try_into().unwrap(), SdkBody::from(self.answer));
        HttpConnectorFuture::ready(Ok(answer))
    }
}

/// A role's temporary key.
fn access() -> AccessKey {
    AccessKey {
        id: "ASIDEXAMPLE".to_owned(),
        secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
        session_token: Some("session".to_owned()),
    }
}

fn temporary() -> AwsConfig {
    AwsConfig {
        region: "eu-central-1".to_owned(),
        access: access(),
        eventbridge_endpoint: None,
        secrets_manager_endpoint: None,
        ..config()
    }
}

fn sha256_hex(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// AWS General Reference, "Signature Version 4 signing process", the example of IAM's `ListUsers`.
#[test]
fn the_documented_example_has_the_documented_signature() {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let sent = Sent {
        method: "GET".to_owned(),
        path: "/".to_owned(),
        query: "Action=ListUsers&Version=2010-05-08".to_owned(),
        headers: vec![
            header("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            header("host", "iam.amazonaws.com"),
            header("x-amz-date", "20150830T123600Z"),
        ],
        body: String::new(),
    };
    let access = AccessKey { id: "AKIDEXAMPLE".to_owned(), session_token: None, ..access() };
    let scope = "20150830/us-east-1/iam/aws4_request";
    assert_eq!(
        sent.authorization(&access, scope, "content-type;host;x-amz-date"),
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date, \
         Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    );
}

#[tokio::test]
async fn an_invalidation_is_signed_for_cloudfront_in_its_own_region() {
    let recorder = Recorder::answering("<Invalidation/>");
    let cache = CloudFrontCache::new("E2EXAMPLE", &access(), None, recorder.http(), || [7; 16]);
    cache.invalidate(&[PublicContent::Program]).await.unwrap();
    let signed = "content-length;content-type;host;x-amz-date;x-amz-security-token";
    recorder.expect_signed_for("cloudfront", "us-east-1", signed);
}

#[tokio::test]
async fn a_read_of_a_secret_is_signed_for_the_functions_region() {
    let recorder = Recorder::answering(r#"{"SecretString":"text"}"#);
    let secrets = SecretsManager::new(&temporary(), recorder.http());
    assert_eq!(secrets.read("forecourt/shop").await.unwrap().reveal(), "text");
    let sent = recorder.sent.lock().unwrap()[0].clone();
    assert_eq!(sent.header("host"), "secretsmanager.eu-central-1.amazonaws.com");
    assert_eq!(sent.body, r#"{"SecretId":"forecourt/shop"}"#);
    let signed = "content-length;content-type;host;x-amz-date;x-amz-security-token;x-amz-target";
    recorder.expect_signed_for("secretsmanager", "eu-central-1", signed);
}

#[tokio::test]
async fn an_event_is_signed_for_the_functions_region() {
    let recorder = Recorder::answering(r#"{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}"#);
    let aws = Aws::new(temporary(), recorder.http(), recorder.http());
    let event = Event { kind: Kind::CartCommanded, detail: "{}".to_owned() };
    EventBridgeBus::new(&aws).publish(&[event]).await.unwrap();
    let sent = recorder.sent.lock().unwrap()[0].clone();
    assert_eq!(sent.header("host"), "events.eu-central-1.amazonaws.com");
    let signed = "content-length;content-type;host;x-amz-date;x-amz-security-token;x-amz-target";
    recorder.expect_signed_for("events", "eu-central-1", signed);
}

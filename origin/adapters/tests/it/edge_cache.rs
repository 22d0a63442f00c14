//! Invalidations: the requests to CloudFront and the handling of its answers.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::shared::IntoShared as _;
use aws_smithy_types::body::SdkBody;
use domain_catalog::{EdgeCache as _, PublicContent};
use domain_core::port::PortError;
use origin_adapters::CloudFrontCache;

use crate::world::config;

const CREATED: &str = "<Invalidation><Id>I1</Id><Status>InProgress</Status>\
    <CreateTime>2026-11-22T00:00:00Z</CreateTime><InvalidationBatch><Paths><Quantity>1</Quantity>\
    </Paths><CallerReference>r</CallerReference></InvalidationBatch></Invalidation>";

/// CloudFront with scripted answers in order; the last one repeats.
#[derive(Debug, Clone)]
struct CloudFront {
    answers: Arc<Mutex<Vec<(u16, String)>>>,
    requests: Arc<Mutex<Vec<(String, String)>>>,
}

// === impl CloudFront ===

impl CloudFront {
    fn answering(answers: &[(u16, &str)]) -> Self {
        let answers = answers.iter().rev().map(|(status, body)| (*status, (*body).to_owned()));
        Self { answers: Arc::new(Mutex::new(answers.collect())), requests: Arc::default() }
    }

    fn failing(status: u16, code: &str) -> Self {
        let error = format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>");
        Self::answering(&[(status, &error)])
    }

    fn cache(&self) -> CloudFrontCache {
        let client: SharedHttpClient = {
            let cloudfront = self.clone();
            http_client_fn(move |_, _| cloudfront.clone().into_shared())
        };
        CloudFrontCache::new("E2EXAMPLE", &config().access, None, client, next_random)
    }

    /// Path and body of each request.
    fn requests(&self) -> Vec<(String, String)> {
        self.requests.lock().unwrap().clone()
    }
}

impl HttpConnector for CloudFront {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
        self.requests.lock().unwrap().push((request.uri().to_owned(), body));
        let mut answers = self.answers.lock().unwrap();
        let (status, body) =
            if answers.len() > 1 { answers.pop().unwrap() } else { answers[0].clone() };
        let answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        HttpConnectorFuture::ready(Ok(answer))
    }
}

/// Another value each time.
fn next_random() -> [u8; 16] {
    static LAST: AtomicU8 = AtomicU8::new(0);
    [LAST.fetch_add(1, Ordering::SeqCst); 16]
}

fn product(id: &str) -> PublicContent {
    PublicContent::Product(id.to_owned())
}

fn reference(body: &str) -> &str {
    let (_, rest) = body.split_once("<CallerReference>").unwrap();
    rest.split_once("</CallerReference>").unwrap().0
}

#[tokio::test]
async fn published_content_is_invalidated_by_its_tags_each_once() {
    let cloudfront = CloudFront::answering(&[(201, CREATED)]);
    let contents = [product("tee"), PublicContent::Program, product("bike"), product("tee")];
    cloudfront.cache().invalidate(&contents).await.unwrap();
    let requests = cloudfront.requests();
    let [(uri, body)] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(
        uri,
        "https://cloudfront.amazonaws.com/2020-05-31/distribution/E2EXAMPLE/invalidation"
    );
    let paths = "<Paths><Quantity>3</Quantity><Items><Path>#product:bike</Path>\
        <Path>#product:tee</Path><Path>#program</Path></Items></Paths>";
    assert!(body.contains(paths), "{body}");
    assert_eq!(reference(body).len(), 32, "{body}");
}

#[tokio::test]
async fn no_content_needs_no_invalidation() {
    let cloudfront = CloudFront::answering(&[(201, CREATED)]);
    cloudfront.cache().invalidate(&[]).await.unwrap();
    assert_eq!(cloudfront.requests(), []);
}

#[tokio::test]
async fn a_second_invalidation_has_another_reference() {
    let cloudfront = CloudFront::answering(&[(201, CREATED)]);
    let cache = cloudfront.cache();
    cache.invalidate(&[product("tee")]).await.unwrap();
    cache.invalidate(&[product("tee")]).await.unwrap();
    let requests = cloudfront.requests();
    assert_ne!(reference(&requests[0].1), reference(&requests[1].1));
}

#[tokio::test(start_paused = true)]
async fn a_repeated_attempt_has_the_same_reference() {
    let cloudfront = CloudFront::answering(&[(503, ""), (201, CREATED)]);
    cloudfront.cache().invalidate(&[product("tee")]).await.unwrap();
    let requests = cloudfront.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0], requests[1]);
}

#[tokio::test(start_paused = true)]
async fn throttling_by_cloudfront_is_retryable() {
    for (status, code) in [(400, "TooManyInvalidationsInProgress"), (503, "ServiceUnavailable")] {
        let cloudfront = CloudFront::failing(status, code);
        let result = cloudfront.cache().invalidate(&[product("tee")]).await;
        assert_eq!(result, Err(PortError::Unavailable(format!("invalidate: {code}"))));
    }
}

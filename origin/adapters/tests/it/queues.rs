//! What consumers do at SQS: the requests, and the handling of its answers.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::shared::IntoShared as _;
use aws_smithy_types::body::SdkBody;
use domain_core::port::PortError;
use origin_adapters::{ATTRIBUTE_BYTES_MAX, Receipt, SqsQueues};
use serde_json::{Value, json};

use crate::world::config;

/// SQS with one answer.
#[derive(Debug, Clone)]
struct Sqs {
    answer: (u16, &'static str),
    requests: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Sqs {
    fn answering(status: u16, body: &'static str) -> Self {
        Self { answer: (status, body), requests: Arc::default() }
    }

    fn queues(&self) -> SqsQueues {
        let client: SharedHttpClient = {
            let sqs = self.clone();
            http_client_fn(move |_, _| sqs.clone().into_shared())
        };
        SqsQueues::new(&config(), None, client)
    }

    /// Operation and body of the only request.
    fn request(&self) -> (String, Value) {
        let requests = self.requests.lock().unwrap();
        let [request] = requests.as_slice() else { panic!("{requests:?}") };
        request.clone()
    }
}

impl HttpConnector for Sqs {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let header = |name| request.headers().get(name).unwrap_or_default().to_owned();
        assert_eq!(request.uri(), "https://sqs.us-east-1.amazonaws.com/");
        assert_eq!(header("content-type"), "application/x-amz-json-1.0");
        assert!(header("authorization").contains("/us-east-1/sqs/aws4_request"));
        let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        self.requests.lock().unwrap().push((header("x-amz-target"), body));
        let (status, body) = self.answer;
        let answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        HttpConnectorFuture::ready(Ok(answer))
    }
}

fn receipt(queue_arn: &str) -> Receipt {
    let [queue_arn, handle, body] = [queue_arn, "handle-1", "{}"].map(str::to_owned);
    Receipt { queue_arn, handle, body }
}

const CART: &str = "arn:aws:sqs:us-east-1:111122223333:forecourt-staging-cart";

#[tokio::test]
async fn a_message_is_hidden_for_the_time_of_its_wait() {
    let sqs = Sqs::answering(200, "");
    assert_eq!(sqs.queues().postpone(&receipt(CART), 7).await, Ok(()));
    let (target, body) = sqs.request();
    assert_eq!(target, "AmazonSQS.ChangeMessageVisibility");
    let url = "https://sqs.us-east-1.amazonaws.com/111122223333/forecourt-staging-cart";
    let expected = json!({"QueueUrl": url, "ReceiptHandle": "handle-1", "VisibilityTimeout": 7});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_dead_letter_says_why_it_is_one() {
    let sqs = Sqs::answering(200, r#"{"MessageId":"m"}"#);
    let long = "x".repeat(ATTRIBUTE_BYTES_MAX + 9);
    let attributes = [("Reason", "exhausted"), ("Error", "line\none"), ("Long", &long), ("No", "")];
    assert_eq!(sqs.queues().send_dead(&receipt(CART), &attributes).await, Ok(()));
    let (target, body) = sqs.request();
    assert_eq!(target, "AmazonSQS.SendMessage");
    let url = "https://sqs.us-east-1.amazonaws.com/111122223333/forecourt-staging-cart-dead";
    assert_eq!((&body["QueueUrl"], &body["MessageBody"]), (&json!(url), &json!("{}")));
    let text = |name: &str| body["MessageAttributes"][name]["StringValue"].as_str().unwrap();
    assert_eq!((text("Reason"), text("Error"), text("No")), ("exhausted", "line one", "-"));
    assert_eq!(text("Long").len(), ATTRIBUTE_BYTES_MAX);
    assert_eq!(body["MessageAttributes"]["Reason"]["DataType"], "String");
}

#[tokio::test]
async fn an_error_of_sqs_names_its_code_and_a_broken_arn_is_no_request() {
    let gone = r#"{"__type":"com.amazonaws.sqs#ReceiptHandleIsInvalid","message":"gone"}"#;
    let sqs = Sqs::answering(400, gone);
    let error = sqs.queues().postpone(&receipt(CART), 1).await.unwrap_err();
    assert!(error.to_string().contains("ReceiptHandleIsInvalid"), "{error}");
    let unused = Sqs::answering(200, "");
    let error = unused.queues().postpone(&receipt("arn:aws:s3:::bucket"), 1).await.unwrap_err();
    assert!(matches!(error, PortError::Corrupt(_)), "{error}");
    assert!(unused.requests.lock().unwrap().is_empty());
}

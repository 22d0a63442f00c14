//! The response to a call: a status and a JSON body, as DynamoDB writes them.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use dynoxide::DynoxideError;
use serde::Serialize;
use serde_json::{Value, json};

/// The content type of DynamoDB's protocol.
const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// A response before it becomes HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    status: u16,
    body: String,
}

// === impl Answer ===

impl Answer {
    /// A success.
    pub(crate) fn of(response: &impl Serialize) -> Self {
        match serde_json::to_string(response) {
            Ok(body) => Self { status: 200, body },
            Err(error) => Self::error(500, "InternalServerError", &error.to_string()),
        }
    }

    /// An error that the engine does not produce itself.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        let code = format!("com.amazonaws.dynamodb.v20120810#{code}");
        let body = json!({ "__type": code, "message": message }).to_string();
        Self { status, body }
    }

    /// A transaction that collides with another one on its first item.
    pub(crate) fn transaction_conflict(items: usize) -> Self {
        let mut reasons = vec![json!({ "Code": "None" }); items];
        if let Some(first) = reasons.first_mut() {
            *first = json!({
                "Code": "TransactionConflict",
                "Message": "Transaction is ongoing for the item",
            });
        }
        let codes: Vec<_> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
        let message = format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", "),
        );
        let body = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": message,
            "CancellationReasons": reasons,
        });
        Self { status: 400, body: body.to_string() }
    }

    /// Replaces one member of a success; an error stays unchanged.
    pub(crate) fn with(mut self, member: &str, value: Value) -> Self {
        if self.status == 200
            && let Ok(Value::Object(mut body)) = serde_json::from_str(&self.body)
        {
            body.insert(member.to_owned(), value);
            self.body = Value::Object(body).to_string();
        }
        self
    }
}

impl From<DynoxideError> for Answer {
    fn from(error: DynoxideError) -> Self {
        Self { status: error.status_code(), body: error.to_json() }
    }
}

impl From<Answer> for HttpResponse {
    fn from(answer: Answer) -> Self {
        let status = StatusCode::try_from(answer.status).expect("a status has three digits");
        let mut response = Self::new(status, SdkBody::from(answer.body));
        response.headers_mut().insert("content-type", CONTENT_TYPE);
        response
    }
}

//! A fake Secrets Manager with one secret, whose text a test changes.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::world::listener;

/// The name of the one secret.
pub(crate) const NAME: &str = "forecourt/test";

/// The server of the secret.
#[derive(Clone)]
pub(crate) struct Manager {
    pub(crate) url: String,
    state: Arc<SecretState>,
}

struct SecretState {
    text: Mutex<String>,
    reads: AtomicU32,
    is_down: AtomicBool,
}

// === impl Manager ===

impl Manager {
    pub(crate) async fn open(document: &Value) -> Self {
        let state = Arc::new(SecretState {
            text: Mutex::new(document.to_string()),
            reads: AtomicU32::default(),
            is_down: AtomicBool::default(),
        });
        let (url, listener) = listener().await;
        let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    /// Writes the secret.
    pub(crate) fn put(&self, document: &Value) {
        *self.state.text.lock().unwrap() = document.to_string();
    }

    /// Makes every request fail, or succeed again.
    pub(crate) fn set_down(&self, is_down: bool) {
        self.state.is_down.store(is_down, Ordering::SeqCst);
    }

    /// The number of reads.
    pub(crate) fn reads(&self) -> u32 {
        self.state.reads.load(Ordering::SeqCst)
    }
}

async fn answer(
    State(state): State<Arc<SecretState>>,
    headers: HeaderMap,
    request: Bytes,
) -> Response {
    // Not axum's `Json`: the content type is AWS's own.
    let request: Value = serde_json::from_slice(&request).unwrap();
    assert_eq!(headers["x-amz-target"], "secretsmanager.GetSecretValue");
    state.reads.fetch_add(1, Ordering::SeqCst);
    if state.is_down.load(Ordering::SeqCst) {
        let error = json!({"__type": "InternalServiceError"});
        return (StatusCode::INTERNAL_SERVER_ERROR, Json(error)).into_response();
    }
    if request != json!({"SecretId": NAME}) {
        let error = json!({"__type": "ResourceNotFoundException"});
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    let text = state.text.lock().unwrap().clone();
    Json(json!({"Name": NAME, "SecretString": text, "VersionStages": ["AWSCURRENT"]}))
        .into_response()
}

//! Secrets Manager, as far as a function asks for it: one secret, whose text a test changes.

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

/// The one secret, served.
#[derive(Clone)]
pub(crate) struct Manager {
    pub(crate) url: String,
    kept: Arc<Kept>,
}

struct Kept {
    text: Mutex<String>,
    reads: AtomicU32,
    is_down: AtomicBool,
}

// === impl Manager ===

impl Manager {
    pub(crate) async fn open(document: &Value) -> Self {
        let kept = Arc::new(Kept {
            text: Mutex::new(document.to_string()),
            reads: AtomicU32::default(),
            is_down: AtomicBool::default(),
        });
        let (url, listener) = listener().await;
        let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&kept));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, kept }
    }

    /// Somebody writes the secret anew.
    pub(crate) fn put(&self, document: &Value) {
        *self.kept.text.lock().unwrap() = document.to_string();
    }

    /// Nobody is answered any more, or everybody is again.
    pub(crate) fn set_down(&self, is_down: bool) {
        self.kept.is_down.store(is_down, Ordering::SeqCst);
    }

    /// How often it was read.
    pub(crate) fn reads(&self) -> u32 {
        self.kept.reads.load(Ordering::SeqCst)
    }
}

async fn answer(State(kept): State<Arc<Kept>>, headers: HeaderMap, request: Bytes) -> Response {
    // Of AWS's own content type, which is not axum's.
    let request: Value = serde_json::from_slice(&request).unwrap();
    assert_eq!(headers["x-amz-target"], "secretsmanager.GetSecretValue");
    kept.reads.fetch_add(1, Ordering::SeqCst);
    if kept.is_down.load(Ordering::SeqCst) {
        let error = json!({"__type": "InternalServiceError"});
        return (StatusCode::INTERNAL_SERVER_ERROR, Json(error)).into_response();
    }
    if request != json!({"SecretId": NAME}) {
        let error = json!({"__type": "ResourceNotFoundException"});
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    let text = kept.text.lock().unwrap().clone();
    Json(json!({"Name": NAME, "SecretString": text, "VersionStages": ["AWSCURRENT"]}))
        .into_response()
}

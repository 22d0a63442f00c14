//! Commands: extractors of what their requests have in common. The checks run in one order: who is
//! calling, the idempotency key, the bookmarks, the body.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use domain_core::idempotency::Fingerprint;
use domain_core::resource::CommandRequest;
use edge_wire::grammar::is_idempotency_key;
use edge_wire::headers::IDEMPOTENCY_KEY;
use edge_wire::problem::Code;
use http::HeaderMap;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::http::body::{COMMAND_BYTES_MAX, JsonBody, expect_json, expect_unencoded, parse, read};
use crate::http::bookmarks::ClientView;
use crate::http::caller::Holder;
use crate::http::http_problem::HttpProblem;
use crate::runtime::shop::Shop;

/// A command on the resource that its sender holds.
pub(crate) struct Command<H, B = ()> {
    pub(crate) envelope: Envelope,
    pub(crate) body: B,
    holder: PhantomData<H>,
}

/// What a command's request says besides the command.
pub(crate) struct Envelope {
    pub(crate) request: CommandRequest,
    pub(crate) view: ClientView,
}

/// The client's name for a command.
#[derive(Debug)]
pub(crate) struct IdempotencyKey(pub(crate) String);

/// The body of a command, and the fingerprint of the whole request.
pub(crate) struct CommandBody<B> {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) body: B,
}

/// What the body of a command holds.
pub(crate) trait Content: Sized {
    fn read(headers: &HeaderMap, bytes: &[u8]) -> Result<Self, HttpProblem>;
}

/// A command without parameters: whatever its body holds, only the fingerprint depends on it.
impl Content for () {
    fn read(_: &HeaderMap, _: &[u8]) -> Result<Self, HttpProblem> {
        Ok(())
    }
}

impl<T: DeserializeOwned> Content for JsonBody<T> {
    fn read(headers: &HeaderMap, bytes: &[u8]) -> Result<Self, HttpProblem> {
        expect_json(headers)?;
        parse(bytes).map(Self)
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = HttpProblem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpProblem> {
        let field = format!("header:{IDEMPOTENCY_KEY}");
        let Some(key) = parts.headers.get(IDEMPOTENCY_KEY) else {
            let detail =
                "Name the command with a fresh random key, and retry it with the same one.";
            let problem = HttpProblem::new(Code::IdempotencyKeyMissing, detail);
            return Err(problem.at(field, "is missing"));
        };
        let key = key.to_str().ok().filter(|key| is_idempotency_key(key)).map(str::to_owned);
        key.map(Self).ok_or_else(|| {
            HttpProblem::new(Code::IdempotencyKeyInvalid, "A key is 16 to 128 of A-Z a-z 0-9 - _.")
                .at(field, "has another length or other characters")
        })
    }
}

impl<S: Sync, B: Content> FromRequest<S> for CommandBody<B> {
    type Rejection = HttpProblem;

    async fn from_request(request: Request, _: &S) -> Result<Self, HttpProblem> {
        let (parts, body) = request.into_parts();
        expect_unencoded(&parts.headers)?;
        let bytes = read(&parts.headers, body, COMMAND_BYTES_MAX).await?;
        let fingerprint = Fingerprint::of(parts.method.as_str(), parts.uri.path(), &bytes);
        Ok(Self { fingerprint, body: B::read(&parts.headers, &bytes)? })
    }
}

impl<H: Holder + Send, B: Content> FromRequest<Arc<Shop>> for Command<H, B> {
    type Rejection = HttpProblem;

    async fn from_request(request: Request, shop: &Arc<Shop>) -> Result<Self, HttpProblem> {
        let (mut parts, body) = request.into_parts();
        let holder = H::from_request_parts(&mut parts, shop).await?;
        let IdempotencyKey(key) = IdempotencyKey::from_request_parts(&mut parts, shop).await?;
        let view = ClientView::read(&shop.config.keys, &parts.headers, holder.resource())?;
        let request = Request::from_parts(parts, body);
        let CommandBody { fingerprint, body } = CommandBody::from_request(request, shop).await?;
        let request = CommandRequest {
            resource: holder.id().to_owned(),
            key,
            fingerprint,
            bookmark: view.merged.clone(),
            now: shop.clock.now(),
        };
        Ok(Self { envelope: Envelope { request, view }, body, holder: PhantomData })
    }
}

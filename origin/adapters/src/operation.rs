//! One operation of an AWS service without the generated crate of that service: the SDK's own
//! runtime signs the request (Signature Version 4), limits its time and retries it. The crates of
//! CloudFront, EventBridge and Secrets Manager are 390,000 lines of Rust, for one call each.

use std::fmt;

use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{
    HttpRequest, HttpResponse, OrchestratorError, SensitiveOutput,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{FrozenLayer, Layer};
use aws_smithy_types::error::metadata::ErrorMetadata;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use domain_core::port::PortError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::aws::{AccessKey, behavior, retries};
use crate::error::{corrupt, port_error, unavailable};

/// What is called, and where.
#[derive(Debug, Clone)]
pub(crate) struct OperationConfig {
    /// The name in our errors.
    pub(crate) name: &'static str,
    /// The service's name in signatures.
    pub(crate) service: &'static str,
    pub(crate) protocol: Protocol,
    pub(crate) region: String,
    pub(crate) endpoint: String,
    pub(crate) timeouts: TimeoutConfig,
}

/// How a request names its operation, and how an answer names its error.
#[derive(Debug, Clone)]
pub(crate) enum Protocol {
    /// AWS JSON 1.1: in the header `x-amz-target`.
    Json {
        /// The header.
        target: &'static str,
    },
    /// AWS JSON 1.0: the same with another content type.
    Json10 {
        /// The header.
        target: &'static str,
    },
    /// REST and XML: by the path.
    Xml {
        /// The path.
        path: String,
    },
}

/// One operation of one service. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct AwsOperation {
    name: &'static str,
    operation: Operation<Body, Body, ErrorMetadata>,
}

/// A body, which the SDK's logs don't show.
#[derive(Clone)]
struct Body(Vec<u8>);

/// The error in a JSON answer.
#[derive(Deserialize)]
struct JsonError {
    code: Option<String>,
    __type: Option<String>,
}

// === impl AwsOperation ===

impl AwsOperation {
    pub(crate) fn new(config: OperationConfig, access: &AccessKey, http: SharedHttpClient) -> Self {
        let OperationConfig { name, service, protocol, region, endpoint, timeouts } = config;
        let answered = protocol.clone();
        let signed = StaticRuntimePlugin::new()
            .with_config(signature(service, region))
            .with_runtime_components(signer(access));
        let operation = Operation::builder()
            .service_name(service)
            .operation_name(name)
            .behavior_version(behavior())
            .http_client(http)
            .endpoint_url(&endpoint)
            .timeout_config(timeouts)
            .standard_retry(&retries())
            .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
            .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(ServiceClockSkewClassifier::<ErrorMetadata>::new())
            .interceptor(ServiceClockSkewInterceptor::new())
            .with_connection_poisoning()
            .runtime_plugin(signed)
            .serializer(move |Body(body)| protocol.request(body))
            .deserializer(move |response: &HttpResponse| answered.answer(response))
            .build();
        Self { name, operation }
    }

    /// Sends a request until it succeeds, fails for good or has no attempts left, and returns the
    /// answer's body.
    pub(crate) async fn send(&self, body: Vec<u8>) -> Result<Vec<u8>, PortError> {
        let sent = self.operation.invoke(Body(body)).await;
        sent.map(|Body(answer)| answer).map_err(|error| port_error(self.name, &error))
    }

    /// The same with JSON both ways.
    pub(crate) async fn send_json<A: DeserializeOwned>(
        &self,
        request: &impl Serialize,
    ) -> Result<A, PortError> {
        let body = serde_json::to_vec(request);
        let body = body.map_err(|_| corrupt(self.name, "request cannot be built"))?;
        let answer = self.send(body).await?;
        serde_json::from_slice(&answer).map_err(|_| unavailable(self.name, "unreadable answer"))
    }
}

/// For which service and region a request is signed.
fn signature(service: &'static str, region: String) -> FrozenLayer {
    let mut layer = Layer::new("signature");
    layer.store_put(SigV4OperationSigningConfig {
        region: Some(SigningRegion::from(Region::new(region))),
        name: Some(SigningName::from_static(service)),
        ..SigV4OperationSigningConfig::default()
    });
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(SensitiveOutput);
    layer.freeze()
}

fn signer(access: &AccessKey) -> RuntimeComponentsBuilder {
    RuntimeComponentsBuilder::new("signer")
        .with_auth_scheme(SigV4AuthScheme::new())
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![
            SCHEME_ID,
        ])))
        .with_identity_resolver(SCHEME_ID, access.provider())
}

// === impl Protocol ===

impl Protocol {
    fn request(&self, body: Vec<u8>) -> Result<HttpRequest, BoxError> {
        let length = body.len().to_string();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method("POST")?;
        let content_type = match self {
            Self::Json { target } => {
                request.set_uri("/")?;
                request.headers_mut().insert("x-amz-target", *target);
                "application/x-amz-json-1.1"
            }
            Self::Json10 { target } => {
                request.set_uri("/")?;
                request.headers_mut().insert("x-amz-target", *target);
                "application/x-amz-json-1.0"
            }
            Self::Xml { path } => {
                request.set_uri(path.as_str())?;
                "application/xml"
            }
        };
        request.headers_mut().insert("content-type", content_type);
        request.headers_mut().insert("content-length", length);
        Ok(request)
    }

    fn answer(&self, response: &HttpResponse) -> Result<Body, OrchestratorError<ErrorMetadata>> {
        let body = response.body().bytes().unwrap_or_default();
        if response.status().is_success() {
            return Ok(Body(body.to_vec()));
        }
        let code = match self {
            Self::Json { .. } | Self::Json10 { .. } => {
                json_code(response.headers().get("x-amzn-errortype"), body)
            }
            Self::Xml { .. } => xml_code(body),
        };
        let mut error = ErrorMetadata::builder();
        if let Some(code) = code {
            error = error.code(code);
        }
        Err(OrchestratorError::operation(error.build()))
    }
}

/// The code in a header or in the body: `namespace#Code:url`, where all but the code is optional
/// (Smithy, "AWS JSON 1.1", section "Operation error serialization").
fn json_code(header: Option<&str>, body: &[u8]) -> Option<String> {
    let full = header.map(str::to_owned).or_else(|| {
        let JsonError { code, __type } = serde_json::from_slice(body).ok()?;
        code.or(__type)
    })?;
    let code = full.split(':').next()?;
    code.split('#').next_back().map(str::to_owned)
}

/// The text of the first `Code` in an `ErrorResponse`.
fn xml_code(body: &[u8]) -> Option<String> {
    let (_, rest) = std::str::from_utf8(body).ok()?.split_once("<Code>")?;
    Some(rest.split_once("</Code>")?.0.to_owned())
}

// === impl Body ===

impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Body({} bytes)", self.0.len())
    }
}

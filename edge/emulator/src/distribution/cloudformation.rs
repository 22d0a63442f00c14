//! The file in CloudFormation property names: structure only, no validation.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::unsupported::UnknownProperties;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct File {
    pub(super) distribution_config: Config,
    #[serde(default)]
    pub(super) cache_policies: BTreeMap<String, CachePolicy>,
    #[serde(default)]
    pub(super) origin_request_policies: BTreeMap<String, OriginRequestPolicy>,
    #[serde(default)]
    pub(super) response_headers_policies: BTreeMap<String, ResponseHeadersPolicy>,
    #[serde(flatten)]
    pub(super) rest: UnknownProperties,
}

/// The managed policies, by id: CloudFront has them without a declaration (4.20).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Managed {
    pub(super) cache_policies: BTreeMap<String, CachePolicy>,
    pub(super) origin_request_policies: BTreeMap<String, OriginRequestPolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Config {
    pub(super) origins: Vec<Origin>,
    pub(super) default_cache_behavior: Behavior,
    #[serde(default)]
    pub(super) cache_behaviors: Vec<Behavior>,
    #[serde(default)]
    pub(super) custom_error_responses: Vec<ErrorResponse>,
    pub(super) cache_tag_config: Option<CacheTagConfig>,
    #[serde(flatten)]
    pub(super) rest: UnknownProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct CacheTagConfig {
    pub(super) header_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ErrorResponse {
    pub(super) error_code: u16,
    #[serde(rename = "ErrorCachingMinTTL")]
    pub(super) error_caching_min_ttl: Option<u64>,
    #[serde(flatten)]
    pub(super) rest: UnknownProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Origin {
    pub(super) id: String,
    pub(super) domain_name: String,
    #[serde(default)]
    pub(super) origin_path: String,
    pub(super) connection_attempts: Option<u32>,
    pub(super) connection_timeout: Option<u64>,
    pub(super) response_completion_timeout: Option<u64>,
    #[serde(default)]
    pub(super) origin_custom_headers: Vec<OriginCustomHeader>,
    pub(super) custom_origin_config: Option<CustomOriginConfig>,
    #[serde(flatten)]
    pub(super) rest: UnknownProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct OriginCustomHeader {
    pub(super) header_name: String,
    pub(super) header_value: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CustomOriginConfig {
    pub(super) origin_read_timeout: Option<u64>,
    #[serde(flatten)]
    pub(super) rest: UnknownProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Behavior {
    pub(super) path_pattern: Option<String>,
    pub(super) target_origin_id: String,
    pub(super) viewer_protocol_policy: String,
    #[serde(default)]
    pub(super) allowed_methods: Vec<String>,
    #[serde(default)]
    pub(super) cached_methods: Vec<String>,
    pub(super) cache_policy_id: Option<String>,
    pub(super) origin_request_policy_id: Option<String>,
    pub(super) response_headers_policy_id: Option<String>,
    #[serde(default)]
    pub(super) compress: bool,
    #[serde(default)]
    pub(super) lambda_function_associations: Vec<FunctionAssociation>,
    #[serde(flatten)]
    pub(super) rest: UnknownProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FunctionAssociation {
    pub(super) event_type: String,
    #[serde(rename = "LambdaFunctionARN")]
    pub(super) lambda_function_arn: String,
    #[serde(default)]
    pub(super) include_body: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CachePolicy {
    #[serde(rename = "MinTTL")]
    pub(super) min_ttl: u64,
    #[serde(rename = "MaxTTL")]
    pub(super) max_ttl: u64,
    #[serde(rename = "DefaultTTL")]
    pub(super) default_ttl: u64,
    pub(super) parameters_in_cache_key_and_forwarded_to_origin: CacheKeyParameters,
    #[serde(flatten)]
    pub(super) rest: UnknownProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct CacheKeyParameters {
    pub(super) enable_accept_encoding_gzip: bool,
    #[serde(default)]
    pub(super) enable_accept_encoding_brotli: bool,
    pub(super) cookies_config: CookiesConfig,
    pub(super) headers_config: HeadersConfig,
    pub(super) query_strings_config: QueryStringsConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OriginRequestPolicy {
    pub(super) cookies_config: CookiesConfig,
    pub(super) headers_config: HeadersConfig,
    pub(super) query_strings_config: QueryStringsConfig,
    #[serde(flatten)]
    pub(super) rest: UnknownProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct CookiesConfig {
    pub(super) cookie_behavior: String,
    #[serde(default)]
    pub(super) cookies: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct HeadersConfig {
    pub(super) header_behavior: String,
    #[serde(default)]
    pub(super) headers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct QueryStringsConfig {
    pub(super) query_string_behavior: String,
    #[serde(default)]
    pub(super) query_strings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ResponseHeadersPolicy {
    pub(super) cors_config: Option<super::response_headers::CorsConfig>,
    #[serde(default)]
    pub(super) custom_headers_config: Items<super::response_headers::CustomHeader>,
    #[serde(default)]
    pub(super) remove_headers_config: Items<super::response_headers::RemovedHeader>,
    pub(super) security_headers_config: Option<super::response_headers::SecurityHeadersConfig>,
    pub(super) server_timing_headers_config: Option<super::response_headers::ServerTimingConfig>,
    #[serde(flatten)]
    pub(super) rest: UnknownProperties,
}

/// CloudFormation's `{"Items": […]}`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Items<T> {
    pub(super) items: Vec<T>,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self { items: Vec::new() }
    }
}

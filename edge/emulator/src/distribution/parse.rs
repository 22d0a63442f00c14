//! From the file to a `Distribution`: names resolved, everything checked.

use http::HeaderName;

use super::behavior::{AllowedMethods, Associations, Behavior, ViewerProtocol, caches_options};
use super::cloudformation as raw;
use super::errors::ErrorTtls;
use super::names::NameSet;
use super::origin::OriginSettings;
use super::path_pattern::{PathPattern, normalised};
use super::policy::{CachePolicy, OriginRequestPolicy};
use super::response_headers::{ResponseHeadersPolicy, header_name};
use super::unsupported::reject_unsupported;
use crate::error::DistributionError;

/// Quotas of one distribution (2.5).
const BEHAVIORS_MAX: usize = 75;
const ORIGINS_MAX: usize = 100;
const PATTERN_CHARS_MAX: usize = 255;

/// The policies that AWS manages, under the ids by which distributions refer to them.
const MANAGED: &str = include_str!("managed.json");

/// A distribution: origins, behaviors and policies, as declared in one JSON file.
#[derive(Debug)]
pub struct Distribution {
    pub(crate) origins: Vec<OriginSettings>,
    /// In order of precedence; the last is the default behavior.
    pub(crate) behaviors: Vec<Behavior>,
    pub(crate) cache_policies: Vec<CachePolicy>,
    pub(crate) origin_request_policies: Vec<OriginRequestPolicy>,
    pub(crate) response_headers_policies: Vec<ResponseHeadersPolicy>,
    pub(crate) errors: ErrorTtls,
    pub(crate) tag_header: Option<HeaderName>,
}

/// The names that behaviors may refer to, in the order of the distribution's lists.
struct Names {
    origins: Vec<String>,
    cache: Vec<String>,
    origin_request: Vec<String>,
    response_headers: Vec<String>,
}

// === impl Distribution ===

impl Distribution {
    /// Reads `{"DistributionConfig", "CachePolicies", "OriginRequestPolicies",
    /// "ResponseHeadersPolicies"}` in CloudFormation's property names, behaviors referring to
    /// policies by name, or by id to AWS's managed ones; rejects what is not emulated.
    pub fn parse(json: &[u8]) -> Result<Self, DistributionError> {
        let mut file: raw::File = serde_json::from_slice(json)?;
        let managed: raw::Managed = serde_json::from_str(MANAGED)?;
        file.cache_policies.extend(managed.cache_policies);
        file.origin_request_policies.extend(managed.origin_request_policies);
        reject_unsupported("file", &file.rest, &[])?;
        let config = file.distribution_config;
        let harmless =
            ["Comment", "Enabled", "HttpVersion", "IPV6Enabled", "Logging", "PriceClass"];
        let named = ["Aliases", "ViewerCertificate", "WebACLId", "Tags"];
        reject_unsupported(
            "DistributionConfig",
            &config.rest,
            &[&harmless[..], &named[..]].concat(),
        )?;
        if config.cache_behaviors.len() > BEHAVIORS_MAX || config.origins.len() > ORIGINS_MAX {
            let reason = "at most 75 behaviors and 100 origins";
            return Err(DistributionError::invalid("DistributionConfig", reason));
        }
        let names = Names {
            origins: config.origins.iter().map(|origin| origin.id.clone()).collect(),
            cache: file.cache_policies.keys().cloned().collect(),
            origin_request: file.origin_request_policies.keys().cloned().collect(),
            response_headers: file.response_headers_policies.keys().cloned().collect(),
        };
        let mut behaviors = Vec::with_capacity(config.cache_behaviors.len() + 1);
        for behavior in config.cache_behaviors {
            behaviors.push(names.behavior(behavior, None)?);
        }
        behaviors.push(names.behavior(config.default_cache_behavior, Some("*"))?);
        let tag_header = config.cache_tag_config.map(|tags| tags.header_name);
        let distribution = Self {
            origins: each(config.origins, OriginSettings::parse)?,
            behaviors,
            cache_policies: each(file.cache_policies, |(name, raw)| {
                CachePolicy::parse(&name, raw)
            })?,
            origin_request_policies: each(file.origin_request_policies, |(name, raw)| {
                OriginRequestPolicy::parse(&name, raw)
            })?,
            response_headers_policies: each(file.response_headers_policies, |(name, raw)| {
                ResponseHeadersPolicy::parse(&name, raw)
            })?,
            errors: ErrorTtls::parse(config.custom_error_responses)?,
            tag_header: tag_header
                .filter(|name| !name.is_empty())
                .map(|name| header_name("CacheTagConfig", &name))
                .transpose()?,
        };
        distribution.check_hosts()?;
        Ok(distribution)
    }

    /// The ids of the origins an emulator of this distribution needs, with their limits.
    pub fn origins(&self) -> impl Iterator<Item = (&str, super::OriginTimeouts)> {
        self.origins.iter().map(|origin| (origin.id.as_str(), origin.timeouts))
    }

    /// The first behavior whose pattern matches, by its place in the list.
    pub(crate) fn select(&self, path: &str) -> usize {
        let path = normalised(path);
        self.behaviors
            .iter()
            .position(|behavior| behavior.pattern.matches(&path))
            .expect("the default behavior's pattern is `*`")
    }

    pub(crate) fn cache_policy(&self, behavior: &Behavior) -> &CachePolicy {
        &self.cache_policies[behavior.cache_policy]
    }

    pub(crate) fn origin_request_policy(
        &self,
        behavior: &Behavior,
    ) -> Option<&OriginRequestPolicy> {
        behavior.origin_request_policy.map(|policy| &self.origin_request_policies[policy])
    }

    pub(crate) fn response_headers_policy(
        &self,
        behavior: &Behavior,
    ) -> Option<&ResponseHeadersPolicy> {
        behavior.response_headers_policy.map(|policy| &self.response_headers_policies[policy])
    }

    /// A function URL answers 403 to any request with the viewer's Host (case 106).
    fn check_hosts(&self) -> Result<(), DistributionError> {
        for behavior in &self.behaviors {
            let includes_host = |headers: &NameSet| headers.includes_header("host");
            let forwards = includes_host(&self.cache_policy(behavior).headers)
                || self
                    .origin_request_policy(behavior)
                    .is_some_and(|policy| includes_host(&policy.headers));
            let origin = &self.origins[behavior.origin];
            if forwards && origin.is_function_url {
                let reason = "a Lambda function URL rejects the viewer's Host: do not forward it";
                return Err(DistributionError::invalid(format!("Origins.{}", origin.id), reason));
            }
        }
        Ok(())
    }
}

// === impl Names ===

impl Names {
    fn behavior(
        &self,
        raw: raw::Behavior,
        pattern: Option<&str>,
    ) -> Result<Behavior, DistributionError> {
        let place = format!("CacheBehaviors.{}", raw.path_pattern.as_deref().unwrap_or("default"));
        reject_unsupported(&place, &raw.rest, &["RealtimeLogConfigArn"])?;
        if raw.compress {
            let feature = "compression at the edge (let the origin compress)";
            return Err(DistributionError::NotEmulated(feature.to_owned()));
        }
        let pattern = match (pattern, &raw.path_pattern) {
            (Some(default), _) => default,
            (None, Some(pattern)) if pattern.len() <= PATTERN_CHARS_MAX => pattern,
            _ => return Err(DistributionError::invalid(place, "PathPattern missing or too long")),
        };
        let Some(cache_policy) = &raw.cache_policy_id else {
            return Err(DistributionError::NotEmulated(format!("{place} without a cache policy")));
        };
        let find = |list: &[String], name: &str| {
            list.iter().position(|known| known == name).ok_or_else(|| {
                DistributionError::invalid(&place, format!("`{name}` is not in this file"))
            })
        };
        Ok(Behavior {
            pattern: PathPattern::new(pattern),
            origin: find(&self.origins, &raw.target_origin_id)?,
            cache_policy: find(&self.cache, cache_policy)?,
            origin_request_policy: raw
                .origin_request_policy_id
                .map(|name| find(&self.origin_request, &name))
                .transpose()?,
            response_headers_policy: raw
                .response_headers_policy_id
                .map(|name| find(&self.response_headers, &name))
                .transpose()?,
            allowed: AllowedMethods::parse(&place, raw.allowed_methods)?,
            caches_options: caches_options(&place, raw.cached_methods)?,
            viewer_protocol: ViewerProtocol::parse(&place, &raw.viewer_protocol_policy)?,
            functions: associations(&place, raw.lambda_function_associations)?,
        })
    }
}

fn associations(
    place: &str,
    raw: Vec<raw::FunctionAssociation>,
) -> Result<Associations, DistributionError> {
    let mut functions = Associations::default();
    for association in raw {
        if association.include_body {
            return Err(DistributionError::NotEmulated(format!("{place}: IncludeBody")));
        }
        let slot = match association.event_type.as_str() {
            "viewer-request" => &mut functions.viewer_request,
            "origin-request" => &mut functions.origin_request,
            "origin-response" => &mut functions.origin_response,
            "viewer-response" => &mut functions.viewer_response,
            other => {
                return Err(DistributionError::invalid(place, format!("`{other}` is no event")));
            }
        };
        if slot.replace(association.lambda_function_arn).is_some() {
            return Err(DistributionError::invalid(place, "two functions for one event"));
        }
    }
    Ok(functions)
}

fn each<Raw, Parsed>(
    raw: impl IntoIterator<Item = Raw>,
    parse: impl FnMut(Raw) -> Result<Parsed, DistributionError>,
) -> Result<Vec<Parsed>, DistributionError> {
    raw.into_iter().map(parse).collect()
}

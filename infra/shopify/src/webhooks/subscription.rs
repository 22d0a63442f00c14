//! What is subscribed to, and where deliveries go.

use super::filter::Filter;

/// One topic, delivered to one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Such as `orders/paid`.
    pub topic: String,
    /// Where deliveries go.
    pub target: Target,
    /// Which events are delivered; all of them without a filter.
    pub filter: Option<Filter>,
    /// Dotted paths of what a payload carries; all of it if empty.
    pub include_fields: Vec<String>,
    /// The API version that a delivery names.
    pub api_version: String,
    /// An optional name, which a delivery carries.
    pub name: Option<String>,
    /// Who made it.
    pub made_by: MadeBy,
}

/// Who made a subscription: that decides what happens to it when deliveries fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeBy {
    /// `shopify.app.toml`: it stays.
    Config,
    /// The Admin API: it is deleted once a delivery has failed for good.
    Api,
}

/// Where deliveries go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A POST to this URL.
    Http(String),
    /// A partner event source of Amazon EventBridge.
    EventBridge {
        /// The AWS region.
        region: String,
        /// The source of its events: `aws.partner/shopify.com/{app id}/{name}`.
        source: String,
    },
}

/// Why an address is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Neither a URL nor an event source.
    #[error("{0:?} is neither an http(s) URL, a path, nor an EventBridge source of Shopify's")]
    Unknown(String),
    /// A target of Shopify's that does not exist here.
    #[error("{0:?}: the local Shopify does not deliver to Google Cloud Pub/Sub")]
    PubSub(String),
}

// === impl Target ===

impl Target {
    /// Reads an address. A path is one of the application's own.
    ///
    /// # Errors
    /// [`TargetError`].
    pub fn parse(uri: &str, application_url: &str) -> Result<Self, TargetError> {
        let unknown = || TargetError::Unknown(uri.to_owned());
        if uri.starts_with("pubsub://") {
            return Err(TargetError::PubSub(uri.to_owned()));
        }
        if let Some(arn) = uri.strip_prefix("arn:aws:events:") {
            let (region, source) = arn.split_once("::event-source/").ok_or_else(unknown)?;
            let name = source.strip_prefix("aws.partner/shopify.com/").ok_or_else(unknown)?;
            let is_named =
                name.split_once('/').is_some_and(|(id, name)| !id.is_empty() && !name.is_empty());
            if region.is_empty() || !is_named {
                return Err(unknown());
            }
            return Ok(Self::EventBridge { region: region.to_owned(), source: source.to_owned() });
        }
        let url = match uri.strip_prefix('/') {
            Some(path) => format!("{}/{path}", application_url.trim_end_matches('/')),
            None => uri.to_owned(),
        };
        let parsed: http::Uri = url.parse().map_err(|_| unknown())?;
        match (parsed.scheme_str(), parsed.host()) {
            (Some("http" | "https"), Some(_)) => Ok(Self::Http(url)),
            _ => Err(unknown()),
        }
    }
}

//! `shopify.app.toml`: what an app tells Shopify about itself.

use serde::Deserialize;

use crate::webhooks::{Filter, MadeBy, Subscription, Target};

/// Longest configuration read.
pub const CONFIG_BYTES_MAX: usize = 262_144;
/// Most subscriptions, one for each topic and address.
pub const SUBSCRIPTIONS_MAX: usize = 1_000;
/// Where the App Proxy may be on a storefront.
const PREFIXES: [&str; 4] = ["a", "apps", "community", "tools"];
/// The topics that are sent. Those of requests of customers must be subscribed to, but are sent by hand
/// only: no customer asks here.
pub const TOPICS: [&str; 15] = [
    "app/uninstalled",
    "customers/create",
    "customers/data_request",
    "customers/delete",
    "customers/merge",
    "customers/redact",
    "customers/update",
    "orders/cancelled",
    "orders/create",
    "orders/delete",
    "orders/edited",
    "orders/paid",
    "orders/updated",
    "refunds/create",
    "shop/redact",
];
/// Names that a sub path may not have, and its length.
const SUBPATHS_RESERVED: [&str; 4] = ["admin", "services", "password", "login"];
const SUBPATH_BYTES_MAX: usize = 30;

/// An app's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppConfig {
    /// The client id.
    pub client_id: String,
    /// The name that merchants see.
    pub name: String,
    /// The URL that the admin shows, or that an install leads to.
    pub application_url: String,
    /// Whether the app is shown inside the admin.
    pub embedded: bool,
    /// The scopes that an install grants.
    pub scopes: Vec<String>,
    /// Where the App Proxy leads, if there is one.
    pub app_proxy: Option<ProxyConfig>,
    /// The webhooks.
    pub subscriptions: Vec<Subscription>,
}

/// The App Proxy of an app.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxyConfig {
    /// Where requests are forwarded to.
    pub url: String,
    /// The first part of the path on the storefront, such as `apps`.
    pub prefix: String,
    /// The second part, such as `forecourt`.
    pub subpath: String,
}

/// Why a configuration is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Longer than [`CONFIG_BYTES_MAX`].
    #[error("shopify.app.toml is longer than {CONFIG_BYTES_MAX} bytes")]
    TooLong,
    /// No TOML, or without a part that is required, or with one that has no effect here.
    #[error("shopify.app.toml: {0}")]
    Toml(String),
    /// A value that Shopify rejects, or that the local Shopify can't act on.
    #[error("shopify.app.toml: {field} {problem}")]
    Value {
        /// Where it is.
        field: &'static str,
        /// The problem with it.
        problem: String,
    },
}

#[derive(Deserialize)]
struct Document {
    client_id: String,
    #[serde(default)]
    name: String,
    application_url: String,
    #[serde(default)]
    embedded: bool,
    #[serde(default)]
    access_scopes: Scopes,
    app_proxy: Option<ProxyConfig>,
    webhooks: Option<Webhooks>,
}

#[derive(Default, Deserialize)]
struct Scopes {
    #[serde(default)]
    scopes: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhooks {
    api_version: String,
    #[serde(default)]
    subscriptions: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default)]
    topics: Vec<String>,
    #[serde(default)]
    compliance_topics: Vec<String>,
    uri: String,
    filter: Option<String>,
    #[serde(default)]
    include_fields: Vec<String>,
    name: Option<String>,
}

// === impl AppConfig ===

impl AppConfig {
    /// Reads a configuration.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        if text.len() > CONFIG_BYTES_MAX {
            return Err(ConfigError::TooLong);
        }
        let document: Document =
            toml::from_str(text).map_err(|error| ConfigError::Toml(error.to_string()))?;
        if let Some(proxy) = &document.app_proxy {
            check_proxy(proxy)?;
        }
        let scopes = document.access_scopes.scopes.split(',').map(str::trim);
        let subscriptions = document
            .webhooks
            .as_ref()
            .map_or(Ok(Vec::new()), |webhooks| webhooks.subscriptions(&document.application_url))?;
        Ok(Self {
            scopes: scopes.filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
            client_id: document.client_id,
            name: document.name,
            application_url: document.application_url,
            embedded: document.embedded,
            app_proxy: document.app_proxy,
            subscriptions,
        })
    }
}

impl ProxyConfig {
    /// The path on the storefront under which the App Proxy is reached.
    #[must_use]
    pub fn path_prefix(&self) -> String {
        format!("/{}/{}", self.prefix, self.subpath)
    }
}

// === impl Webhooks ===

impl Webhooks {
    fn subscriptions(&self, application_url: &str) -> Result<Vec<Subscription>, ConfigError> {
        let mut subscriptions = Vec::new();
        for entry in &self.subscriptions {
            let topics = entry.topics.iter().chain(&entry.compliance_topics);
            for topic in topics {
                if subscriptions.len() == SUBSCRIPTIONS_MAX {
                    let problem = format!("has more than {SUBSCRIPTIONS_MAX} subscriptions");
                    return Err(ConfigError::Value { field: "webhooks", problem });
                }
                subscriptions.push(self.subscription(entry, topic, application_url)?);
            }
        }
        Ok(subscriptions)
    }

    fn subscription(
        &self,
        entry: &Entry,
        topic: &str,
        application_url: &str,
    ) -> Result<Subscription, ConfigError> {
        let error = |field, problem| ConfigError::Value { field, problem };
        if !TOPICS.contains(&topic) {
            let problem = format!("has {topic:?}, which is no topic that the local Shopify sends");
            return Err(error("topics", problem));
        }
        let target = Target::parse(&entry.uri, application_url)
            .map_err(|problem| error("uri", problem.to_string()))?;
        let filter = entry.filter.as_deref().map(Filter::parse).transpose();
        let filter = filter.map_err(|problem| error("filter", problem.to_string()))?;
        Ok(Subscription {
            topic: topic.to_owned(),
            target,
            filter,
            include_fields: entry.include_fields.clone(),
            api_version: self.api_version.clone(),
            name: entry.name.clone(),
            made_by: MadeBy::Config,
        })
    }
}

fn check_proxy(proxy: &ProxyConfig) -> Result<(), ConfigError> {
    let error = |field, problem| Err(ConfigError::Value { field, problem });
    if !PREFIXES.contains(&proxy.prefix.as_str()) {
        return error("app_proxy.prefix", format!("is not one of {}", PREFIXES.join(", ")));
    }
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let subpath = proxy.subpath.as_str();
    let is_long = subpath.is_empty() || subpath.len() > SUBPATH_BYTES_MAX;
    if is_long || !subpath.bytes().all(is_letter) || SUBPATHS_RESERVED.contains(&subpath) {
        let problem = format!("is reserved or not 1 to {SUBPATH_BYTES_MAX} of A-Z a-z 0-9 _ -");
        return error("app_proxy.subpath", problem);
    }
    Ok(())
}

//! Profiles: which shop a command works with. A profile is a JSON file; the demo shop on this machine
//! is the one without a file. Secrets are not in it: it names a file of `NAME=value` lines, and what
//! is not there is read from the environment, never from the command line, where other processes
//! could read it.

use std::path::{Path, PathBuf};

use domain_core::currency::is_currency;
use edge_wire::keys::KeyRing;
use edge_wire::secrets::ShopifySecrets;
use edge_wire::token::StaffTokens;
use serde::Deserialize;

use crate::demo;

/// The variables with secrets and the shop, named as in the functions' configuration.
const KEYS: &str = "FORECOURT_KEYS";
const SHOPIFY_SECRETS: &str = "FORECOURT_SHOPIFY_SECRETS";
const STAFF_TOKEN: &str = "FORECOURT_STAFF_TOKEN";
const SHOP: &str = "FORECOURT_SHOP";
const CURRENCY: &str = "FORECOURT_CURRENCY";
const CLIENT_ID: &str = "FORECOURT_CLIENT_ID";

/// Hosts of this machine, whose shop is the demo's unless something else is said.
const LOCAL_HOSTS: [&str; 2] = ["127.0.0.1", "localhost"];

/// Why a profile can't be used, as one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ProfileError(String);

/// One shop and how it is reached.
#[derive(Debug, Clone)]
pub struct Profile {
    url: String,
    is_local: bool,
    shop: Option<String>,
    currency: Option<String>,
    client_id: Option<String>,
    secrets: Secrets,
}

/// The form of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    url: Option<String>,
    shop: Option<String>,
    currency: Option<String>,
    client_id: Option<String>,
    secrets: Option<PathBuf>,
}

/// Lines of `NAME=value`, and what is asked for a name without one.
#[derive(Clone)]
struct Secrets {
    lines: String,
    variable: fn(&str) -> Option<String>,
}

// === impl Profile ===

impl Profile {
    /// The demo shop on this machine, without a look at the environment.
    #[must_use]
    pub fn demo() -> Self {
        let secrets = Secrets { lines: String::new(), variable: |_| None };
        let (shop, currency, client_id) = (None, None, None);
        let url = demo::URL.to_owned();
        Self { url, is_local: true, shop, currency, client_id, secrets }
    }

    /// The profile of a file, with what `variable` returns for a name that its secrets lack. Without a
    /// file: the demo shop. A `url` and a file of `secrets` replace those of the profile.
    ///
    /// # Errors
    /// A file can't be read, or the profile is invalid.
    pub fn read(
        file: Option<&Path>,
        url: Option<&str>,
        secrets: Option<&Path>,
        variable: fn(&str) -> Option<String>,
    ) -> Result<Self, ProfileError> {
        let document = match file {
            Some(file) => serde_json::from_str(&text(file)?)
                .map_err(|error| ProfileError(format!("{}: {error}", file.display())))?,
            None => Document::default(),
        };
        let Document { url: own, shop, currency, client_id, secrets: named } = document;
        // A relative path starts at the profile's folder.
        let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
        let secrets = secrets.map(Path::to_owned).or_else(|| Some(folder.join(named?)));
        let lines = secrets.as_deref().map(text).transpose()?.unwrap_or_default();
        let url = url.or(own.as_deref()).unwrap_or(demo::URL).trim_end_matches('/').to_owned();
        let is_local = LOCAL_HOSTS.contains(&host_name(&url)?);
        let secrets = Secrets { lines, variable };
        let shop = shop.or_else(|| secrets.value(SHOP));
        let currency = currency.or_else(|| secrets.value(CURRENCY));
        let client_id = client_id.or_else(|| secrets.value(CLIENT_ID));
        let profile = Self { url, is_local, shop, currency, client_id, secrets };
        if let Some(shop) = profile.shop.as_deref().filter(|shop| !is_shop_domain(shop)) {
            return Err(ProfileError(format!("shop: {shop} is not like example.myshopify.com")));
        }
        if let Some(currency) = profile.currency.as_deref().filter(|code| !is_currency(code)) {
            return Err(ProfileError(format!("currency: {currency} is not like EUR (ISO 4217)")));
        }
        Ok(profile)
    }

    /// Where the shop is reached, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether the shop is on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.is_local
    }

    /// The shop's `*.myshopify.com` domain, if it is known.
    #[must_use]
    pub fn shop(&self) -> Option<&str> {
        self.shop.as_deref().or_else(|| self.is_local.then_some(demo::SHOP))
    }

    /// The shop's one currency, if it is known.
    #[must_use]
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref().or_else(|| self.is_local.then_some(demo::CURRENCY))
    }

    /// The app's client id, if it is known.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref().or_else(|| self.is_local.then_some(demo::SHOPIFY_CLIENT_ID))
    }

    /// Our keys, if they are known.
    ///
    /// # Errors
    /// They are not well-formed.
    pub fn keys(&self) -> Result<Option<KeyRing>, ProfileError> {
        // The value is secret; the parse error is not.
        self.secret(KEYS, demo::KEYS)
            .map(|text| KeyRing::parse(&text))
            .transpose()
            .map_err(|error| ProfileError(format!("{KEYS}: {error:?}")))
    }

    /// Shopify's app secrets, if they are known.
    ///
    /// # Errors
    /// They are not well-formed.
    pub fn shopify_secrets(&self) -> Result<Option<ShopifySecrets>, ProfileError> {
        let invalid = || ProfileError(format!("{SHOPIFY_SECRETS}: one secret, or two and a comma"));
        self.secret(SHOPIFY_SECRETS, demo::SHOPIFY_SECRET)
            .map(|text| ShopifySecrets::parse(&text).ok_or_else(invalid))
            .transpose()
    }

    /// The newest of Shopify's app secrets as a text, for a program that signs like Shopify.
    ///
    /// # Errors
    /// They are not well-formed.
    pub fn shopify_secret(&self) -> Result<Option<String>, ProfileError> {
        self.shopify_secrets()?;
        let secrets = self.secret(SHOPIFY_SECRETS, demo::SHOPIFY_SECRET);
        Ok(secrets.map(|text| text.split(',').next().unwrap_or_default().trim().to_owned()))
    }

    /// The staff tokens that a shop on this machine accepts.
    ///
    /// # Errors
    /// They are not well-formed.
    pub fn staff_tokens(&self) -> Result<Option<StaffTokens>, ProfileError> {
        let invalid = || ProfileError(format!("{STAFF_TOKEN} needs at least 32 bytes"));
        self.secret(STAFF_TOKEN, demo::STAFF_TOKEN)
            .map(|text| StaffTokens::parse(&text).ok_or_else(invalid))
            .transpose()
    }

    /// The staff token to send: the newest, which is the first.
    ///
    /// # Errors
    /// It is not known.
    pub fn staff_token(&self) -> Result<String, ProfileError> {
        let tokens = expected(self.secret(STAFF_TOKEN, demo::STAFF_TOKEN), STAFF_TOKEN)?;
        Ok(tokens.split(',').next().unwrap_or_default().trim().to_owned())
    }

    /// The shop, which a command needs.
    ///
    /// # Errors
    /// It is not known.
    pub fn expect_shop(&self) -> Result<&str, ProfileError> {
        expected(self.shop(), SHOP)
    }

    /// The currency, which a command needs.
    ///
    /// # Errors
    /// It is not known.
    pub fn expect_currency(&self) -> Result<&str, ProfileError> {
        expected(self.currency(), CURRENCY)
    }

    /// Our keys, which a command needs.
    ///
    /// # Errors
    /// They are not known, or not well-formed.
    pub fn expect_keys(&self) -> Result<KeyRing, ProfileError> {
        expected(self.keys()?, KEYS)
    }

    /// Shopify's app secrets, which a command needs.
    ///
    /// # Errors
    /// They are not known, or not well-formed.
    pub fn expect_shopify_secrets(&self) -> Result<ShopifySecrets, ProfileError> {
        expected(self.shopify_secrets()?, SHOPIFY_SECRETS)
    }

    /// The staff tokens, which a command needs.
    ///
    /// # Errors
    /// They are not known, or not well-formed.
    pub fn expect_staff_tokens(&self) -> Result<StaffTokens, ProfileError> {
        expected(self.staff_tokens()?, STAFF_TOKEN)
    }

    fn secret(&self, name: &str, demo: &str) -> Option<String> {
        self.secrets.value(name).or_else(|| self.is_local.then(|| demo.to_owned()))
    }
}

fn expected<T>(value: Option<T>, name: &str) -> Result<T, ProfileError> {
    value.ok_or_else(|| {
        let places = "in the environment, or in the file that `secrets` of the profile names";
        ProfileError(format!("{name} is not set: {places}"))
    })
}

fn text(file: &Path) -> Result<String, ProfileError> {
    std::fs::read_to_string(file)
        .map_err(|error| ProfileError(format!("{}: {error}", file.display())))
}

/// Whether a domain is one that Shopify gives a shop.
fn is_shop_domain(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.strip_suffix(".myshopify.com").is_some_and(|name| {
        !name.is_empty() && !name.starts_with('-') && name.bytes().all(is_plain)
    })
}

/// The host of a URL without a path, and without its port. A user before an `@` would look like the host.
fn host_name(url: &str) -> Result<&str, ProfileError> {
    let is_of_host = |letter: char| letter.is_ascii_alphanumeric() || "-._:[]".contains(letter);
    let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let host =
        host.filter(|host| !host.is_empty() && host.chars().all(is_of_host)).ok_or_else(|| {
            ProfileError(format!("--url {url}: write https:// and a host, without a path"))
        })?;
    Ok(host.rsplit_once(':').map_or(host, |(name, _)| name))
}

// === impl Secrets ===

impl Secrets {
    fn value(&self, name: &str) -> Option<String> {
        let of_name = |line: &str| Some(line.strip_prefix(name)?.strip_prefix('=')?.to_owned());
        let line = self.lines.lines().find_map(of_name).map(|value| value.trim().to_owned());
        line.or_else(|| (self.variable)(name)).filter(|value| !value.is_empty())
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Secrets")
    }
}

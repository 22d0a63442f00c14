//! `GET /admin`: the page that Shopify's admin shows in a frame, and its files.
//!
//! The files are part of the binary, so that a release of the page and one of the routes it calls are
//! the same. `/admin` itself is never cached; it names its files under the digest of all of them, so
//! that caches may store those and no page ever gets files of two releases. A function with few
//! environments, such as that of the staff's routes, could not serve a dozen files at once.

use std::sync::{Arc, LazyLock};

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain_core::id::{digest, hex};
use edge_wire::problem::Code;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};

use crate::http::http_problem::HttpProblem;
use crate::runtime::config::ShopConfig;
use crate::runtime::shop::Shop;

/// The page, with a place for each of what differs between deployments.
const PAGE: &str = include_str!("../../../../../infra/admin-page/index.html");
/// Bytes of the digest in the files' paths.
const RELEASE_BYTES: usize = 8;
/// Where App Bridge and Polaris are (Shopify, "App Home", "Versioning for web components").
const CDN: &str = "https://cdn.shopify.com";

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../../../infra/admin-page/", $name)))),+]
    };
}

/// The files of the page by their names.
const FILES: &[(&str, &str)] = files![
    "admin.css",
    "api.js",
    "app.js",
    "dom.js",
    "session.js",
    "view-audit.js",
    "view-customers.js",
    "view-health.js",
    "view-privacy.js",
    "view-products.js",
    "view-program.js",
    "view-staff.js",
];

/// The digest of all files, by which one release of them is named.
static RELEASE: LazyLock<String> = LazyLock::new(|| {
    let parts: Vec<&[u8]> =
        FILES.iter().flat_map(|(name, text)| [name.as_bytes(), text.as_bytes()]).collect();
    hex(&digest("forecourt/admin-page/1", &parts)[..RELEASE_BYTES])
});

/// The admin, which Shopify shows in a frame. Parameters are for its scripts, and ignored here.
#[utoipa::path(get, path = "/admin", tag = "admin",
    responses((status = 200, content_type = "text/html", body = String)))]
pub(crate) async fn show(State(shop): State<Arc<Shop>>) -> Response {
    let policy = security_policy(&shop.config);
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8".to_owned())];
    (headers, [(CONTENT_SECURITY_POLICY, policy)], page(&shop.config)).into_response()
}

/// A file of the admin.
#[utoipa::path(get, path = "/admin/{release}/{file}", tag = "admin",
    params(("release" = String, Path), ("file" = String, Path)),
    responses((status = 200, content_type = "text/javascript", body = String)))]
pub(crate) async fn file(
    Path((release, file)): Path<(String, String)>,
) -> Result<Response, HttpProblem> {
    let found = FILES.iter().find(|(name, _)| release == *RELEASE && *name == file);
    let (name, text) = found.ok_or_else(|| {
        HttpProblem::new(Code::RouteUnknown, "Load /admin again: it names the files it has.")
    })?;
    let kind = if name.ends_with(".css") { CSS } else { SCRIPT };
    Ok(([(CONTENT_TYPE, kind)], *text).into_response())
}

fn page(config: &ShopConfig) -> String {
    // An id of Shopify's is hexadecimal; anything else could end the attribute it stands in.
    let is_plain = |id: &&str| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let client_id = config.client_id.as_deref().filter(is_plain).unwrap_or_default();
    PAGE.replace("{cdn}", cdn(config))
        .replace("{client_id}", client_id)
        .replace("{release}", &RELEASE)
}

/// Only the shop's admin may show the page (Shopify, "Set up iframe protection"). Polaris styles its
/// elements in the page, which only `'unsafe-inline'` allows, for styles alone.
fn security_policy(config: &ShopConfig) -> String {
    let (cdn, shop) = (cdn(config), &config.domain);
    let frames = match &config.local_shopify {
        Some(origin) => origin.clone(),
        None => format!("https://{shop} https://admin.shopify.com"),
    };
    format!(
        "default-src 'none'; script-src 'self' {cdn}; style-src 'self' 'unsafe-inline' {cdn}; \
         img-src 'self' data: {cdn}; font-src {cdn}; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors {frames}"
    )
}

fn cdn(config: &ShopConfig) -> &str {
    config.local_shopify.as_deref().unwrap_or(CDN)
}

#[cfg(test)]
mod tests {
    use super::{FILES, PAGE};

    /// What the folder holds besides the page's files.
    const OTHERS: [&str; 3] = ["README.md", "index.html", "test"];

    #[test]
    fn every_file_of_the_page_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/admin-page");
        let entries = std::fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| !OTHERS.contains(&name.as_str())).collect();
        names.sort_unstable();
        let served: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(served, names);
    }

    #[test]
    fn every_module_is_loaded_with_the_page_and_no_script_is_inline() {
        for (name, _) in FILES.iter().filter(|(name, _)| name.ends_with(".js")) {
            let preload =
                format!("<link rel=\"modulepreload\" href=\"/admin/{{release}}/{name}\">");
            let script = format!("src=\"/admin/{{release}}/{name}\"");
            assert!(PAGE.contains(&preload) || PAGE.contains(&script), "{name}");
        }
        assert!(PAGE.split("<script").skip(1).all(|tag| tag.contains("></script>")));
    }
}

//! The admin around the app's page: a frame with the page, which gives it ID tokens through a stand-in
//! for App Bridge, as Shopify's admin does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::json;

use super::LocalShopify;
use super::operator::answer;
use crate::storefront::{escape, layout};

/// The frame.
pub(super) const PATH: &str = "/_shopify/app";
const SCRIPT_PATH: &str = "/_shopify/app/admin.js";
const TOKEN_PATH: &str = "/_shopify/app/token";
/// Where an app's page loads them from Shopify's CDN.
const APP_BRIDGE_PATH: &str = "/shopifycloud/app-bridge.js";
const POLARIS_PATH: &str = "/shopifycloud/polaris-1.js";

const SCRIPT: &str = include_str!("embedded/admin.js");
const APP_BRIDGE: &str = include_str!("embedded/app-bridge.js");
/// Polaris is on Shopify's CDN only: a page has to work before it has loaded, too.
const POLARIS: &str = "// The local Shopify has no Polaris.\n";

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

// === impl LocalShopify ===

impl LocalShopify {
    /// Answers a request to the admin around the app, or returns none.
    pub(super) fn embedded(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let script = |text: &str| answer(StatusCode::OK, JAVASCRIPT, text.to_owned());
        Some(match (request.method(), request.uri().path()) {
            (&Method::GET, PATH) => self.frame(request),
            (&Method::GET, SCRIPT_PATH) => script(SCRIPT),
            (&Method::GET, APP_BRIDGE_PATH) => script(APP_BRIDGE),
            (&Method::GET, POLARIS_PATH) => script(POLARIS),
            (&Method::POST, TOKEN_PATH) => match self.signed_in(request) {
                Some(person) => {
                    let body = json!({ "token": self.id_token(person) });
                    answer(StatusCode::OK, "application/json", body.to_string())
                }
                None => no_such_person(),
            },
            _ => return None,
        })
    }

    fn frame(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let Some(person) = self.signed_in(request) else { return no_such_person() };
        let persons: Vec<String> = self
            .oauth()
            .staff()
            .map(|one| {
                let name = escape(&format!("{} {}", one.first_name, one.last_name));
                let current = if one.id == person { " aria-current=\"true\"" } else { "" };
                format!("<a href=\"{PATH}?staff={}\"{current}>{name}</a>", one.id)
            })
            .collect();
        let src = escape(&self.page_url(person));
        let content = format!(
            "<p>The admin of {}, as {}. <a href=\"/_shopify\">Orders</a></p>\n\
             <iframe title=\"The app\" src=\"{src}\" data-staff=\"{person}\" width=\"100%\" \
             height=\"900\"></iframe>\n<script type=\"module\" src=\"{SCRIPT_PATH}\"></script>",
            escape(&self.0.domain),
            persons.join(" · ")
        );
        answer(StatusCode::OK, "text/html; charset=utf-8", layout("Admin", &content))
    }

    /// The application URL with what the admin adds to it.
    fn page_url(&self, person: u64) -> String {
        let domain = &self.0.domain;
        let host = STANDARD_NO_PAD.encode(format!("{domain}/admin"));
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("embedded", "1")
            .append_pair("host", &host)
            .append_pair("id_token", &self.id_token(person))
            .append_pair("locale", "en")
            .append_pair("shop", domain)
            .append_pair("timestamp", &(self.now_ms() / 1_000).to_string())
            .finish();
        format!("{}?{query}", self.0.application_url)
    }

    fn id_token(&self, person: u64) -> String {
        self.oauth().id_token(&self.0.domain, person, self.now_ms() / 1_000)
    }

    /// The member of staff that a request names, or the first.
    fn signed_in(&self, request: &Request<Bytes>) -> Option<u64> {
        let query = request.uri().query().unwrap_or_default();
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let oauth = self.oauth();
        match pairs.find(|(name, _)| name == "staff") {
            Some((_, id)) => oauth.staff().map(|one| one.id).find(|one| one.to_string() == id),
            None => oauth.staff().map(|one| one.id).next(),
        }
    }
}

fn no_such_person() -> Response<Bytes> {
    let text = "There is no such member of staff.".to_owned();
    answer(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", text)
}

//! Plain pages, without a styling framework.

use super::money::Currency;
use super::pricing::Pricing;
use super::shop::Shop;

/// The script of Shopify's standard storefront actions, which every page has.
const ACTIONS: &str = include_str!("actions.js");
/// The line of it that differs between currencies.
const DECIMALS: &str = "const DECIMALS = 2;";

/// The script of the standard storefront actions, for amounts of a currency.
pub(super) fn actions(currency: Currency) -> String {
    ACTIONS.replace(DECIMALS, &format!("const DECIMALS = {};", currency.ajax_decimals()))
}
/// Where it is.
pub(super) const ACTIONS_PATH: &str = "/actions.js";
/// Most variants on the home page.
const VARIANTS_MAX: usize = 100;

/// A page with a title and content that is HTML already.
#[must_use]
pub fn layout(title: &str, content: &str) -> String {
    let title = if title.is_empty() { "Shop" } else { title };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n\
         <script src=\"{ACTIONS_PATH}\" type=\"module\"></script>\n</head>\n\
         <body>\n<main>\n{content}\n</main>\n</body>\n</html>\n",
        escape(title)
    )
}

/// A text in HTML.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The first variants with a button each, and who is signed in.
pub(super) fn home(shop: &Shop<'_>, customer: Option<u64>) -> String {
    let account = match customer.and_then(|id| shop.customers.by_id(id)) {
        Some(customer) => format!(
            "<p>Signed in as {} {}.</p>\n<form method=\"post\" action=\"/account/logout\">\
             <button>Sign out</button></form>",
            escape(&customer.first_name),
            escape(&customer.last_name)
        ),
        None => "<p><a href=\"/account/login\">Sign in</a></p>".to_owned(),
    };
    let variants = shop.catalogue.first_variants(VARIANTS_MAX).into_iter().take(VARIANTS_MAX);
    let items: Vec<String> = variants
        .map(|variant| {
            let price = shop.currency.decimal(variant.price);
            format!(
                "<li>\n<form method=\"post\" action=\"/cart/add\">\
                 <input type=\"hidden\" name=\"id\" value=\"{}\">{}, {price} {} \
                 <button>Add to cart</button></form>\n</li>",
                variant.id,
                escape(&variant.full_title()),
                shop.currency.code()
            )
        })
        .collect();
    let items = items.join("\n");
    layout(
        "Shop",
        &format!(
            "<h1>Shop</h1>\n{account}\n<ul>\n{items}\n</ul>\n<p><a href=\"/cart\">Cart</a></p>"
        ),
    )
}

/// The cart. Properties that begin with `_` are hidden, as themes do.
pub(super) fn cart(pricing: &Pricing, currency: Currency) -> String {
    let lines: Vec<String> = pricing
        .lines
        .iter()
        .map(|line| {
            let properties = line.line.properties.iter().filter(|(name, _)| !name.starts_with('_'));
            let properties: Vec<String> = properties
                .map(|(name, value)| format!("{}: {}", escape(name), escape(value)))
                .collect();
            format!(
                "<li>{} × {} {} {}</li>",
                line.line.quantity,
                escape(&line.variant.full_title()),
                properties.join(", "),
                currency.decimal(line.net())
            )
        })
        .collect();
    let codes = pricing.codes.iter().map(|(code, is_applicable)| {
        let state = if *is_applicable { "applied" } else { "not applicable" };
        format!("<li>{} ({state})</li>", escape(code))
    });
    let codes: Vec<String> = codes.collect();
    let total = format!("{} {}", currency.decimal(pricing.total()), currency.code());
    let content = format!(
        "<h1>Cart</h1>\n<ul>\n{}\n</ul>\n<ul>\n{}\n</ul>\n<p>Total: {total}</p>\n\
         <form method=\"post\" action=\"/cart/update\"><label>Discount code \
         <input name=\"discount\"></label><button>Apply</button></form>\n\
         <form method=\"post\" action=\"/checkout\"><button>Check out</button></form>",
        lines.join("\n"),
        codes.join("\n")
    );
    layout("Cart", &content)
}

/// The form to sign in. There are no passwords on one machine.
pub(super) fn sign_in(problem: &str) -> String {
    let problem = if problem.is_empty() {
        String::new()
    } else {
        format!("<p role=\"alert\">{}</p>\n", escape(problem))
    };
    let content = format!(
        "<h1>Sign in</h1>\n{problem}<form method=\"post\" action=\"/account/login\">\
         <label>E-mail <input type=\"email\" name=\"email\" required></label>\
         <button>Sign in</button></form>\n<p>The local shop has no passwords.</p>"
    );
    layout("Sign in", &content)
}

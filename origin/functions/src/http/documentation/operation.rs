//! What follows from the route table: parameters, limits, security, headers of answers.

use domain_loyalty::{DOCUMENT_BYTES_MAX, PAGE_ENTRIES_MAX};
use edge_wire::function::HttpFunction;
use edge_wire::grammar::{ID_LENGTH_MAX, IDEMPOTENCY_KEY_LENGTH};
use edge_wire::identity::Kind;
use edge_wire::routes::{
    Caller, Class, Exposure, PROXY_PREFIX, Parameters, Route, SELECTION_PARAMETERS_MAX,
};
use serde_json::{Value, json};

use super::codes::has_bookmarks;
use crate::http::body::{COMMAND_BYTES_MAX, PRODUCT_BYTES_MAX, WEBHOOK_BYTES_MAX};

/// Completes an operation.
pub(super) fn complete(route: &Route, operation: &mut Value) {
    operation["operationId"] = operation_id(route).into();
    let parameters = parameters(route, operation);
    operation["parameters"] = parameters.into();
    operation["security"] = security(route).into();
    operation["x-cache"] = match route.class {
        Class::Public => "public",
        Class::Personal => "personal",
        Class::Uncached => "uncached",
    }
    .into();
    operation["servers"] = match route.exposure {
        Exposure::Direct => json!([{"url": "/"}]),
        Exposure::Both => json!([{"url": "/"}, {"url": PROXY_PREFIX}]),
        Exposure::Proxy => json!([{"url": PROXY_PREFIX}]),
    };
    if let Some(body) = operation.get_mut("requestBody") {
        let bytes = body_bytes_max(route);
        body["required"] = true.into();
        body["description"] = format!("At most {bytes} bytes.").into();
        body["x-max-bytes"] = bytes.into();
    }
    complete_answers(route, operation);
}

/// `getCartCheckout`: the method and the words of the path.
fn operation_id(route: &Route) -> String {
    let is_word = |character: char| character.is_ascii_alphanumeric();
    let path = route.path.strip_prefix("/v1").unwrap_or(route.path);
    let words = path.split(|character| !is_word(character)).filter(|word| !word.is_empty());
    words.fold(route.method.to_lowercase(), |id, word| {
        let (first, rest) = word.split_at(1);
        id + &first.to_uppercase() + rest
    })
}

/// The parameters that the handler documents, and those of the route's kind.
fn parameters(route: &Route, operation: &mut Value) -> Vec<Value> {
    let mut all: Vec<Value> = match operation["parameters"].take() {
        Value::Array(documented) => documented,
        _ => Vec::new(),
    };
    let header = |name: &str, required: bool, description: &str| {
        json!({"name": name, "in": "header", "required": required, "description": description,
            "schema": {"type": "string"}})
    };
    if let Parameters::Selection(_) = route.parameters {
        all.push(json!({
            "name": "selection", "in": "query", "required": false, "style": "form", "explode": true,
            "description": "The choices, one parameter for each: `{option}={value}`.",
            "schema": {"type": "object", "maxProperties": SELECTION_PARAMETERS_MAX,
                "propertyNames": {"pattern": format!("^[A-Za-z][A-Za-z0-9_.-]{{0,{}}}$", ID_LENGTH_MAX - 1)},
                "additionalProperties": id_schema()},
        }));
    }
    if route.needs_key {
        let description = "The client's name for this command; a retry has the same.";
        all.push(header("Idempotency-Key", true, description));
    }
    if has_bookmarks(route) {
        let description = "The bookmarks of earlier answers, separated by commas: at most 8, of 6 KB \
            together. The answer contains what they have seen.";
        all.push(header("Forecourt-Bookmark", false, description));
    }
    if route.method == "GET" && route.class != Class::Uncached {
        all.push(header(
            "If-None-Match",
            false,
            "The ETag of an earlier answer: 304 if it is still so.",
        ));
    }
    all.iter_mut().for_each(constrain);
    all
}

/// Gives a parameter the limits that its name stands for.
fn constrain(parameter: &mut Value) {
    let name = parameter["name"].as_str().unwrap_or_default();
    let keys = format!(
        "^[A-Za-z0-9_-]{{{},{}}}$",
        IDEMPOTENCY_KEY_LENGTH.start(),
        IDEMPOTENCY_KEY_LENGTH.end()
    );
    let schema = match (parameter["in"].as_str().unwrap_or_default(), name) {
        ("path", "customer" | "person") => {
            json!({"type": "string", "pattern": "^[1-9][0-9]{0,18}$"})
        }
        ("path", _) => id_schema(),
        ("query", "_by") => json!({"type": "string", "enum": ["price", "defaults"]}),
        ("query", "limit") => {
            json!({"type": "integer", "minimum": 1, "maximum": PAGE_ENTRIES_MAX})
        }
        ("query", "_in_stock" | "dry_run") => json!({"type": "boolean"}),
        ("query", "_only" | "_why" | "cursor") => json!({"type": "string"}),
        ("header", "Idempotency-Key") => json!({"type": "string", "pattern": keys}),
        ("header", "If-Match") => {
            parameter["description"] =
                "The ETag of the version that was read: 412 if it is no longer the newest. `\"0\"`: \
                 only if there is none."
                    .into();
            json!({"type": "string", "pattern": "^\"[0-9]{1,19}\"$"})
        }
        _ => return,
    };
    parameter["schema"] = schema;
}

fn id_schema() -> Value {
    let pattern = format!("^[A-Za-z0-9][A-Za-z0-9_.-]{{0,{}}}$", ID_LENGTH_MAX - 1);
    json!({"type": "string", "pattern": pattern})
}

fn body_bytes_max(route: &Route) -> usize {
    match (route.function, route.path) {
        (Some(HttpFunction::Webhooks), _) => WEBHOOK_BYTES_MAX,
        (_, "/v1/admin/configurators/{product}") => PRODUCT_BYTES_MAX,
        (_, "/v1/admin/loyalty/program") => DOCUMENT_BYTES_MAX,
        _ => COMMAND_BYTES_MAX,
    }
}

/// The ways to prove who calls.
pub(super) fn security_schemes() -> Value {
    json!({
        "cart": {"type": "apiKey", "in": "header", "name": "Forecourt-Cart",
            "description": "A cart's token, which POST /v1/carts returns. A customer's own cart needs the \
                customer's token, too."},
        "customer": {"type": "http", "scheme": "bearer",
            "description": "A customer's token, which POST /v1/session returns, for 15 minutes or until \
                log-out."},
        "staff": {"type": "http", "scheme": "bearer",
            "description": "A staff token, or an ID token of the admin inside Shopify."},
        "appProxy": {"type": "apiKey", "in": "query", "name": "signature",
            "description": "Shopify signs what its App Proxy forwards; the query names the customer."},
        "webhook": {"type": "apiKey", "in": "header", "name": "X-Shopify-Hmac-Sha256",
            "description": "Shopify's signature over the body."},
    })
}

fn security(route: &Route) -> Vec<Value> {
    if route.function == Some(HttpFunction::Webhooks) {
        return vec![json!({"webhook": []})];
    }
    let scheme = |kind: Kind| match kind {
        Kind::Cart => "cart",
        Kind::Customer => "customer",
        Kind::Staff => "staff",
    };
    let mut together = serde_json::Map::new();
    let mut each = Vec::new();
    for caller in route.callers {
        match *caller {
            Caller::Must(kind) => drop(together.insert(scheme(kind).to_owned(), json!([]))),
            Caller::May(kind) => each.push(json!({scheme(kind): []})),
        }
    }
    let is_customers = together.contains_key("customer");
    if together.contains_key("cart") && !is_customers {
        each.push(json!({"cart": [], "customer": []}));
    }
    let mut ways = vec![Value::Object(together.clone())];
    ways.extend(each);
    if is_customers && route.exposure != Exposure::Direct {
        together.remove("customer");
        together.insert("appProxy".to_owned(), json!([]));
        ways.push(Value::Object(together));
    }
    if route.exposure == Exposure::Proxy {
        ways.remove(0);
    }
    ways
}

/// Adds the headers of the answers, and 304.
fn complete_answers(route: &Route, operation: &mut Value) {
    let header = |description: &str| json!({"description": description, "required": true, "schema": {"type": "string"}});
    let Some(answers) = operation["responses"].as_object_mut() else { return };
    let is_cached = route.method == "GET" && route.class != Class::Uncached;
    for (_, answer) in answers.iter_mut().filter(|(status, _)| status.starts_with('2')) {
        if answer["description"].as_str().is_none_or(str::is_empty) {
            answer["description"] = "Done, or found.".into();
        }
        if has_bookmarks(route) {
            answer["headers"]["Forecourt-Bookmark"] =
                header("What this answer contains. Send it with the next request.");
        }
        if is_cached {
            answer["headers"]["ETag"] = header("Of this answer. It is not the version.");
        }
        if let Some((name, description)) = own_headers(route.path) {
            answer["headers"][name] =
                json!({"description": description, "schema": {"type": "string"}});
        }
    }
    if is_cached {
        answers.insert("304".to_owned(), json!({"description": "It is as `If-None-Match` says."}));
    }
}

/// Headers that only the answers of some paths have.
fn own_headers(path: &str) -> Option<(&'static str, &'static str)> {
    let is_versioned = path.starts_with("/v1/admin/configurators/")
        || path.starts_with("/v1/admin/loyalty/program") && !path.ends_with("/versions");
    match path {
        _ if is_versioned => Some(("ETag", "The version, for `If-Match`; none after a dry run.")),
        "/v1/configurator/{product}/selections" => Some(("Location", "The saved selection.")),
        "/v1/admin/privacy/demands/{id}" => Some(("Content-Disposition", "A name for the file.")),
        "/problems/{code}" => Some(("Content-Security-Policy", "The page runs no script.")),
        _ => None,
    }
}

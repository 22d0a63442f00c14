//! `docs/openapi.json`: the committed description. Nothing that a client may depend on disappears from
//! it within `/v1`.

use std::path::{Path, PathBuf};

use origin_functions::http::documentation::openapi;
use serde_json::{Value, json};

use crate::documentation::operations;

const COMMAND: &str =
    "FORECOURT_WRITE_OPENAPI=1 cargo test -p origin-functions --test it description";
/// How deep schemas may refer to each other.
const DEPTH_MAX: usize = 12;

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json")
}

#[expect(clippy::disallowed_methods, reason = "the switch that rewrites the file")]
fn is_written() -> bool {
    std::env::var_os("FORECOURT_WRITE_OPENAPI").is_some()
}

/// The document with a line for each part of an operation and for each schema, so that a difference
/// can be reviewed.
fn lines(document: &Value) -> String {
    fn write(out: &mut String, value: &Value, depth: usize, levels: usize) {
        match value.as_object() {
            Some(members) if levels > 0 && !members.is_empty() => {
                out.push_str("{\n");
                for (at, (name, member)) in members.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ",\n" };
                    out.push_str(&format!("{comma}{}{}: ", " ".repeat(depth + 1), json!(name)));
                    write(out, member, depth + 1, levels - 1);
                }
                out.push_str(&format!("\n{}}}", " ".repeat(depth)));
            }
            _ => out.push_str(&value.to_string()),
        }
    }
    let mut out = String::new();
    // paths, a path, its method, `responses`, a status.
    write(&mut out, document, 0, 5);
    out + "\n"
}

#[test]
fn the_committed_description_is_that_of_the_routes_and_nothing_was_removed() {
    let current = openapi();
    let committed = std::fs::read_to_string(file()).unwrap_or_else(|_| "{\"paths\":{}}".to_owned());
    let before: Value = serde_json::from_str(&committed).unwrap();
    let removals = removals(&before, &current);
    assert!(
        removals.is_empty(),
        "clients of docs/openapi.json would break, so keep within /v1:\n{}",
        removals.join("\n")
    );
    if is_written() {
        std::fs::write(file(), lines(&current)).unwrap();
    } else {
        assert!(
            committed == lines(&current),
            "docs/openapi.json is not the description of the routes. Write it, and review the \
             difference:\n{COMMAND}"
        );
    }
}

/// What a client of `before` may miss in `after`.
fn removals(before: &Value, after: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let operations_after = operations(after);
    for (name, old) in operations(before) {
        match operations_after.iter().find(|(other, _)| *other == name) {
            None => found.push(format!("{name}: the operation was removed")),
            Some((_, new)) => {
                let comparison = Comparison { name, before, after };
                comparison.parameters(old, new, &mut found);
                comparison.request(old, new, &mut found);
                comparison.answers(old, new, &mut found);
            }
        }
    }
    found
}

struct Comparison<'a> {
    name: String,
    before: &'a Value,
    after: &'a Value,
}

/// The items of a list, or none.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The names of the members of an object.
fn names(value: &Value) -> impl Iterator<Item = &str> {
    value.as_object().into_iter().flatten().map(|(name, _)| name.as_str())
}

// === impl Comparison ===

impl Comparison<'_> {
    fn parameters(&self, old: &Value, new: &Value, found: &mut Vec<String>) {
        let same = |left: &Value, right: &Value| {
            left["name"] == right["name"] && left["in"] == right["in"]
        };
        for parameter in list(&old["parameters"]) {
            let place = format!("{}: the parameter {}", self.name, parameter["name"]);
            match list(&new["parameters"]).iter().find(|it| same(it, parameter)) {
                None => found.push(format!("{place} was removed")),
                Some(now) => {
                    found.extend(self.sent(&place, &parameter["schema"], &now["schema"], 0))
                }
            }
        }
        for parameter in list(&new["parameters"]).iter().filter(|it| it["required"] == true) {
            let was = list(&old["parameters"]).iter().find(|it| same(it, parameter));
            if was.is_none_or(|was| was["required"] != true) {
                found.push(format!("{}: {} is newly required", self.name, parameter["name"]));
            }
        }
    }

    fn request(&self, old: &Value, new: &Value, found: &mut Vec<String>) {
        let place = format!("{}: the body", self.name);
        if old.get("requestBody").is_none() && new["requestBody"]["required"] == true {
            found.push(format!("{place} is newly required"));
        }
        for media in names(&old["requestBody"]["content"]) {
            match new["requestBody"]["content"].get(media) {
                None => found.push(format!("{place} is no longer {media}")),
                Some(now) => {
                    let was = &old["requestBody"]["content"][media]["schema"];
                    found.extend(self.sent(&place, was, &now["schema"], 0));
                }
            }
        }
    }

    fn answers(&self, old: &Value, new: &Value, found: &mut Vec<String>) {
        for status in names(&old["responses"]) {
            let place = format!("{}: {status}", self.name);
            let (was, now) = (&old["responses"][status], &new["responses"][status]);
            if now.is_null() {
                found.push(format!("{place} was removed"));
                continue;
            }
            for header in names(&was["headers"]).filter(|it| now["headers"].get(it).is_none()) {
                found.push(format!("{place}: the header {header} was removed"));
            }
            for media in names(&was["content"]) {
                match now["content"].get(media) {
                    None => found.push(format!("{place} is no longer {media}")),
                    Some(now) => {
                        let was = &was["content"][media]["schema"];
                        found.extend(self.received(&place, was, &now["schema"], 0));
                    }
                }
            }
        }
    }

    /// A schema of what clients send: no value that was accepted may be refused.
    fn sent(&self, place: &str, old: &Value, new: &Value, depth: usize) -> Vec<String> {
        let (old, new) = (resolved(self.before, old), resolved(self.after, new));
        let mut found = Vec::new();
        if depth > DEPTH_MAX {
            return found;
        }
        for value in list(&old["enum"]) {
            if new.get("enum").is_some() && !list(&new["enum"]).contains(value) {
                found.push(format!("{place} no longer takes {value}"));
            }
        }
        for name in list(&new["required"]) {
            if !list(&old["required"]).contains(name) {
                found.push(format!("{place}: {name} is newly required"));
            }
        }
        for member in names(&old["properties"]) {
            let place = format!("{place}/{member}");
            match new["properties"].get(member) {
                None => found.push(format!("{place} is no longer taken")),
                Some(now) => {
                    found.extend(self.sent(&place, &old["properties"][member], now, depth + 1));
                }
            }
        }
        found
    }

    /// A schema of what clients receive: no member that was there may be missing or have another
    /// type.
    fn received(&self, place: &str, old: &Value, new: &Value, depth: usize) -> Vec<String> {
        let (old, new) = (resolved(self.before, old), resolved(self.after, new));
        let mut found = Vec::new();
        if depth > DEPTH_MAX {
            return found;
        }
        if old.get("type").is_some() && old["type"] != new["type"] {
            found.push(format!("{place} was {}, and is {}", old["type"], new["type"]));
        }
        for name in list(&old["required"]) {
            if !list(&new["required"]).contains(name) {
                found.push(format!("{place}: {name} may be missing now"));
            }
        }
        for member in names(&old["properties"]) {
            let place = format!("{place}/{member}");
            match new["properties"].get(member) {
                None => found.push(format!("{place} was removed")),
                Some(now) => {
                    found.extend(self.received(&place, &old["properties"][member], now, depth + 1));
                }
            }
        }
        if old.get("items").is_some() {
            let place = format!("{place}[]");
            found.extend(self.received(&place, &old["items"], &new["items"], depth + 1));
        }
        for choice in ["allOf", "oneOf", "anyOf"] {
            for (at, was) in list(&old[choice]).iter().enumerate() {
                let place = format!("{place} ({choice} {at})");
                match list(&new[choice]).get(at) {
                    None => found.push(format!("{place} was removed")),
                    Some(now) => found.extend(self.received(&place, was, now, depth + 1)),
                }
            }
        }
        found
    }
}

/// What a reference leads to.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    reference.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

/// A change of the document.
type Change = fn(&mut Value);

#[test]
fn a_removal_of_each_kind_is_refused_and_an_addition_is_not() {
    let before = openapi();
    let lines_path = "/v1/cart/lines";
    let cases: [(&str, Change); 11] = [
        ("POST /v1/cart/lines: the operation was removed", |it| {
            it["paths"]["/v1/cart/lines"].as_object_mut().unwrap().remove("post");
        }),
        ("GET /v1/loyalty/entries: the parameter \"cursor\" was removed", |it| {
            let list = &mut it["paths"]["/v1/loyalty/entries"]["get"]["parameters"];
            list.as_array_mut().unwrap().retain(|parameter| parameter["name"] != "cursor");
        }),
        ("GET /v1/loyalty/entries: \"limit\" is newly required", |it| {
            let list = &mut it["paths"]["/v1/loyalty/entries"]["get"]["parameters"];
            let limit = list.as_array_mut().unwrap().iter_mut().find(|it| it["name"] == "limit");
            limit.unwrap()["required"] = true.into();
        }),
        ("GET /v1/cart: 409 was removed", |it| {
            let answers = &mut it["paths"]["/v1/cart"]["get"]["responses"];
            answers.as_object_mut().unwrap().remove("409");
        }),
        ("GET /v1/cart: 200: the header ETag was removed", |it| {
            let headers = &mut it["paths"]["/v1/cart"]["get"]["responses"]["200"]["headers"];
            headers.as_object_mut().unwrap().remove("ETag");
        }),
        ("GET /v1/cart: 200/subtotal was removed", |it| {
            let cart = &mut it["components"]["schemas"]["CartBody"];
            cart["properties"].as_object_mut().unwrap().remove("subtotal");
        }),
        ("GET /v1/cart: 200/lines[]/quantity was \"integer\", and is \"string\"", |it| {
            it["components"]["schemas"]["LineBody"]["properties"]["quantity"]["type"] =
                "string".into();
        }),
        ("GET /v1/cart: 200: \"currency\" may be missing now", |it| {
            let required = &mut it["components"]["schemas"]["CartBody"]["required"];
            required.as_array_mut().unwrap().retain(|name| name != "currency");
        }),
        ("PUT /v1/admin/staff/{person}: the body/role no longer takes \"owner\"", |it| {
            let roles =
                &mut it["components"]["schemas"]["AssignRole"]["properties"]["role"]["enum"];
            roles.as_array_mut().unwrap().retain(|role| role != "owner");
        }),
        ("POST /v1/cart/lines: the body: \"product\" is newly required", |it| {
            let required = &mut it["components"]["schemas"]["AddLine"]["required"];
            required.as_array_mut().unwrap().push("product".into());
        }),
        ("POST /v1/cart/lines: the body/properties is no longer taken", |it| {
            let add = &mut it["components"]["schemas"]["AddLine"]["properties"];
            add.as_object_mut().unwrap().remove("properties");
        }),
    ];
    for (expected, change) in cases {
        let mut after = before.clone();
        change(&mut after);
        let found = removals(&before, &after);
        assert!(found.iter().any(|line| line == expected), "{expected}: {found:?}");
        assert!(!removals(&after, &before).iter().any(|line| line == expected), "{expected}");
    }
    let mut more = before.clone();
    more["paths"]["/v1/wish-list"]["get"] = before["paths"]["/v1/cart"]["get"].clone();
    more["components"]["schemas"]["CartBody"]["properties"]["note"] = json!({"type": "string"});
    more["paths"][lines_path]["post"]["responses"]["418"] = json!({"description": "new"});
    assert_eq!(removals(&before, &more), Vec::<String>::new());
}

//! `vectors/tables.json`: the route table and the problems, for the forms of this function that are
//! not Rust. They are generated from `edge-wire`.

use edge_wire::function::HttpFunction;
use edge_wire::identity::Kind;
use edge_wire::problem::Code;
use edge_wire::routes::{Caller, Exposure, Parameters, ROUTES, Route};
use serde_json::{Value, json};

use crate::generated_files;

#[test]
fn the_tables_are_those_of_the_wire() {
    let line = |value: &Value| value.to_string();
    let routes: Vec<String> = ROUTES.iter().map(|it| line(&route(it))).collect();
    let problems: Vec<String> = Code::ALL.iter().map(|it| line(&problem(*it))).collect();
    let (routes, problems) = (routes.join(",\n"), problems.join(",\n"));
    generated_files::assert_up_to_date(
        "vectors/tables.json",
        &format!("{{\n\"routes\": [\n{routes}\n],\n\"problems\": [\n{problems}\n]\n}}\n"),
    );
}

fn route(route: &Route) -> Value {
    json!({
        "method": route.method,
        "path": route.path,
        "callers": route.callers.iter().copied().map(caller).collect::<Vec<_>>(),
        "names": match route.parameters {
            Parameters::Ignored => &["-"],
            _ => route.names(),
        },
        "selects": matches!(route.parameters, Parameters::Selection(_)),
        "exposure": match route.exposure {
            Exposure::Direct => "direct",
            Exposure::Both => "both",
            Exposure::Proxy => "proxy",
        },
        "target": match route.function {
            None => "edge",
            Some(HttpFunction::Admin) => "admin",
            Some(HttpFunction::Webhooks) => "webhooks",
            Some(HttpFunction::ConfiguratorRead | HttpFunction::LoyaltyRead | HttpFunction::CartRead) => "read",
            Some(HttpFunction::Commands) => "commands",
        },
        "needsKey": route.needs_key,
    })
}

fn caller(caller: Caller) -> Value {
    let (Caller::Must(kind) | Caller::May(kind)) = caller;
    let kind: Kind = kind;
    json!({ "kind": kind.word(), "must": caller == Caller::Must(kind) })
}

fn problem(code: Code) -> Value {
    json!({ "code": code.slug(), "title": code.title(), "status": code.status() })
}

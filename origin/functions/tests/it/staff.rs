//! Staff: what each role may do on every admin route, who has which role, and the audit log.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use domain_core::time::{SECOND_MS, Time};
use domain_staff::{Act, Actor, Role};
use edge_wire::function::HttpFunction;
use edge_wire::identity::{Kind, MACHINE};
use edge_wire::routes::{Caller, ROUTES};
use http::Request;
use origin_functions::http::routers::router;
use origin_functions::runtime::clock::Clock;
use origin_functions::runtime::shop::Shop;
use serde_json::{Value, json};
use strum::VariantArray as _;
use tower::ServiceExt as _;

use crate::world::{World, identity_header};

const OWNER: &str = "1";
const PROGRAM: &str = "/v1/admin/loyalty/program";
const ADJUSTMENTS: &str = "/v1/admin/loyalty/customers/1001/adjustments";

/// Every admin route with the act that its first check demands.
const ACTS: [(&str, &str, Act); 30] = [
    ("GET", "/v1/admin/products", Act::ViewProducts),
    ("GET", "/v1/admin/configurators/{product}", Act::ViewProducts),
    ("GET", "/v1/admin/configurators/{product}/report", Act::ViewProducts),
    ("PUT", "/v1/admin/configurators/{product}", Act::PublishProducts),
    ("DELETE", "/v1/admin/configurators/{product}", Act::PublishProducts),
    ("GET", "/v1/admin/configurators/{product}/versions", Act::ViewProducts),
    ("POST", "/v1/admin/configurators/{product}/versions/{version}/activate", Act::PublishProducts),
    ("GET", "/v1/admin/installation", Act::Install),
    ("POST", "/v1/admin/installation", Act::Install),
    ("GET", "/v1/admin/staff", Act::ViewStaff),
    ("PUT", "/v1/admin/staff/{person}", Act::ChangeRoles),
    ("GET", "/v1/admin/audit", Act::ViewAudit),
    ("POST", "/v1/admin/imports", Act::Import),
    ("GET", "/v1/admin/reconciliation", Act::ReconcileOrders),
    ("POST", "/v1/admin/reconciliation", Act::ReconcileOrders),
    ("GET", "/v1/admin/health", Act::ViewHealth),
    ("GET", "/v1/admin/dead-letters", Act::ViewHealth),
    ("POST", "/v1/admin/dead-letters/redrive", Act::Redrive),
    ("POST", "/v1/admin/customers/find", Act::ViewCustomers),
    ("GET", "/v1/admin/customers/{customer}", Act::ViewCustomers),
    ("POST", "/v1/admin/customers/{customer}/revoke", Act::RevokeTokens),
    ("GET", "/v1/admin/carts/{id}", Act::ViewCustomers),
    ("POST", "/v1/admin/carts/{id}/revoke", Act::RevokeTokens),
    ("GET", "/v1/admin/privacy/demands", Act::ViewDemands),
    ("GET", "/v1/admin/privacy/demands/{id}", Act::DownloadExports),
    ("POST", "/v1/admin/loyalty/customers/{customer}/adjustments", Act::AdjustPoints),
    ("GET", "/v1/admin/loyalty/program", Act::ViewProgram),
    ("PUT", "/v1/admin/loyalty/program", Act::TryProgram),
    ("GET", "/v1/admin/loyalty/program/versions", Act::ViewProgram),
    ("POST", "/v1/admin/loyalty/program/versions/{version}/activate", Act::PublishProgram),
];

async fn call(shop: &Arc<Shop>, who: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("forecourt-identity", identity_header(Kind::Staff, who))
        .header("idempotency-key", "key-0123456789abcdef")
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let admin = router(HttpFunction::Admin, Arc::clone(shop));
    let response = admin.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

async fn assign(shop: &Arc<Shop>, who: &str, person: &str, role: &str) -> (u16, Value) {
    let path = format!("/v1/admin/staff/{person}");
    call(shop, who, "PUT", &path, &json!({"role": role})).await
}

/// An owner, and one person of each other role, named after it by number.
async fn staffed(shop: &Arc<Shop>) -> Vec<(String, Role)> {
    let (status, answer) = call(shop, OWNER, "GET", "/v1/admin/staff", &Value::Null).await;
    assert_eq!((status, &answer["you"]), (200, &json!({"id": OWNER, "role": "owner"})));
    let mut persons = vec![(OWNER.to_owned(), Role::Owner)];
    for (number, role) in (2_u32..).zip(&Role::VARIANTS[1..]) {
        let person = number.to_string();
        assert_eq!(assign(shop, OWNER, &person, role.word()).await.0, 200);
        persons.push((person, *role));
    }
    persons
}

#[test]
fn every_admin_route_has_an_act() {
    let staffs = ROUTES.iter().filter(|route| route.callers == [Caller::Must(Kind::Staff)]);
    for route in staffs {
        let is_own =
            |(method, path, _): &&(&str, &str, Act)| (*method, *path) == (route.method, route.path);
        assert!(ACTS.iter().any(|act| is_own(&act)), "{} {}", route.method, route.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_call_the_routes_of_its_acts_and_no_others() {
    let world = World::open().await;
    let shop = world.shop();
    let persons = staffed(&shop).await;
    for (method, path, act) in ACTS {
        let path = path.replace("{product}", "mug").replace("{customer}", "1001");
        let path =
            path.replace("{version}", "999").replace("{person}", "none").replace("{id}", "x");
        for (person, role) in &persons {
            let (status, problem) = call(&shop, person, method, &path, &Value::Null).await;
            let actor = Actor::Person { id: person.clone(), role: *role };
            assert_eq!(status != 403, actor.may(act), "{role:?}: {method} {path}: {problem}");
            if status == 403 {
                assert_eq!(problem["code"], "role-insufficient");
            }
        }
        let (status, problem) = call(&shop, MACHINE, method, &path, &Value::Null).await;
        assert!(status != 401 && status != 403, "{method} {path}: {problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_developer_may_try_a_program_and_not_publish_it() {
    let world = World::open().await;
    let shop = world.shop();
    let persons = staffed(&shop).await;
    let (developer, _) = persons.iter().find(|(_, role)| *role == Role::Developer).unwrap();
    let (_, program) = call(&shop, developer, "GET", PROGRAM, &Value::Null).await;
    let trial = format!("{PROGRAM}?dry_run=true");
    assert_eq!(call(&shop, developer, "PUT", &trial, &program).await.0, 200);
    let (status, problem) = call(&shop, developer, "PUT", PROGRAM, &program).await;
    assert_eq!((status, &problem["code"]), (403, &json!("role-insufficient")));
    let detail =
        "The role `developer` may not publish program. An owner may give you another role.";
    assert_eq!(problem["detail"], detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_a_role_from_an_owner_and_keeps_it() {
    let world = World::open().await;
    let shop = world.shop();
    let own = async |who: &str| {
        let (_, answer) = call(&shop, who, "GET", "/v1/admin/staff", &Value::Null).await;
        answer["you"]["role"].clone()
    };
    assert_eq!([own("10").await, own("11").await], [json!("owner"), json!("support")]);
    assert_eq!(assign(&shop, "11", "11", "owner").await.0, 403);
    assert_eq!(assign(&shop, "10", "11", "manager").await.0, 200);
    assert_eq!(own("11").await, json!("manager"));
    let (status, problem) = assign(&shop, "10", "10", "support").await;
    assert_eq!((status, &problem["code"]), (422, &json!("last-owner")));
    assert_eq!(assign(&shop, MACHINE, "11", "owner").await.0, 200);
    assert_eq!(assign(&shop, "11", "10", "support").await.0, 200);
    let (_, answer) = call(&shop, "10", "GET", "/v1/admin/staff", &Value::Null).await;
    let staff = json!([{"id": "10", "role": "support"}, {"id": "11", "role": "owner"}]);
    assert_eq!(answer["you"], json!({"id": "10", "role": "support"}));
    assert_eq!(answer["staff"], staff);
    let may = ["view_products", "view_program", "adjust_points", "view_demands", "install"];
    let may =
        [&may[..], &["view_staff", "view_health", "view_customers", "revoke_tokens"]].concat();
    assert_eq!(answer["may"], json!(may));
    for (person, role) in [("x", "owner"), ("12", "admin"), ("0", "owner")] {
        assert_eq!(assign(&shop, "11", person, role).await.0, 400, "{person} {role}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_of_staff_is_in_the_audit_log() {
    let world = World::open().await;
    let seconds = Arc::new(std::sync::atomic::AtomicU64::new(1_800_000_000));
    let tick = Clock::new(move || {
        Time(seconds.fetch_add(1, std::sync::atomic::Ordering::Relaxed) * SECOND_MS)
    });
    let shop = world.shop_at(tick);
    let mug = "/v1/admin/configurators/mug";
    let (_, mut product) = call(&shop, OWNER, "GET", mug, &Value::Null).await;
    product["title"] = json!("Large mug");
    let (_, program) = call(&shop, OWNER, "GET", PROGRAM, &Value::Null).await;
    let adjustment = json!({"points": -50, "reason": "for Ada Lovelace"});
    for (who, method, path, body) in [
        (OWNER, "PUT", mug, &product),
        (MACHINE, "POST", &format!("{mug}/versions/1/activate"), &Value::Null),
        (OWNER, "PUT", PROGRAM, &program),
        (OWNER, "POST", &format!("{PROGRAM}/versions/1/activate"), &Value::Null),
        (OWNER, "POST", ADJUSTMENTS, &adjustment),
        (OWNER, "POST", ADJUSTMENTS, &adjustment),
        (OWNER, "PUT", "/v1/admin/staff/2", &json!({"role": "manager"})),
        (OWNER, "POST", "/v1/admin/customers/1001/revoke", &Value::Null),
        (MACHINE, "POST", "/v1/admin/carts/0a1b/revoke", &Value::Null),
        // Refused, so not in the log.
        ("3", "PUT", mug, &product),
        (OWNER, "PUT", mug, &json!({})),
    ] {
        let (status, answer) = call(&shop, who, method, path, body).await;
        let is_refused = who == "3" || *body == json!({});
        assert_eq!((200..300).contains(&status), !is_refused, "{method} {path}: {answer}");
    }
    let (status, log) = call(&shop, OWNER, "GET", "/v1/admin/audit", &Value::Null).await;
    assert_eq!((status, &log["next"]), (200, &Value::Null));
    let entries = log["entries"].as_array().unwrap();
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or("machine").to_owned();
    let line = |entry: &Value| {
        let subject = text(entry, "subject");
        let subject = subject.split_at(subject.len().min(30)).0.to_owned();
        [&text(entry, "person"), &text(entry, "act"), &subject, &text(entry, "detail")]
            .map(String::as_str)
            .join(" ")
    };
    let lines: Vec<String> = entries.iter().rev().map(line).collect();
    let expected = [
        "1 join_staff staff/1 ",
        "1 publish_products configurators/mug/versions/2 ",
        "machine publish_products configurators/mug/versions/1 ",
        "1 publish_program loyalty/program/versions/2 ",
        "1 publish_program loyalty/program/versions/1 ",
        "1 adjust_points customer/1001/",
        "1 change_roles staff/2 none to manager",
        "1 revoke_tokens customer/1001 ",
        "machine revoke_tokens cart/0a1b ",
        "3 join_staff staff/3 ",
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}: {expected}");
    }
    assert!(lines[5].ends_with(" -50 points"), "{}", lines[5]);
    assert!(!log.to_string().contains("Ada"), "a reason is free text");
    let times: Vec<String> = entries.iter().map(|entry| text(entry, "at")).collect();
    assert!(
        times.is_sorted_by(|newer, older| newer >= older) && times[0].starts_with("2027-01-15T")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_is_none_is_refused_and_an_old_one_is_the_end() {
    let world = World::open().await;
    let shop = world.shop();
    for (cursor, expected) in [("0123", 400), ("7-0123456789abcdef", 200), ("", 400)] {
        let path = format!("/v1/admin/audit?cursor={cursor}");
        let (status, answer) = call(&shop, OWNER, "GET", &path, &Value::Null).await;
        assert_eq!(status, expected, "{answer}");
    }
}

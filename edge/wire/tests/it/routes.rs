//! The route table.

use std::collections::BTreeSet;

use edge_wire::grammar::is_option_id;
use edge_wire::identity::Kind;
use edge_wire::problem::Code;
use edge_wire::proxy::SHOPIFY_PARAMETERS;
use edge_wire::routes::{Caller, Class, Exposure, Parameters, ROUTES, Unrouted, find, is_tracking};

#[test]
fn every_route_is_found_at_its_path_and_nowhere_else() {
    for route in ROUTES {
        let path = route.path.replace('{', "x").replace('}', "");
        assert_eq!(find(route.method, &path), Ok(route), "{path}");
        for near in
            [format!("{path}/"), format!("{path}/x.css"), format!("/{path}"), path[1..].into()]
        {
            assert_ne!(find(route.method, &near).ok(), Some(route), "{near}");
        }
    }
}

#[test]
fn head_is_served_wherever_get_is() {
    for route in ROUTES.iter().filter(|route| route.method == "GET") {
        let path = route.path.replace('{', "x").replace('}', "");
        assert_eq!(find("HEAD", &path), Ok(route));
    }
    let allow = vec!["POST"];
    assert_eq!(find("HEAD", "/v1/carts"), Err(Unrouted::Method { allow }));
    let allow = vec!["GET", "HEAD"];
    assert_eq!(find("POST", "/v1/cart"), Err(Unrouted::Method { allow }));
    assert_eq!(find("GET", "/v1"), Err(Unrouted::Path));
}

/// CloudFront picks behaviour and origin by path alone.
#[test]
fn no_path_outside_admin_has_both_a_cached_read_and_a_write() {
    for read in ROUTES.iter().filter(|route| route.class != Class::Uncached) {
        let writes = ROUTES.iter().filter(|route| route.path == read.path && route.method != "GET");
        assert_eq!(writes.count(), 0, "{}", read.path);
    }
}

#[test]
fn personal_routes_name_their_callers_and_public_routes_have_none() {
    for route in ROUTES {
        match route.class {
            Class::Personal => {
                assert!(matches!(route.callers, [Caller::Must(_)]), "{}", route.path)
            }
            Class::Public => assert!(route.callers.is_empty(), "{}", route.path),
            Class::Uncached => {}
        }
        let is_staff = route.callers.contains(&Caller::Must(Kind::Staff));
        assert_eq!(is_staff, route.path.starts_with("/v1/admin/"), "{}", route.path);
    }
}

/// Shopify's libraries sort parameters in four ways (as joined strings, by key, as PHP's `ksort`,
/// by ICU collation). They agree on lower-case names of letters and `_` of which none begins
/// another.
#[test]
fn the_four_sort_orders_agree_on_every_query_we_mint() {
    let proxied = ROUTES.iter().filter(|route| route.exposure != Exposure::Direct);
    let ours = proxied.flat_map(|route| match route.parameters {
        Parameters::Names(names) => names.iter(),
        Parameters::Selection(_) => panic!("option ids are not ours to name: {}", route.path),
        Parameters::Ignored => panic!("Shopify signs what would be dropped: {}", route.path),
    });
    let moved = ["bookmark", "cart", "idempotency_key"];
    let names: BTreeSet<&str> = ours.chain(&moved).chain(&SHOPIFY_PARAMETERS).copied().collect();
    for name in &names {
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        let longer = names.iter().filter(|other| *other != name && other.starts_with(name));
        assert_eq!(longer.count(), 0, "{name}");
    }
    let by_joined = |values: &str| {
        let mut joined: Vec<String> = names.iter().map(|name| format!("{name}={values}")).collect();
        joined.sort();
        joined
    };
    for values in ["", "a", "~", "0"] {
        let by_key: Vec<String> = names.iter().map(|name| format!("{name}={values}")).collect();
        assert_eq!(by_joined(values), by_key);
    }
}

#[test]
fn parameters_of_ours_are_never_taken_for_options_or_tracking() {
    for route in ROUTES {
        for name in route.names() {
            assert!(!is_tracking(name), "{name}");
            if matches!(route.parameters, Parameters::Selection(_)) {
                assert!(name.starts_with('_') && !is_option_id(name), "{name}");
            }
        }
    }
}

#[test]
fn every_code_has_its_own_name() {
    let slugs: BTreeSet<&str> = Code::ALL.iter().map(|code| code.slug()).collect();
    assert_eq!(slugs.len(), Code::ALL.len());
    assert!(Code::ALL.iter().all(|code| (400..=503).contains(&code.status())));
}

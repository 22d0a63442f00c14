//! Cache keys (section 4).

use serde_json::{Value, json};

use crate::world::*;

fn with_key(part: &str, value: Value) -> Value {
    let mut distribution = distribution(0, 3600, 60);
    key_of(&mut distribution)[part] = value;
    distribution
}

fn query(behavior: &str, names: &[&str]) -> Value {
    let mut config = json!({"QueryStringBehavior": behavior});
    if !names.is_empty() {
        config["QueryStrings"] = json!(names);
    }
    with_key("QueryStringsConfig", config)
}

fn headers(names: &[&str]) -> Value {
    with_key("HeadersConfig", json!({"HeaderBehavior": "whitelist", "Headers": names}))
}

/// Sends both; returns the `X-Cache` of the second.
async fn second(world: &World, first: (&str, &[&str]), second: (&str, &[&str])) -> String {
    world.get_with(first.0, first.1).await;
    x_cache(&world.get_with(second.0, second.1).await).to_owned()
}

fn target(world: &World) -> String {
    world.origin.last().uri().to_string()
}

#[tokio::test]
async fn host_and_scheme_are_not_in_the_key() {
    let first: (&str, &[&str]) = ("http://a.example/p", &["host: a.example"]);
    for (distribution, other, expected) in [
        (distribution(0, 3600, 60), "https://a.example/p", "Hit"),
        (distribution(0, 3600, 60), "http://b.example/p", "Hit"),
        (headers(&["Host"]), "https://a.example/p", "Hit"),
        (headers(&["Host"]), "http://b.example/p", "Miss"),
    ] {
        let world = World::new(&distribution, [ok("max-age=60")]);
        let host = if other.contains("b.example") { "host: b.example" } else { "host: a.example" };
        assert_eq!(second(&world, first, (other, &[host])).await, expected, "{other}");
    }
}

#[tokio::test]
async fn an_asterisk_in_a_list_is_a_character() {
    let world = World::new(&query("whitelist", &["*"]), [ok("max-age=60")]);
    assert_eq!(second(&world, ("/p?a=1", &[]), ("/p?a=2", &[])).await, "Hit");
    assert_eq!(target(&world), "/p");
    assert_eq!(second(&world, ("/p?*=1", &[]), ("/p?*=2", &[])).await, "Miss");
    assert_eq!(target(&world), "/p?*=2");
}

//! `shopify.app.toml`.

use infra_shopify::app_config::{AppConfig, ConfigError};
use infra_shopify::webhooks::{MadeBy, Target};

/// This repository's own app.
const FORECOURT: &str = include_str!("../../../shopify.app.toml");

const HEAD: &str = "client_id = \"c\"\napplication_url = \"https://app.example\"\n";

fn with_subscription(entry: &str) -> Result<AppConfig, ConfigError> {
    let webhooks = "[webhooks]\napi_version = \"2026-07\"\n[[webhooks.subscriptions]]\n";
    AppConfig::parse(&format!("{HEAD}{webhooks}{entry}"))
}

#[test]
fn the_app_of_this_repository_is_read_whole() {
    let config = AppConfig::parse(FORECOURT).unwrap();
    assert_eq!(config.name, "Forecourt");
    assert!(config.scopes.contains(&"write_app_proxy".to_owned()), "{:?}", config.scopes);
    assert_eq!(config.app_proxy.unwrap().path_prefix(), "/apps/forecourt");
    let topics: Vec<&str> = config.subscriptions.iter().map(|one| one.topic.as_str()).collect();
    for topic in ["orders/create", "orders/paid", "app/uninstalled", "customers/data_request"] {
        assert!(topics.contains(&topic), "{topic} in {topics:?}");
    }
}

#[test]
fn a_subscription_is_one_topic_at_one_address() {
    let config = with_subscription(
        "topics = [\"orders/create\", \"orders/paid\"]\ncompliance_topics = [\"shop/redact\"]\n\
         uri = \"/hooks\"\nfilter = \"test:false\"\ninclude_fields = [\"id\"]\nname = \"mine\"\n",
    );
    let subscriptions = config.unwrap().subscriptions;
    let topics: Vec<&str> = subscriptions.iter().map(|one| one.topic.as_str()).collect();
    assert_eq!(topics, ["orders/create", "orders/paid", "shop/redact"]);
    for one in subscriptions {
        assert_eq!(one.target, Target::Http("https://app.example/hooks".to_owned()));
        assert_eq!((one.api_version.as_str(), one.made_by), ("2026-07", MadeBy::Config));
        assert_eq!(one.include_fields, ["id"]);
        assert!(one.filter.is_some());
        assert_eq!(one.name.as_deref(), Some("mine"));
    }
}

#[test]
fn an_event_source_is_an_address_too() {
    let config = with_subscription(
        "topics = [\"orders/paid\"]\n\
         uri = \"arn:aws:events:eu-central-1::event-source/aws.partner/shopify.com/42/live\"\n",
    );
    let source = "aws.partner/shopify.com/42/live".to_owned();
    let target = Target::EventBridge { region: "eu-central-1".to_owned(), source };
    assert_eq!(config.unwrap().subscriptions[0].target, target);
}

#[test]
fn what_would_have_no_effect_is_an_error_that_names_it() {
    let table = [
        ("topics = [\"orders\"]\nuri = \"/h\"\n", "topics has \"orders\", which is no topic"),
        (
            "topics = [\"inventory_levels/update\"]\nuri = \"/h\"\n",
            "topics has \"inventory_levels/update\", which is no topic that the local Shopify sends",
        ),
        ("topics = [\"orders/paid\"]\nuri = \"ftp://x\"\n", "uri \"ftp://x\" is neither"),
        ("topics = [\"orders/paid\"]\nuri = \"pubsub://p:t\"\n", "does not deliver to Google"),
        ("topics = [\"orders/paid\"]\nuri = \"arn:aws:events:eu::event-source/x\"\n", "is neither"),
        ("topics = [\"orders/paid\"]\nuri = \"/h\"\nfilter = \"price\"\n", "filter has no colon"),
        (
            "topics = [\"orders/paid\"]\nuri = \"/h\"\nsub_topic = \"x\"\n",
            "unknown field `sub_topic`",
        ),
        ("topics = [\"orders/paid\"]\n", "missing field `uri`"),
    ];
    for (entry, expected) in table {
        let error = with_subscription(entry).unwrap_err().to_string();
        assert!(error.starts_with("shopify.app.toml: ") && error.contains(expected), "{error}");
    }
}

#[test]
fn a_proxy_has_a_prefix_and_a_sub_path_that_shopify_allows() {
    let error = |prefix: &str, subpath: &str| {
        let proxy = format!(
            "{HEAD}[app_proxy]\nurl = \"https://a\"\nprefix = {prefix:?}\nsubpath = {subpath:?}\n"
        );
        AppConfig::parse(&proxy).err().map(|error| error.to_string())
    };
    assert_eq!(error("apps", "fore-court_1"), None);
    assert!(error("shop", "forecourt").unwrap().contains("app_proxy.prefix is not one of a, apps"));
    for subpath in ["", "admin", "a/b", &"x".repeat(31)] {
        assert!(error("apps", subpath).unwrap().contains("app_proxy.subpath"), "{subpath}");
    }
}

#[test]
fn too_long_a_configuration_is_not_read() {
    assert_eq!(AppConfig::parse(&" ".repeat(262_145)), Err(ConfigError::TooLong));
}

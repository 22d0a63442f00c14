//! Where webhooks can be sent: HTTPS, an event source of EventBridge, a topic of Pub/Sub.

use crate::store::Shop;

/// Most bytes of an address.
const BYTES_MAX: usize = 65_535;
const INVALID: &str = "Address is invalid";

/// Why an address gets no webhooks, in one or two messages.
pub(super) fn problems(shop: &Shop, uri: &str) -> Vec<String> {
    if uri.is_empty() {
        return vec!["Address can't be blank".to_owned()];
    }
    if uri.len() > BYTES_MAX {
        return vec!["Address is too big (maximum is 64 KB)".to_owned()];
    }
    if uri.starts_with("arn:") {
        return arn_problem(shop, uri)
            .into_iter()
            .flat_map(|reason| [INVALID.to_owned(), reason])
            .collect();
    }
    let Some((scheme, rest)) = uri.split_once("://") else { return vec![INVALID.to_owned()] };
    let unsupported = format!("Address protocol {scheme}:// is not supported");
    match scheme {
        "https" => host_problem(rest).into_iter().collect(),
        "pubsub" => match rest.split_once(':') {
            None => {
                let format = "Address is not a valid GCP pub/sub format. Format should be pubsub://project:topic";
                vec![unsupported, format.to_owned()]
            }
            Some((project, _)) if !is_project(project) => {
                vec![INVALID.to_owned(), "Address is not a valid GCP project id.".to_owned()]
            }
            Some((_, topic)) if !is_topic(topic) => {
                vec![INVALID.to_owned(), "Address is not a valid GCP topic id.".to_owned()]
            }
            Some(_) => Vec::new(),
        },
        "kafka" => vec![unsupported, "Address is not a valid kafka topic".to_owned()],
        _ => vec![unsupported],
    }
}

/// Whether events are put on a bus instead of being posted.
pub(super) fn is_cloud(uri: &str) -> bool {
    uri.starts_with("arn:") || uri.starts_with("pubsub://")
}

/// `arn:aws:events:REGION::event-source/aws.partner/shopify.com/APP/NAME`.
fn arn_problem(shop: &Shop, uri: &str) -> Option<String> {
    let app = shop.settings.app_id.to_string();
    let source =
        uri.strip_prefix("arn:aws:events:").and_then(|rest| rest.split_once("::event-source/"));
    let path = source.filter(|(region, _)| !region.is_empty()).map(|(_, path)| path);
    let parts: Vec<&str> = path.unwrap_or_default().split('/').collect();
    match parts.as_slice() {
        ["aws.partner", "shopify.com" | "shopify.com.test", id, name] if !name.is_empty() => {
            let message = || {
                format!(
                    "Address is an AWS ARN and includes api_client_id '{id}' instead of '{app}'"
                )
            };
            (*id != app).then(message)
        }
        _ => Some("Address is not a valid AWS ARN".to_owned()),
    }
}

fn host_problem(rest: &str) -> Option<String> {
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().to_lowercase();
    if host.is_empty() || host.contains(char::is_whitespace) {
        return Some(INVALID.to_owned());
    }
    let ends = [".myshopify.com", ".shopify.com", ".local", ".internal"];
    let is_internal = ["localhost", "127.0.0.1", "0.0.0.0", "shopify.com"].contains(&host.as_str())
        || ends.iter().any(|end| host.ends_with(end));
    is_internal.then(|| "Address cannot be a Shopify or an internal domain".to_owned())
}

fn is_project(project: &str) -> bool {
    let is_number = project.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = (6..=30).contains(&project.len())
        && project.starts_with(|first: char| first.is_ascii_lowercase())
        && !project.ends_with('-')
        && project
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    !project.is_empty() && (is_number || is_name)
}

fn is_topic(topic: &str) -> bool {
    (3..=255).contains(&topic.len())
        && topic.starts_with(|first: char| first.is_ascii_alphabetic())
        && !topic.starts_with("goog")
        && topic.chars().all(|one| one.is_ascii_alphanumeric() || "-_.~+%".contains(one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Settings;

    #[test]
    fn addresses_are_refused_in_the_words_of_shopify() {
        let shop = Shop::new(Settings::default());
        let own =
            "arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/347082227713/source";
        for uri in
            ["https://example.com/hook", own, "pubsub://valid-project:topic", "pubsub://123:t%25x"]
        {
            assert_eq!(problems(&shop, uri), Vec::<String>::new(), "{uri}");
        }
        let last = |uri: &str| problems(&shop, uri).pop().unwrap();
        assert_eq!(last("pubsub://-bad:topic"), "Address is not a valid GCP project id.");
        assert_eq!(last("pubsub://valid-project:1topic"), "Address is not a valid GCP topic id.");
        assert_eq!(last("arn:aws:events:bogus"), "Address is not a valid AWS ARN");
        assert_eq!(
            last(&own.replace("347082227713", "1")),
            "Address is an AWS ARN and includes api_client_id '1' instead of '347082227713'"
        );
        assert_eq!(
            last("https://10.internal/x"),
            "Address cannot be a Shopify or an internal domain"
        );
    }
}

//! [`TokenStore`].

use domain_core::port::Written;
use domain_core::time::HOUR_MS;
use origin_shopify::{LossReason, Refresh, Secret, TokenAnswer, TokenItem, TokenStore};

use super::sample::MORNING;

fn item() -> TokenItem {
    let answer = TokenAnswer {
        access: Secret::new("access"),
        access_life_ms: HOUR_MS,
        refresh: Some(Refresh { token: Secret::new("refresh"), life_ms: HOUR_MS }),
        scope: "read_orders".to_owned(),
    };
    TokenItem::default().renewed(answer, None, MORNING).unwrap()
}

pub(crate) async fn tokens_come_back_as_they_were_stored(tokens: impl TokenStore) {
    assert_eq!(tokens.load().await, Ok(None));
    let first = item();
    assert_eq!(tokens.save(&first).await, Ok(Written::Done));
    assert_eq!(tokens.load().await, Ok(Some(first.clone())));
    let lost = first.lost(LossReason::Uninstalled, MORNING);
    assert_eq!(tokens.save(&lost).await, Ok(Written::Done));
    assert_eq!(tokens.load().await, Ok(Some(lost)));
}

pub(crate) async fn only_the_next_version_is_stored(tokens: impl TokenStore) {
    let first = item();
    let leased = first.leased(MORNING);
    assert_eq!(tokens.save(&leased).await, Ok(Written::Conflict), "the first is missing");
    assert_eq!(tokens.save(&first).await, Ok(Written::Done));
    assert_eq!(tokens.save(&first).await, Ok(Written::Conflict));
    assert_eq!(tokens.save(&leased).await, Ok(Written::Done));
    assert_eq!(tokens.save(&first.released(MORNING)).await, Ok(Written::Conflict));
    assert_eq!(tokens.load().await, Ok(Some(leased)));
}

//! Obtaining tokens, one fault at a time.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use domain_core::time::{HOUR_MS, MINUTE_MS, Time};
use origin_shopify::{Installation, LossReason, RETRY_MS, ShopTokens, TokenError, TokenStore as _};

use crate::shopify::{Faults, ID_TOKEN, Shopify};
use crate::store::Store;

type Tokens = ShopTokens<Store, Shopify, Box<dyn Fn() -> Time + Send + Sync>>;

fn instance(store: &Store, shopify: &Shopify) -> Tokens {
    let clock = shopify.clone();
    let clock: Box<dyn Fn() -> Time + Send + Sync> = Box::new(move || clock.now());
    ShopTokens::new(store.clone(), shopify.clone(), clock)
}

fn world(faults: Faults) -> (Store, Shopify, Tokens) {
    let (store, shopify) = (Store::new(1, 0), Shopify::new(faults));
    let tokens = instance(&store, &shopify);
    (store, shopify, tokens)
}

/// Polls until it is ready: the doubles wait without a waker.
async fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(move |context| {
        let polled = future.as_mut().poll(context);
        if polled.is_pending() {
            context.waker().wake_by_ref();
        }
        polled
    })
    .await
}

#[tokio::test]
async fn an_installation_obtains_tokens_once() {
    let (store, shopify, tokens) = world(Faults::default());
    assert_eq!(ready(tokens.access()).await, Err(TokenError::NotInstalled));
    assert_eq!(ready(tokens.install("another")).await, Err(TokenError::Subject));
    assert_eq!(ready(tokens.install(ID_TOKEN)).await, Ok(Installation::Installed));
    let item = store.item().unwrap();
    assert_eq!(ready(tokens.install(ID_TOKEN)).await, Ok(Installation::Already));
    assert_eq!(store.item().unwrap(), item);
    let token = ready(tokens.access()).await.unwrap();
    assert!(shopify.accepts(&token.secret) && token.generation == 1);
}

#[tokio::test]
async fn an_app_that_was_uninstalled_and_installed_again_unnoticed_has_tokens_that_work() {
    let (_, shopify, tokens) = world(Faults::default());
    ready(tokens.install(ID_TOKEN)).await.unwrap();
    shopify.advance(MINUTE_MS);
    shopify.uninstall();
    shopify.install();
    assert_eq!(ready(tokens.install(ID_TOKEN)).await, Ok(Installation::Renewed));
    let token = ready(tokens.access()).await.unwrap();
    assert!(shopify.accepts(&token.secret) && token.generation == 2);
}

#[tokio::test]
async fn an_installation_without_an_answer_leaves_the_tokens_that_there_are() {
    let (_, shopify, tokens) = world(Faults { is_lenient: true, ..Faults::default() });
    ready(tokens.install(ID_TOKEN)).await.unwrap();
    shopify.advance(MINUTE_MS);
    shopify.set_faults(Faults { lose_every: 1, is_lenient: true, ..Faults::default() });
    assert_eq!(ready(tokens.install(ID_TOKEN)).await, Ok(Installation::Already));
    assert_eq!(ready(tokens.access()).await.unwrap().generation, 1);
    assert_eq!(ready(tokens.install("another")).await, Ok(Installation::Already));
}

#[tokio::test]
async fn while_one_task_refreshes_early_the_others_use_the_token_at_hand() {
    let (_, shopify, tokens) = world(Faults { is_lenient: true, ..Faults::default() });
    ready(tokens.install(ID_TOKEN)).await.unwrap();
    shopify.advance(HOUR_MS - 5 * MINUTE_MS);
    let mut context = Context::from_waker(Waker::noop());
    let mut first = std::pin::pin!(tokens.access());
    assert!(first.as_mut().poll(&mut context).is_pending());
    let mut second = std::pin::pin!(tokens.access());
    let Poll::Ready(Ok(token)) = second.as_mut().poll(&mut context) else {
        panic!("it waits for the refresh");
    };
    assert_eq!(token.generation, 1);
    assert_eq!(ready(first).await.unwrap().generation, 2);
}

#[tokio::test]
async fn an_installation_whose_answer_was_lost_is_repeated() {
    let (_, shopify, tokens) = world(Faults { lose_every: 1, ..Faults::default() });
    let lost = ready(tokens.install(ID_TOKEN)).await;
    assert!(matches!(lost, Err(TokenError::Unavailable(_))));
    shopify.set_faults(Faults::default());
    let early = ready(tokens.install(ID_TOKEN)).await;
    assert!(matches!(early, Err(TokenError::Unavailable(_))), "it waits a moment");
    shopify.advance(RETRY_MS);
    assert_eq!(ready(tokens.install(ID_TOKEN)).await, Ok(Installation::Installed));
}

#[tokio::test]
async fn many_calls_at_the_end_of_a_token_are_one_refresh() {
    let (store, shopify, tokens) = world(Faults::default());
    ready(tokens.install(ID_TOKEN)).await.unwrap();
    shopify.advance(HOUR_MS);
    let tokens = Arc::new(tokens);
    let calls = (0..20).map(|_| {
        let tokens = Arc::clone(&tokens);
        tokio::spawn(async move { ready(tokens.access()).await.unwrap().generation })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), 2);
    }
    assert_eq!((shopify.refreshes(), store.item().unwrap().generation), (1, 2));
}

#[tokio::test]
async fn while_another_instance_refreshes_the_token_in_force_is_used() {
    let (store, shopify, tokens) = world(Faults { is_lenient: true, ..Faults::default() });
    ready(tokens.install(ID_TOKEN)).await.unwrap();
    shopify.advance(HOUR_MS - 5 * MINUTE_MS);
    let leased = store.item().unwrap().leased(shopify.now());
    ready(store.save(&leased)).await.unwrap();
    assert_eq!(ready(tokens.access()).await.unwrap().generation, 1);
    assert_eq!(shopify.refreshes(), 0);
    // The other instance has died.
    shopify.advance(MINUTE_MS);
    assert_eq!(ready(tokens.access()).await.unwrap().generation, 2);
}

#[tokio::test]
async fn a_shop_whose_endpoint_is_down_lives_on_its_token() {
    let (_, shopify, tokens) = world(Faults { is_lenient: true, ..Faults::default() });
    ready(tokens.install(ID_TOKEN)).await.unwrap();
    shopify.set_faults(Faults { lose_every: 1, is_lenient: true, ..Faults::default() });
    shopify.advance(HOUR_MS - 9 * MINUTE_MS);
    for _ in 0..8 {
        assert_eq!(ready(tokens.access()).await.unwrap().generation, 1);
        shopify.advance(MINUTE_MS);
    }
    assert_eq!(shopify.refreshes(), 8);
    shopify.advance(MINUTE_MS);
    assert!(matches!(ready(tokens.access()).await, Err(TokenError::Unavailable(_))));
    shopify.set_faults(Faults::default());
    shopify.advance(RETRY_MS);
    assert_eq!(ready(tokens.access()).await.unwrap().generation, 2);
}

#[tokio::test]
async fn if_two_instances_refreshed_at_once_the_refresh_token_before_still_works() {
    let (store, shopify, tokens) = world(Faults::default());
    ready(tokens.install(ID_TOKEN)).await.unwrap();
    let zombie = store.item().unwrap().pair.unwrap().refresh;
    shopify.advance(HOUR_MS);
    assert_eq!(ready(tokens.access()).await.unwrap().generation, 2);
    // A request that was sent before arrives now, and ends the pair that is stored.
    ready(origin_shopify::TokenEndpoint::refresh(&shopify, &zombie)).await.unwrap();
    let token = ready(tokens.access()).await.unwrap();
    assert!(!shopify.accepts(&token.secret));
    let token = ready(tokens.renew(&token)).await.unwrap();
    assert!(shopify.accepts(&token.secret));
    assert_eq!((token.generation, shopify.refreshes()), (3, 4), "one of them refused");
}

#[tokio::test]
async fn an_uninstalled_shop_says_so_until_a_person_installs_again() {
    let (_, shopify, tokens) = world(Faults::default());
    ready(tokens.install(ID_TOKEN)).await.unwrap();
    shopify.uninstall();
    ready(tokens.uninstalled(shopify.now())).await.unwrap();
    let Err(TokenError::NeedsReinstall(lost)) = ready(tokens.access()).await else {
        panic!("it has tokens");
    };
    assert_eq!((lost.reason, lost.at), (LossReason::Uninstalled, shopify.now()));
    shopify.install();
    shopify.advance(MINUTE_MS);
    assert_eq!(ready(tokens.install(ID_TOKEN)).await, Ok(Installation::Installed));
    ready(tokens.uninstalled(lost.at)).await.unwrap();
    assert!(ready(tokens.access()).await.is_ok(), "the message was delivered twice");
}

#[tokio::test]
async fn tokens_that_were_not_used_for_ninety_days_are_expired_and_not_lost_for_ever() {
    let (_, shopify, tokens) = world(Faults::default());
    ready(tokens.install(ID_TOKEN)).await.unwrap();
    shopify.advance(91 * 24 * HOUR_MS);
    let Err(TokenError::NeedsReinstall(lost)) = ready(tokens.access()).await else {
        panic!("it has tokens");
    };
    assert_eq!(lost.reason, LossReason::Expired);
    assert_eq!(ready(tokens.install(ID_TOKEN)).await, Ok(Installation::Installed));
}

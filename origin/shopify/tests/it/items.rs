//! What to do with an item at a moment, and its changes.

use domain_core::time::{DAY_MS, HOUR_MS, MINUTE_MS, Time};
use origin_shopify::{
    EARLY_MS, LEASE_MS, LossReason, Plan, Refresh, Secret, TokenAnswer, TokenItem,
};

const NOW: Time = Time(1_800_000_000_000);

fn answer(number: u32) -> TokenAnswer {
    TokenAnswer {
        access: Secret::new(format!("access-{number}")),
        access_life_ms: HOUR_MS,
        refresh: Some(Refresh {
            token: Secret::new(format!("refresh-{number}")),
            life_ms: 90 * DAY_MS,
        }),
        scope: "read_products".to_owned(),
    }
}

fn item() -> TokenItem {
    TokenItem::default().renewed(answer(1), None, NOW).unwrap()
}

/// The item after its refresh token of this rank has worked.
fn renewed(item: &TokenItem, rank: usize, answer: TokenAnswer, now: Time) -> TokenItem {
    let used = item.pair.as_ref().unwrap().refreshes(now).nth(rank);
    item.renewed(answer, used.as_ref(), now).unwrap()
}

fn plan(item: &TokenItem, now: Time, rejected: Option<u64>) -> &'static str {
    match item.plan(now, rejected) {
        Plan::Use(_) => "use",
        Plan::RefreshEarly(_) => "early",
        Plan::Refresh(_) => "refresh",
        Plan::Expired => "expired",
        Plan::NotInstalled => "not installed",
        Plan::NeedsReinstall(_) => "reinstall",
    }
}

#[test]
fn a_token_is_refreshed_ten_minutes_before_its_end() {
    let item = item();
    let end = NOW.plus_ms(HOUR_MS);
    let steps = [
        (NOW, "use"),
        (end.minus_ms(EARLY_MS + 1), "use"),
        (end.minus_ms(EARLY_MS), "early"),
        (end.minus_ms(1), "early"),
        (end, "refresh"),
        (NOW.plus_ms(90 * DAY_MS), "expired"),
    ];
    for (now, expected) in steps {
        assert_eq!(plan(&item, now, None), expected, "{now:?}");
    }
    assert_eq!(plan(&TokenItem::default(), NOW, None), "not installed");
}

#[test]
fn a_rejected_token_is_refreshed_at_once_and_a_later_one_is_used() {
    let item = item();
    assert_eq!((item.generation, plan(&item, NOW, Some(1))), (1, "refresh"));
    let later = renewed(&item, 0, answer(2), NOW);
    assert_eq!((later.generation, plan(&later, NOW, Some(1))), (2, "use"));
}

#[test]
fn the_refresh_token_that_worked_is_stored_for_thirty_days() {
    let tokens = |item: &TokenItem, now| {
        let refreshes = item.pair.as_ref().unwrap().refreshes(now);
        refreshes.map(|it| it.refresh.reveal().to_owned()).collect::<Vec<_>>()
    };
    let item = renewed(&item(), 0, answer(2), NOW.plus_ms(HOUR_MS));
    assert_eq!(tokens(&item, NOW), ["refresh-2", "refresh-1"]);
    assert_eq!(tokens(&item, NOW.plus_ms(HOUR_MS + 30 * DAY_MS)), ["refresh-2"]);
    let by_the_older = renewed(&item, 1, answer(3), NOW.plus_ms(HOUR_MS));
    assert_eq!(tokens(&by_the_older, NOW), ["refresh-3", "refresh-1"]);
}

#[test]
fn an_answer_without_a_refresh_token_keeps_the_one_before() {
    let bare = TokenAnswer { refresh: None, ..answer(2) };
    let pair = renewed(&item(), 0, bare.clone(), NOW).pair.unwrap();
    assert_eq!((pair.access.reveal(), pair.refresh.reveal()), ("access-2", "refresh-1"));
    assert_eq!(TokenItem::default().renewed(bare, None, NOW), None);
}

#[test]
fn a_lease_ends_by_itself_even_if_a_clock_was_ahead() {
    let leased = item().leased(NOW);
    assert!(leased.is_leased(NOW) && leased.is_leased(NOW.plus_ms(LEASE_MS - 1)));
    assert!(!leased.is_leased(NOW.plus_ms(LEASE_MS)));
    let ahead = item().leased(NOW.plus_ms(MINUTE_MS * 60));
    assert!(!ahead.is_leased(NOW));
}

#[test]
fn an_uninstallation_forgets_the_tokens_before_it_and_none_after_it() {
    let item = item();
    let forgotten = item.uninstalled(NOW).unwrap();
    assert_eq!((forgotten.pair.clone(), plan(&forgotten, NOW, None)), (None, "reinstall"));
    assert_eq!(forgotten.lost.unwrap().reason, LossReason::Uninstalled);
    assert_eq!(item.uninstalled(NOW.minus_ms(1)), None, "an old message");
    assert_eq!(forgotten.uninstalled(NOW), None, "a repeated one");
    let again = forgotten.renewed(answer(2), None, NOW).unwrap();
    assert_eq!((again.lost, again.generation), (None, 2));
}

#[test]
fn no_item_prints_a_token() {
    let item = renewed(&item(), 0, answer(2), NOW);
    let text = format!("{item:?} {:?} {:?}", answer(3), item.plan(NOW, None));
    assert!(!text.contains("access-") && !text.contains("refresh-"), "{text}");
}

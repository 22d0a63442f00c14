//! Time.

use infra_shopify::clock::{Clock, rfc3339, rfc3339_at};

/// 2027-01-15T08:00:00Z.
const NOW_MS: u64 = 1_800_000_000_000;

#[test]
fn a_virtual_clock_stands_still_until_it_is_advanced() {
    let clock = Clock::virtual_at(NOW_MS);
    let other = clock.clone();
    other.advance(1_500);
    assert_eq!(clock.now_ms(), NOW_MS + 1_500);
    clock.advance(u64::MAX);
    assert_eq!(other.now_ms(), u64::MAX);
}

#[test]
fn the_systems_clock_can_be_advanced_too() {
    let clock = Clock::system();
    let before = clock.now_ms();
    clock.advance(3_600_000);
    assert!((3_600_000..3_660_000).contains(&(clock.now_ms() - before)));
}

#[tokio::test]
async fn a_sleeper_wakes_when_its_time_has_come_and_not_before() {
    let clock = Clock::virtual_at(NOW_MS);
    let sleeper = tokio::spawn({
        let clock = clock.clone();
        async move {
            clock.sleep_until(NOW_MS + 1_000).await;
            clock.now_ms()
        }
    });
    tokio::task::yield_now().await;
    clock.advance(999);
    tokio::task::yield_now().await;
    assert!(!sleeper.is_finished());
    clock.advance(1);
    assert_eq!(sleeper.await.unwrap(), NOW_MS + 1_000);
}

#[tokio::test]
async fn a_time_that_has_passed_is_not_waited_for() {
    Clock::virtual_at(NOW_MS).sleep_until(NOW_MS).await;
    Clock::system().sleep_until(0).await;
}

#[test]
fn times_are_written_as_shopify_writes_them() {
    assert_eq!(rfc3339(NOW_MS), "2027-01-15T08:00:00Z");
    assert_eq!(rfc3339(NOW_MS + 120), "2027-01-15T08:00:00.12Z");
    assert_eq!(rfc3339_at(NOW_MS + 999, 60), "2027-01-15T09:00:00+01:00");
    assert_eq!(rfc3339_at(NOW_MS, -570), "2027-01-14T22:30:00-09:30");
    assert_eq!(rfc3339_at(NOW_MS, 0), "2027-01-15T08:00:00Z");
    assert_eq!(rfc3339(u64::MAX), "9999-12-31T23:59:59Z");
    assert_eq!(rfc3339_at(u64::MAX, 60), "9999-12-31T23:59:59Z");
}

//! The same contracts, held in memory: where the simulation relies on a port, it relies on what
//! DynamoDB and EventBridge keep, too.

use origin_adapters::memory::{
    MemoryBus, MemoryCarts, MemoryCommandLog, MemoryLedger, MemoryPrograms, MemoryTables, Replicas,
};

use crate::contract::{self, events::Arrived};
use crate::world::Both;

macro_rules! held {
    ($port:ident on $fresh:expr; $($case:ident,)+) => {
        mod $port {
            use super::*;

            $(
                #[tokio::test]
                async fn $case() {
                    contract::$port::$case($fresh(&MemoryTables::new())).await;
                }
            )+
        }
    };
}

held! {
    carts on |tables| Both(MemoryCarts::new(tables), MemoryCommandLog::new(tables));
    a_cart_never_written_is_absent,
    a_cart_comes_back_as_it_was_stored,
    whoever_read_an_older_cart_writes_nothing,
    of_two_first_commands_after_a_month_neither_is_lost,
    commands_absorbed_at_once_are_all_in_the_cart,
    an_order_absorbed_before_its_add_ends_in_the_same_cart,
    of_two_carts_that_merge_both_change_or_neither,
    carts_never_written_merge,
    merges_and_commands_absorbed_at_once_are_all_in_the_one_cart,
    what_is_sent_to_a_merged_cart_goes_into_the_other,
    pending_commands_come_with_the_cart_as_far_as_recorded,
    a_full_bookmark_is_one_read,
}

held! {
    command_log on MemoryCommandLog::new;
    an_id_never_recorded_has_no_record,
    a_record_comes_back_as_it_was_written,
    a_repetition_gets_the_first_record_and_changes_nothing,
    of_repetitions_at_once_one_is_first,
}

/// Ledgers whose replicas are always up to date.
pub(crate) fn empty_ledger() -> MemoryLedger {
    MemoryLedger::new(Replicas::up_to_date())
}

held! {
    ledger on |_: &MemoryTables| super::empty_ledger();
    of_nobody_nothing_is_known,
    a_change_is_all_there,
    a_guests_order_is_kept_without_an_account,
    a_cause_counts_once_in_the_whole_shop,
    a_change_from_an_older_account_leaves_no_trace,
    a_change_from_an_older_order_leaves_no_trace,
    an_entry_told_anew_is_written_over_and_one_that_fell_away_is_gone,
    orders_paid_at_once_are_all_in_the_account,
    a_ledger_is_read_page_by_page_newest_first,
    the_largest_change_fits_and_a_page_has_its_bound,
    a_redemption_only_goes_on_from_where_it_was_seen,
    a_request_is_recorded_once_and_comes_with_its_account,
}

held! {
    programs on |_: &MemoryTables| MemoryPrograms::new(Replicas::up_to_date());
    before_the_first_programme_there_is_none,
    each_time_has_the_programme_that_was_in_effect,
    a_number_is_given_once,
    a_version_that_was_replaced_can_be_activated_again,
    whoever_lost_a_race_is_told,
    activations_are_told_newest_first_page_by_page,
}

async fn arrived(bus: &MemoryBus) -> Arrived {
    let told = |event: origin_domain::event::Event| {
        (event.kind.source().to_owned(), event.kind.detail_type().to_owned(), event.detail)
    };
    bus.fetch().into_iter().map(told).collect()
}

#[tokio::test]
async fn nothing_to_publish_is_nothing_to_do() {
    let bus = MemoryBus::new();
    contract::events::nothing_to_publish_is_nothing_to_do(bus.clone(), || arrived(&bus)).await;
}

#[tokio::test]
async fn every_event_arrives_as_it_was_published() {
    let bus = MemoryBus::new();
    contract::events::every_event_arrives_as_it_was_published(bus.clone(), || arrived(&bus)).await;
}

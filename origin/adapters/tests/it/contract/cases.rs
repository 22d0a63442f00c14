//! What each contract asks, by the names its tests have: one list, whoever holds it.

/// Hands the cases of a contract, and what makes a fresh holder of it, to the macro that makes tests
/// of them.
macro_rules! cases {
    (carts, $held:ident, $fresh:expr) => {
        $held! {
            carts on $fresh;
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
    };
    (command_log, $held:ident, $fresh:expr) => {
        $held! {
            command_log on $fresh;
            an_id_never_recorded_has_no_record,
            a_record_comes_back_as_it_was_written,
            a_repetition_gets_the_first_record_and_changes_nothing,
            of_repetitions_at_once_one_is_first,
        }
    };
    (ledger, $held:ident, $fresh:expr) => {
        $held! {
            ledger on $fresh;
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
    };
    (order_history, $held:ident, $fresh:expr) => {
        $held! {
            order_history on $fresh;
            past_orders_are_found_newest_first_with_their_accounts,
            one_look_goes_back_so_many_days_and_the_next_from_there,
            one_look_finds_so_many_orders_and_the_next_the_rest,
        }
    };
    (programs, $held:ident, $fresh:expr) => {
        $held! {
            programs on $fresh;
            before_the_first_programme_there_is_none,
            each_time_has_the_programme_that_was_in_effect,
            a_number_is_given_once,
            a_version_that_was_replaced_can_be_activated_again,
            whoever_lost_a_race_is_told,
            activations_are_told_newest_first_page_by_page,
        }
    };
    (selections, $held:ident, $fresh:expr) => {
        $held! {
            selections on $fresh;
            a_selection_nobody_saved_is_absent,
            a_saved_selection_comes_back_as_it_was,
            a_selection_saved_by_many_is_one,
            a_selection_is_forgotten_after_its_time_unless_saved_again,
        }
    };
}

pub(crate) use cases;

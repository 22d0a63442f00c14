//! The cases of each contract by name: one list for all implementations.

/// Passes the cases of a contract, and a constructor of a fresh implementation, to the macro that
/// makes tests of them.
macro_rules! cases {
    (accounts, $tests:ident, $fresh:expr) => {
        $tests! {
            accounts on $fresh;
            a_request_is_recorded_once_and_comes_with_its_account,
        }
    };
    (carts, $tests:ident, $fresh:expr) => {
        $tests! {
            carts on $fresh;
            a_cart_never_written_is_absent,
            a_cart_comes_back_as_it_was_stored,
            a_write_based_on_an_older_cart_is_a_conflict,
            of_two_first_commands_after_a_month_neither_is_lost,
            commands_absorbed_at_once_are_all_in_the_cart,
            an_order_absorbed_before_its_add_ends_in_the_same_cart,
            of_two_carts_that_merge_both_change_or_neither,
            carts_never_written_merge,
            merges_and_commands_absorbed_at_once_are_all_in_the_one_cart,
            a_command_to_a_merged_cart_goes_into_the_other,
            pending_commands_come_with_the_cart_as_far_as_recorded,
            a_full_bookmark_is_one_read,
        }
    };
    (command_log, $tests:ident, $fresh:expr) => {
        $tests! {
            command_log on $fresh;
            an_id_never_recorded_has_no_record,
            a_record_comes_back_as_it_was_written,
            a_repetition_gets_the_first_record_and_changes_nothing,
            of_repetitions_at_once_one_is_first,
        }
    };
    (ledger, $tests:ident, $fresh:expr) => {
        $tests! {
            ledger on $fresh;
            an_unknown_customer_has_no_ledger,
            a_committed_change_is_stored_whole,
            a_guests_order_is_stored_without_an_account,
            a_cause_counts_once_in_the_whole_shop,
            a_change_from_an_older_account_leaves_no_trace,
            a_change_from_an_older_order_leaves_no_trace,
            a_change_replaces_and_deletes_entries,
            orders_paid_at_once_are_all_in_the_account,
            a_ledger_is_read_page_by_page_newest_first,
            the_largest_change_fits_and_a_page_has_its_bound,
            a_redemption_only_goes_on_from_where_it_was_seen,
        }
    };
    (merges, $tests:ident, $fresh:expr) => {
        $tests! {
            merges on $fresh;
            a_merged_customer_has_the_account_of_the_one_who_remains,
            a_merge_from_an_older_account_leaves_no_trace,
            facts_of_both_customers_and_their_merge_at_once_are_all_in_the_account,
            entries_of_merged_customers_are_one_ledger,
        }
    };
    (order_history, $tests:ident, $fresh:expr) => {
        $tests! {
            order_history on $fresh;
            past_orders_come_newest_first_with_their_accounts,
            a_past_order_of_a_merged_customer_comes_with_the_account_that_remains,
            one_page_covers_a_bounded_number_of_days,
            one_page_has_a_bounded_number_of_orders,
        }
    };
    (pools, $tests:ident, $fresh:expr) => {
        $tests! {
            pools on $fresh;
            a_shop_without_tokens_has_no_pools,
            the_first_seed_stays,
            slots_become_ready_with_their_pool_or_not_at_all,
            a_slot_is_claimed_once_and_is_then_no_longer_ready,
            a_claim_that_fails_writes_nothing,
        }
    };
    (programs, $tests:ident, $fresh:expr) => {
        $tests! {
            programs on $fresh;
            before_the_first_version_there_is_no_program,
            each_time_has_the_program_in_effect,
            an_activation_number_is_unique,
            a_version_that_was_replaced_can_be_activated_again,
            a_publication_based_on_an_older_version_is_a_conflict,
            activations_come_newest_first_in_pages,
        }
    };
    (revocations, $tests:ident, $fresh:expr) => {
        $tests! {
            revocations on $fresh;
            tokens_never_revoked_have_no_revocation,
            a_revocation_comes_back_and_never_moves_back,
            a_revocation_based_on_an_older_one_is_a_conflict,
            a_revocation_by_staff_is_written_with_its_entry_or_not_at_all,
        }
    };
    (selections, $tests:ident, $fresh:expr) => {
        $tests! {
            selections on $fresh;
            a_selection_never_saved_is_absent,
            a_saved_selection_comes_back_as_it_was,
            a_selection_saved_by_many_is_one,
            a_selection_expires_unless_saved_again,
        }
    };
    (staff, $tests:ident, $fresh:expr) => {
        $tests! {
            staff on $fresh;
            a_roster_is_written_with_its_entry_or_not_at_all,
            entries_come_newest_first_in_pages,
            an_expired_entry_is_no_longer_shown,
            an_activation_is_written_with_its_entry_or_not_at_all,
            a_command_of_staff_is_recorded_once_with_one_entry,
        }
    };
    (reconciliation, $tests:ident, $fresh:expr) => {
        $tests! {
            reconciliation on $fresh;
            a_reconciliation_comes_back_as_it_was_stored,
        }
    };
    (tokens, $tests:ident, $fresh:expr) => {
        $tests! {
            tokens on $fresh;
            tokens_come_back_as_they_were_stored,
            only_the_next_version_is_stored,
        }
    };
}

/// Every contract of the repositories, for a macro that makes tests on an implementation of the
/// tables.
macro_rules! contracts {
    ($tests:ident) => {
        cases!(accounts, $tests, |table: &SharedTable| Both(
            LedgerRepository::new(table),
            CommandLogRepository::new(table),
        ));
        cases!(carts, $tests, |table: &SharedTable| Both(
            CartRepository::new(table),
            CommandLogRepository::new(table),
        ));
        cases!(command_log, $tests, CommandLogRepository::new);
        cases!(ledger, $tests, LedgerRepository::new);
        cases!(merges, $tests, LedgerRepository::new);
        cases!(order_history, $tests, |table: &SharedTable| contract::order_history::Shop(
            LedgerRepository::new(table),
            OrderHistoryRepository::new(table),
        ));
        cases!(pools, $tests, contract::pools::Shop::new);
        cases!(programs, $tests, ProgramRepository::new);
        cases!(revocations, $tests, contract::revocations::Shop::new);
        cases!(selections, $tests, SelectionRepository::new);
        cases!(staff, $tests, contract::staff::Shop::new);
        cases!(reconciliation, $tests, ReconciliationRepository::new);
        cases!(tokens, $tests, |table: &SharedTable| TokenRepository::new(table, "a.example"));
    };
}

pub(crate) use {cases, contracts};

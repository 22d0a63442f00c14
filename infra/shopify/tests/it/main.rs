//! The tests of the local Shopify.
#![expect(clippy::unwrap_used, reason = "a failed set-up fails the test")]

mod admin_api;

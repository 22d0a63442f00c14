//! The tests of the local Shopify.
#![expect(clippy::unwrap_used, reason = "a failed set-up fails the test")]

mod admin_api;
mod app_config;
mod app_proxy;
mod clock;
mod listener;
mod oauth;
mod shop;
mod storefront;
mod webhooks;

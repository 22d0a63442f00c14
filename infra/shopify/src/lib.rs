#![doc = include_str!("../README.md")]

pub mod admin_api;
pub mod app_config;
pub mod app_proxy;
pub mod clock;
pub mod http_client;
pub mod local;
pub mod loopback;
pub mod oauth;
pub mod signing;
pub mod store;
pub mod storefront;
pub mod webhooks;

#![doc = include_str!("../README.md")]

pub mod admin_api;
pub mod store;

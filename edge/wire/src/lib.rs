#![doc = include_str!("../README.md")]

pub mod bookmark;
pub mod function;
pub mod grammar;
pub mod headers;
pub mod id_token;
pub mod identity;
pub mod keys;
pub mod link;
pub mod problem;
pub mod proxy;
pub mod query;
pub mod resource;
pub mod routes;
pub mod secrets;
pub mod token;
pub mod webhook;

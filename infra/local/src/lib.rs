#![doc = include_str!("../README.md")]

pub mod bus_client;
pub mod cli;
pub mod demo;
pub mod local;
pub mod profile;
pub mod wiring;

mod admin;
mod data;
mod dead_letters;
mod demo_shop;
mod edge;
mod seed;
mod shopify;
mod targets;

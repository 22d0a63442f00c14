//! The configurator from outside.

mod artefacts;
mod authoring;
mod backtracking;
mod benchmark_products;
mod brute_force;
mod completing;
mod corpora;
mod demo;
mod dice;
mod explaining;
mod grown;
mod industrial;
mod laws;
mod models;
mod publishing;
mod reporting;
mod shopify;
mod stocking;
mod vast;
mod vehicles;
mod writing;

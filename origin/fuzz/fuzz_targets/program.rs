#![no_main]

#[allow(dead_code, reason = "tests need more of it")]
#[path = "../../domain/tests/it/configurator/brute_force.rs"]
mod brute_force;
#[path = "../checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| checks::program(input));

#![no_main]

#[allow(dead_code, reason = "tests need more of it")]
#[path = "../../domain/configurator/tests/it/brute_force.rs"]
mod brute_force;
#[path = "../checks/configurator.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| checks::publish(input));

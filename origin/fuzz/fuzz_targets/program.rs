#![no_main]

#[path = "../checks/program.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| checks::program(input));

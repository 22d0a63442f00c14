//! What `infra/cdk` deploys, read from its own file, so that the bill is of what is deployed.

/// The functions and consumers with their memory.
const WIRING: &str = include_str!("../../cdk/lib/wiring.ts");

/// The memory of a function or consumer, MB.
pub(crate) fn memory_mb(function: &str) -> Option<u64> {
    let (_, from_name) = WIRING.split_once(&format!("name: '{function}'"))?;
    let (_, from_memory) = from_name.split_once("memoryMb: ")?;
    let digits = from_memory.split(|it: char| !it.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// How many queues are polled, whether anything is in them or not.
pub(crate) fn queues() -> u64 {
    WIRING.matches("queue: '").count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_on_the_bill_is_deployed() {
        for function in crate::usage::FUNCTIONS {
            let memory = memory_mb(function).unwrap();
            assert!((128..=10_240).contains(&memory), "{function}: {memory}");
        }
        assert!((3..=8).contains(&queues()), "{}", queues());
    }
}

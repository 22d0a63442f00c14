//! The deployed functions and queues, from the file that `infra/cdk` and the local bus read, so
//! that the bill matches the deployment.

use std::sync::LazyLock;

use serde::Deserialize;

static WIRING: LazyLock<Wiring> = LazyLock::new(|| {
    let file = include_str!("../../wiring.json");
    serde_json::from_str(file).expect("the file is part of the program")
});

#[derive(Deserialize)]
struct Wiring {
    functions: Vec<Function>,
    consumers: Vec<Consumer>,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    memory_mb: u64,
}

#[derive(Deserialize)]
struct Consumer {
    #[serde(flatten)]
    function: Function,
    queues: Vec<Queue>,
}

#[derive(Deserialize)]
struct Queue {}

/// The memory of a function or consumer, MB.
pub(crate) fn memory_mb(function: &str) -> Option<u64> {
    let consumers = WIRING.consumers.iter().map(|consumer| &consumer.function);
    let mut all = WIRING.functions.iter().chain(consumers);
    all.find(|it| it.name == function).map(|it| it.memory_mb)
}

/// The number of queues, which are polled even when empty.
pub(crate) fn queues() -> u64 {
    WIRING.consumers.iter().map(|consumer| consumer.queues.len() as u64).sum()
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

//! The deployed functions and queues, from the file that `infra/cdk` and the local bus read, so
//! that the bill matches the deployment.

use std::sync::LazyLock;

use edge_wire::function::Function;
use serde::Deserialize;

static WIRING: LazyLock<Wiring> = LazyLock::new(|| {
    let file = include_str!("../../wiring.json");
    serde_json::from_str(file).expect("the file is part of the program")
});

#[derive(Deserialize)]
struct Wiring {
    functions: Vec<Deployed>,
    consumers: Vec<Consumer>,
}

#[derive(Deserialize)]
struct Deployed {
    name: String,
    memory_mb: u64,
}

#[derive(Deserialize)]
struct Consumer {
    #[serde(flatten)]
    function: Deployed,
    queues: Vec<Queue>,
}

#[derive(Deserialize)]
struct Queue {}

/// The memory of a function or consumer, MB.
pub(crate) fn memory_mb(function: Function) -> Option<u64> {
    let consumers = WIRING.consumers.iter().map(|consumer| &consumer.function);
    let mut all = WIRING.functions.iter().chain(consumers);
    all.find(|it| it.name == function.name()).map(|it| it.memory_mb)
}

/// The number of queues, which are polled even when empty.
pub(crate) fn queues() -> u64 {
    WIRING.consumers.iter().map(|consumer| consumer.queues.len() as u64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_has_a_memory_that_lambda_allows() {
        for function in Function::all() {
            let memory = memory_mb(function).unwrap();
            assert!((128..=10_240).contains(&memory), "{}: {memory}", function.name());
        }
        assert!((3..=8).contains(&queues()), "{}", queues());
    }
}

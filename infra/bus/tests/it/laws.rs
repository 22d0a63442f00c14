//! Properties of all events and all combinations of faults.

use infra_bus::{Bus, Entry, Faults, Queue};
use proptest::prelude::*;
use serde_json::Value;

use crate::stage::{Tally, answering, config, nowhere, numbered, one};

fn paused<F: Future>(work: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().start_paused(true).build().unwrap().block_on(work)
}

fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?",
        any::<String>().prop_map(|text| Value::from(text).to_string()),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let members = prop::collection::vec((any::<String>(), inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(" , "))),
            members.prop_map(object),
        ]
    })
}

fn object(members: Vec<(String, String)>) -> String {
    let member = |(name, value)| format!("{}: {value}", Value::from(name));
    format!("{{{}}}", members.into_iter().map(member).collect::<Vec<_>>().join(","))
}

fn faults() -> impl Strategy<Value = String> {
    let tenths = |max: u32| (0..=max).prop_map(|tenths| format!("0.{tenths}"));
    (tenths(9), tenths(9), 0..2_000_u32, tenths(3)).prop_map(|(duplicate, reorder, delay, fail)| {
        format!("duplicate={duplicate},reorder={reorder},delay_ms=0..{delay},fail={fail}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_detail_is_delivered_as_it_was_written(
        members in prop::collection::vec((any::<String>(), any_json()), 0..4)
    ) {
        let detail = object(members);
        let body = paused(async {
            let bus = Bus::open(nowhere(), config(&[]), Default::default()).unwrap();
            let entry = Entry::new("s", "d", detail.clone());
            bus.put(&[entry]).await.unwrap()[0].as_ref().unwrap();
            bus.archive(0).await.unwrap().remove(0).body
        });
        prop_assert!(body.ends_with(&format!(r#","detail":{detail}}}"#)), "{body}");
    }

    #[test]
    fn under_any_faults_every_event_arrives(faults in faults(), seed in any::<u64>()) {
        println!("seed {seed}, faults {faults}");
        let missing = paused(async {
            let tally = Tally::default();
            let counting = tally.clone();
            let target = answering(move |batch| {
                counting.count(&batch);
                Ok(Value::Null)
            });
            let mut queue = Queue::new("orders");
            // So many attempts that no message becomes a dead letter by chance.
            queue.max_receive_count = 100;
            let mut config = config(&[queue]);
            config.faults = Faults::parse(&faults).unwrap();
            config.seed = seed;
            let bus = Bus::open(nowhere(), config, one("orders", target)).unwrap();
            for n in 0..40 {
                bus.put(&[numbered(n)]).await.unwrap();
            }
            bus.idle().await;
            (0..40).filter(|n| tally.of(*n) == 0).collect::<Vec<_>>()
        });
        prop_assert_eq!(missing, Vec::<u64>::new());
    }

    #[test]
    fn no_specification_of_faults_panics(spec in "[a-z_=.,0-9 ]{0,40}|\\PC{0,20}") {
        _ = Faults::parse(&spec);
    }
}

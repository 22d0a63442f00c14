//! Each recording is replayed in order and compared whole, ids, times, cursors, digests and cost
//! aside: ids, cursors and digests must be the same wherever they were the same.

use super::recording::{Chosen, Recording, World, recordings, without_cost};

/// Recordings that replay equal.
const EQUAL: usize = 49;

/// The first difference of a recording.
fn difference(recording: &Recording) -> Option<String> {
    let world = World::of(recording);
    let mut chosen = Chosen::default();
    recording.steps.iter().find_map(|step| {
        world.wait_for(step);
        let ours = world.run(&step.query, chosen.translate(&step.variables));
        let difference = chosen.difference(&step.response, &without_cost(ours), "");
        difference.map(|difference| format!("{}: {difference}", step.name))
    })
}

#[test]
fn recorded_requests_get_the_recorded_answers() {
    let recordings = recordings();
    let different: Vec<String> = recordings
        .iter()
        .filter_map(|(name, recording)| Some(format!("{name}\n    {}", difference(recording)?)))
        .collect();
    let equal = recordings.len() - different.len();
    println!("{equal} of {} recordings replay equal\n{}", recordings.len(), different.join("\n"));
    assert_eq!((equal, recordings.len()), (EQUAL, 49), "{}", different.join("\n"));
}

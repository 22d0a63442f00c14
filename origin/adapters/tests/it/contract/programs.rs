//! [`Programs`] and [`ProgramWriter`].

use origin_domain::loyalty::{ProgramWriter, Programs};
use origin_domain::port::{Consistency, Written};
use origin_domain::time::Time;

use super::sample::{MORNING, program};

/// Where the programme is kept.
pub(crate) trait Shelf: Programs + ProgramWriter {}

impl<T: Programs + ProgramWriter> Shelf for T {}

async fn number_at(programs: &impl Shelf, at: Time) -> Option<u64> {
    let strong = programs.in_effect(at, Consistency::Strong).await.unwrap();
    assert_eq!(programs.in_effect(at, Consistency::Eventual).await, Ok(strong.clone()));
    strong.map(|program| program.version)
}

pub(crate) async fn before_the_first_programme_there_is_none(programs: impl Shelf) {
    assert_eq!(number_at(&programs, Time(u64::MAX)).await, None);
    programs.publish(&program(1, MORNING)).await.unwrap();
    assert_eq!(number_at(&programs, MORNING.minus_ms(1)).await, None);
    assert_eq!(number_at(&programs, MORNING).await, Some(1));
}

pub(crate) async fn each_time_has_the_programme_that_was_in_effect(programs: impl Shelf) {
    for (version, from) in [(1, 0), (2, 99), (3, 100), (11, 1_000)] {
        let version = program(version, Time(from));
        assert_eq!(programs.publish(&version).await, Ok(Written::Done));
        let found = programs.in_effect(Time(from), Consistency::Strong).await.unwrap();
        assert_eq!(found, Some(version));
    }
    for (at, version) in [(0, 1), (98, 1), (99, 2), (100, 3), (999, 3), (1_000, 11), (u64::MAX, 11)]
    {
        assert_eq!(number_at(&programs, Time(at)).await, Some(version), "at {at}");
    }
}

pub(crate) async fn of_two_from_one_moment_the_newer_applies(programs: impl Shelf) {
    for version in [9, 10] {
        programs.publish(&program(version, MORNING)).await.unwrap();
    }
    assert_eq!(number_at(&programs, MORNING).await, Some(10));
}

pub(crate) async fn a_number_is_given_once(programs: impl Shelf) {
    let first = program(1, MORNING);
    programs.publish(&first).await.unwrap();
    for from in [MORNING, MORNING.plus_ms(1)] {
        assert_eq!(programs.publish(&program(1, from)).await, Ok(Written::Conflict));
    }
    let found = programs.in_effect(Time(u64::MAX), Consistency::Strong).await.unwrap();
    assert_eq!(found, Some(first));
}

//! [`Programs`] and [`ProgramShelf`].

use origin_domain::loyalty::{
    ACTIVATION_LEAD_MS, Activation, Asked, ProgramPublication, ProgramShelf, Programs, activate,
    publish,
};
use origin_domain::port::{Consistency, Written};
use origin_domain::time::Time;

use super::sample::{MORNING, PROGRAM};

/// Where the programme is kept.
pub(crate) trait Shelf: Programs + ProgramShelf {}

impl<T: Programs + ProgramShelf> Shelf for T {}

/// What somebody who does not care what was there asks for at `now`.
fn asked(now: Time) -> Asked {
    Asked { expected: None, now }
}

async fn number_at(programs: &impl Shelf, at: Time) -> Option<u64> {
    let strong = programs.in_effect(at, Consistency::Strong).await.unwrap();
    assert_eq!(programs.in_effect(at, Consistency::Eventual).await, Ok(strong.clone()));
    strong.map(|program| program.version)
}

/// Activates version `version`, written with number `number`, from `from` on.
async fn written(programs: &impl Shelf, [number, version, from]: [u64; 3]) -> Written {
    let activation = Activation { number, version, active_from: Time(from) };
    let document = (number == version).then_some(PROGRAM);
    programs.activate(&activation, document).await.unwrap()
}

pub(crate) async fn before_the_first_programme_there_is_none(programs: impl Shelf) {
    assert_eq!(number_at(&programs, Time(u64::MAX)).await, None);
    assert_eq!(programs.history(None, 1).await, Ok(vec![]));
    publish(&programs, PROGRAM, asked(MORNING)).await.unwrap();
    let begins = MORNING.plus_ms(ACTIVATION_LEAD_MS);
    assert_eq!(number_at(&programs, begins.minus_ms(1)).await, None);
    assert_eq!(number_at(&programs, begins).await, Some(1));
}

pub(crate) async fn each_time_has_the_programme_that_was_in_effect(programs: impl Shelf) {
    for activation in [[1, 1, 0], [2, 2, 99], [3, 1, 100], [4, 4, 1_000]] {
        assert_eq!(written(&programs, activation).await, Written::Done);
    }
    for (at, version) in [(0, 1), (98, 1), (99, 2), (100, 1), (999, 1), (1_000, 4), (u64::MAX, 4)] {
        assert_eq!(number_at(&programs, Time(at)).await, Some(version), "at {at}");
    }
    let found = programs.in_effect(Time(100), Consistency::Strong).await.unwrap().unwrap();
    assert_eq!((found.activation, found.active_from), (3, Time(100)));
    assert_eq!(found.program.title, "Riders");
}

pub(crate) async fn a_number_is_given_once(programs: impl Shelf) {
    assert_eq!(written(&programs, [1, 1, 10]).await, Written::Done);
    for from in [10, 11] {
        assert_eq!(written(&programs, [1, 1, from]).await, Written::Conflict);
    }
    assert_eq!(number_at(&programs, Time(u64::MAX)).await, Some(1));
    assert_eq!(programs.history(None, 9).await.unwrap().len(), 1);
}

pub(crate) async fn a_version_that_was_replaced_can_be_activated_again(programs: impl Shelf) {
    let first = publish(&programs, PROGRAM, asked(MORNING)).await.unwrap();
    let second = publish(&programs, PROGRAM, asked(MORNING)).await.unwrap();
    let again = activate(&programs, 1, asked(MORNING)).await.unwrap();
    let begins = MORNING.plus_ms(ACTIVATION_LEAD_MS);
    let told = [(first, 1, 1), (second, 2, 2), (again, 3, 1)];
    for (index, (done, number, version)) in told.into_iter().enumerate() {
        let active_from = begins.plus_ms(index as u64);
        let activation = Activation { number, version, active_from };
        assert_eq!(done, ProgramPublication::Done(activation));
        assert_eq!(number_at(&programs, active_from).await, Some(version));
    }
    assert_eq!(activate(&programs, 3, asked(MORNING)).await, Ok(ProgramPublication::Unknown));
    let third = publish(&programs, PROGRAM, asked(MORNING)).await.unwrap();
    assert!(matches!(third, ProgramPublication::Done(Activation { number: 4, version: 4, .. })));
}

pub(crate) async fn whoever_lost_a_race_is_told(programs: impl Shelf) {
    let expecting = |expected| Asked { expected: Some(expected), now: MORNING };
    let early = publish(&programs, PROGRAM, expecting(1)).await;
    assert_eq!(early, Ok(ProgramPublication::Conflict), "there is nothing yet");
    let done = publish(&programs, PROGRAM, expecting(0)).await.unwrap();
    assert_eq!(publish(&programs, PROGRAM, expecting(0)).await, Ok(done), "its answer was lost");
    let other = PROGRAM.replace("Riders", "Walkers");
    let late = publish(&programs, &other, expecting(0)).await;
    assert_eq!(late, Ok(ProgramPublication::Conflict));
    publish(&programs, &other, expecting(1)).await.unwrap();
    assert_eq!(activate(&programs, 1, expecting(1)).await, Ok(ProgramPublication::Conflict));
    let back = activate(&programs, 1, expecting(2)).await.unwrap();
    assert_eq!(activate(&programs, 1, expecting(2)).await, Ok(back), "its answer was lost");
}

pub(crate) async fn activations_are_told_newest_first_page_by_page(programs: impl Shelf) {
    for number in 1..=11 {
        written(&programs, [number, number, number * 10]).await;
    }
    let page = async |before, limit| {
        let page = programs.history(before, limit).await.unwrap();
        page.iter().map(|activation| activation.number).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, [11, 10]);
    assert_eq!(page(Some(10), 3).await, [9, 8, 7]);
    assert_eq!(page(Some(3), 50).await, [2, 1]);
    assert_eq!(programs.document(11).await.unwrap().as_deref(), Some(PROGRAM));
    assert_eq!(programs.document(12).await, Ok(None));
}

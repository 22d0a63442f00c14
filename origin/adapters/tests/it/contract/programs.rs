//! [`Programs`] and [`ProgramStore`].

use domain_core::port::{Consistency, Written};
use domain_core::time::Time;
use domain_loyalty::{
    ACTIVATION_LEAD_MS, Activation, ProgramPublication, ProgramStore, Programs, PublicationRequest,
    activate, publish,
};

use super::sample::{MORNING, PROGRAM};

/// A store of the program.
pub(crate) trait Store: Programs + ProgramStore {}

impl<T: Programs + ProgramStore> Store for T {}

/// A request at `now` without an expected version.
fn unconditional(now: Time) -> PublicationRequest {
    PublicationRequest { expected: None, now }
}

async fn number_at(programs: &impl Store, at: Time) -> Option<u64> {
    let strong = programs.in_effect(at, Consistency::Strong).await.unwrap();
    assert_eq!(programs.in_effect(at, Consistency::Eventual).await, Ok(strong.clone()));
    strong.map(|program| program.version)
}

/// Activates version `version`, written with number `number`, from `from` on.
async fn written(programs: &impl Store, [number, version, from]: [u64; 3]) -> Written {
    let activation = Activation { number, version, active_from: Time(from) };
    let document = (number == version).then_some(PROGRAM);
    programs.activate(&activation, document).await.unwrap()
}

pub(crate) async fn before_the_first_version_there_is_no_program(programs: impl Store) {
    assert_eq!(number_at(&programs, Time(u64::MAX)).await, None);
    assert_eq!(programs.history(None, 1).await, Ok(vec![]));
    publish(&programs, PROGRAM, unconditional(MORNING)).await.unwrap();
    let begins = MORNING.plus_ms(ACTIVATION_LEAD_MS);
    assert_eq!(number_at(&programs, begins.minus_ms(1)).await, None);
    assert_eq!(number_at(&programs, begins).await, Some(1));
}

pub(crate) async fn each_time_has_the_program_in_effect(programs: impl Store) {
    for activation in [[1, 1, 0], [2, 2, 99], [3, 1, 100], [4, 4, 1_000]] {
        assert_eq!(written(&programs, activation).await, Written::Done);
    }
    for (at, version) in [(0, 1), (98, 1), (99, 2), (100, 1), (999, 1), (1_000, 4), (u64::MAX, 4)] {
        assert_eq!(number_at(&programs, Time(at)).await, Some(version), "at {at}");
    }
    let version = programs.in_effect(Time(100), Consistency::Strong).await.unwrap().unwrap();
    assert_eq!((version.activation, version.active_from), (3, Time(100)));
    assert_eq!(version.program.title, "Riders");
}

pub(crate) async fn an_activation_number_is_unique(programs: impl Store) {
    assert_eq!(written(&programs, [1, 1, 10]).await, Written::Done);
    for from in [10, 11] {
        assert_eq!(written(&programs, [1, 1, from]).await, Written::Conflict);
    }
    assert_eq!(number_at(&programs, Time(u64::MAX)).await, Some(1));
    assert_eq!(programs.history(None, 9).await.unwrap().len(), 1);
}

pub(crate) async fn a_version_that_was_replaced_can_be_activated_again(programs: impl Store) {
    let first = publish(&programs, PROGRAM, unconditional(MORNING)).await.unwrap();
    let second = publish(&programs, PROGRAM, unconditional(MORNING)).await.unwrap();
    let again = activate(&programs, 1, unconditional(MORNING)).await.unwrap();
    let begins = MORNING.plus_ms(ACTIVATION_LEAD_MS);
    let activations = [(first, 1, 1), (second, 2, 2), (again, 3, 1)];
    for (index, (done, number, version)) in activations.into_iter().enumerate() {
        let active_from = begins.plus_ms(index as u64);
        let activation = Activation { number, version, active_from };
        assert_eq!(done, ProgramPublication::Done(activation));
        assert_eq!(number_at(&programs, active_from).await, Some(version));
    }
    assert_eq!(
        activate(&programs, 3, unconditional(MORNING)).await,
        Ok(ProgramPublication::Unknown)
    );
    let third = publish(&programs, PROGRAM, unconditional(MORNING)).await.unwrap();
    assert!(matches!(third, ProgramPublication::Done(Activation { number: 4, version: 4, .. })));
}

pub(crate) async fn a_publication_based_on_an_older_version_is_a_conflict(programs: impl Store) {
    let expecting = |expected| PublicationRequest { expected: Some(expected), now: MORNING };
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

pub(crate) async fn activations_come_newest_first_in_pages(programs: impl Store) {
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

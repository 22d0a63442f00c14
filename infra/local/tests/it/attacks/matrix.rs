//! A row of the matrix: a class of attacks, their premise, and their guards.

use super::scene::{Scene, Visit};
use super::wiring::Change;

/// One attack with its checks.
pub(super) struct Attack {
    name: String,
    run: Box<dyn Fn(&Visit<'_>)>,
}

/// An attack of this name.
pub(super) fn attack(name: impl Into<String>, run: impl Fn(&Visit<'_>) + 'static) -> Attack {
    Attack { name: name.into(), run: Box::new(run) }
}

/// Asserts that every attack of a class fails on the edge as deployed and without any one of
/// several guards, and that without all guards some attack succeeds. `premise` makes the origins more
/// trusting in every run; each entry of `guards` removes one guard.
pub(super) fn check(premise: &[Change], guards: &[Change], attacks: &[Attack]) {
    let scene = Scene::open();
    let breaches = |off: &[Change]| breaches(&scene, &[premise, off].concat(), attacks);
    assert_eq!(breaches(&[]), Vec::<String>::new());
    if guards.len() > 1 {
        for (number, guard) in guards.iter().enumerate() {
            assert_eq!(breaches(&[*guard]), Vec::<String>::new(), "without guard {number}");
        }
    }
    assert!(!breaches(guards).is_empty(), "no attack needs these guards");
}

fn breaches(scene: &Scene, changes: &[Change], attacks: &[Attack]) -> Vec<String> {
    let breach = |attack: &Attack| {
        let visit = scene.visit(changes);
        (attack.run)(&visit);
        visit.into_breach().map(|breach| format!("{}: {breach}", attack.name))
    };
    attacks.iter().filter_map(breach).collect()
}

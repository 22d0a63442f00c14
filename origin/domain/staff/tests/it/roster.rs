//! Who has which role.

use std::future::Future;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use domain_core::port::{PortError, Written};
use domain_core::time::Time;
use domain_staff::{
    Act, Actor, AuditEntry, PERSONS_MAX, Role, Roster, RosterRejection, RosterStore, StaffAct,
    assign_role, role_of,
};

const NOW: Time = Time(1_795_251_600_000);

/// A roster in memory; `rivals` are written by others just before a save.
#[derive(Default)]
struct Memory(Mutex<State>);

#[derive(Default)]
struct State {
    roster: Option<Roster>,
    entries: Vec<AuditEntry>,
    rivals: Vec<Roster>,
}

impl RosterStore for Memory {
    async fn roster(&self) -> Result<Option<Roster>, PortError> {
        Ok(self.0.lock().unwrap().roster.clone())
    }

    async fn save(&self, roster: &Roster, entry: &AuditEntry) -> Result<Written, PortError> {
        let mut state = self.0.lock().unwrap();
        if let Some(rival) = state.rivals.pop() {
            state.roster = Some(rival);
        }
        let stored = state.roster.as_ref().map_or(0, |roster| roster.version);
        if stored + 1 != roster.version {
            return Ok(Written::Conflict);
        }
        state.roster = Some(roster.clone());
        state.entries.push(entry.clone());
        Ok(Written::Done)
    }
}

impl Memory {
    fn with(persons: &[(&str, Role)]) -> Self {
        let persons = persons.iter().map(|(id, role)| ((*id).to_owned(), *role)).collect();
        let roster = Some(Roster { version: 1, persons });
        Self(Mutex::new(State { roster, ..State::default() }))
    }

    fn log(&self) -> Vec<String> {
        let state = self.0.lock().unwrap();
        let line = |it: &AuditEntry| {
            let person = it.person.as_deref().unwrap_or("machine");
            format!("{person} {} {} {}", it.act, it.subject, it.detail)
        };
        state.entries.iter().map(line).collect()
    }

    fn role_of(&self, person: &str) -> Role {
        now(role_of(self, person, NOW)).unwrap()
    }

    fn assign(&self, person: &str, role: Role) -> Result<Option<Role>, RosterRejection> {
        let owner = Actor::Person { id: "1".to_owned(), role: Role::Owner };
        let act = StaffAct { actor: owner, act: Act::ChangeRoles, at: NOW };
        now(assign_role(self, person, role, &act)).map(|assigned| assigned.before)
    }
}

/// The memory never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn the_first_person_is_the_owner_and_everyone_after_that_is_support() {
    let store = Memory::default();
    let roles = ["1", "2", "1", "3", "2"].map(|person| store.role_of(person));
    use Role::{Owner, Support};
    assert_eq!(roles, [Owner, Support, Owner, Support, Support]);
    assert_eq!(store.log(), ["1", "2", "3"].map(|id| format!("{id} join_staff staff/{id} ")));
}

#[test]
fn of_two_first_persons_one_is_the_owner() {
    let store = Memory::default();
    let rival = Roster { version: 1, persons: [("2".to_owned(), Role::Owner)].into() };
    store.0.lock().unwrap().rivals.push(rival);
    assert_eq!((store.role_of("1"), store.role_of("2")), (Role::Support, Role::Owner));
}

#[test]
fn an_owner_changes_roles_and_the_log_says_so() {
    let store = Memory::with(&[("1", Role::Owner), ("2", Role::Support)]);
    assert_eq!(store.assign("2", Role::Manager), Ok(Some(Role::Support)));
    assert_eq!(store.assign("9", Role::Developer), Ok(None));
    assert_eq!(store.assign("9", Role::Developer), Ok(Some(Role::Developer)), "nothing to do");
    assert_eq!((store.role_of("2"), store.role_of("9")), (Role::Manager, Role::Developer));
    let expected =
        ["1 change_roles staff/2 support to manager", "1 change_roles staff/9 none to developer"];
    assert_eq!(store.log(), expected);
}

#[test]
fn a_shop_always_has_an_owner() {
    let store = Memory::with(&[("1", Role::Owner), ("2", Role::Support)]);
    assert_eq!(store.assign("1", Role::Manager), Err(RosterRejection::LastOwner));
    assert_eq!(store.assign("2", Role::Owner), Ok(Some(Role::Support)));
    assert_eq!(store.assign("1", Role::Manager), Ok(Some(Role::Owner)));
    let machine = StaffAct { actor: Actor::Machine, act: Act::ChangeRoles, at: NOW };
    let assigned = now(assign_role(&Memory::default(), "2", Role::Support, &machine));
    assert_eq!(assigned, Err(RosterRejection::LastOwner));
}

#[test]
fn an_owner_who_is_demoted_meanwhile_changes_no_role() {
    let store = Memory::with(&[("1", Role::Owner), ("2", Role::Owner), ("3", Role::Support)]);
    let demoted = [("1", Role::Manager), ("2", Role::Owner), ("3", Role::Support)];
    let persons = demoted.map(|(id, role)| (id.to_owned(), role)).into();
    store.0.lock().unwrap().rivals.push(Roster { version: 2, persons });
    assert_eq!(store.assign("3", Role::Owner), Err(RosterRejection::NotAllowed));
    assert_eq!((store.role_of("3"), store.log()), (Role::Support, Vec::new()));
}

#[test]
fn a_full_roster_takes_no_person_in() {
    let persons = (1..=PERSONS_MAX).map(|id| (id.to_string(), Role::Support));
    let mut persons: std::collections::BTreeMap<String, Role> = persons.collect();
    persons.insert("1".to_owned(), Role::Owner);
    let store = Memory::default();
    store.0.lock().unwrap().roster = Some(Roster { version: 1, persons });
    assert_eq!(store.role_of("9999"), Role::Support);
    assert_eq!(store.assign("9999", Role::Manager), Err(RosterRejection::Full));
    assert_eq!(store.assign("2", Role::Manager), Ok(Some(Role::Support)));
    assert_eq!(store.log().len(), 1);
}

#[test]
fn a_roster_that_changes_all_the_time_is_an_outage() {
    let store = Memory::with(&[("1", Role::Owner)]);
    let rival = |version| Roster { version, persons: [("1".to_owned(), Role::Owner)].into() };
    store.0.lock().unwrap().rivals = (2..=9).rev().map(rival).collect();
    assert!(matches!(store.assign("2", Role::Manager), Err(RosterRejection::Port(_))));
}

//! [`RosterStore`] and [`AuditLog`], and the changes of staff that are written with their entries.

use domain_core::idempotency::Recorded;
use domain_core::port::Written;
use domain_core::resource::CommandLog as _;
use domain_core::time::Time;
use domain_loyalty::{Activation, ProgramStore as _};
use domain_staff::{
    AUDIT_PAGE_MAX, AUDIT_RETENTION_MS, Act, Actor, AuditCursor, AuditEntry, AuditLog, Role,
    Roster, RosterStore, StaffAct,
};
use origin_adapters::table::SharedTable;
use origin_adapters::{CommandLogRepository, ProgramRepository, StaffRepository};

use super::sample::{MORNING, PROGRAM, id, record};

/// Staff, and what they change.
pub(crate) struct Shop {
    staff: StaffRepository,
    programs: ProgramRepository,
    commands: CommandLogRepository,
}

impl Shop {
    pub(crate) fn new(table: &SharedTable) -> Self {
        Self {
            staff: StaffRepository::new(table),
            programs: ProgramRepository::new(table),
            commands: CommandLogRepository::new(table),
        }
    }

    async fn log(&self) -> Vec<AuditEntry> {
        self.staff.entries(None, MORNING).await.unwrap()
    }
}

fn act(act: Act, at: Time) -> StaffAct {
    StaffAct { actor: Actor::Person { id: "42".to_owned(), role: Role::Owner }, act, at }
}

fn entry(at: Time, subject: &str) -> AuditEntry {
    act(Act::ChangeRoles, at).entry(subject, "support to manager")
}

fn roster(version: u64, role: Role) -> Roster {
    Roster { version, persons: [("42".to_owned(), role)].into() }
}

pub(crate) async fn a_roster_is_written_with_its_entry_or_not_at_all(shop: Shop) {
    let staff = &shop.staff;
    assert_eq!(staff.roster().await, Ok(None));
    let first = entry(MORNING, "staff/42");
    assert_eq!(staff.save(&roster(1, Role::Owner), &first).await, Ok(Written::Done));
    for version in [1, 3] {
        let late = entry(MORNING, "staff/43");
        let saved = staff.save(&roster(version, Role::Support), &late).await;
        assert_eq!(saved, Ok(Written::Conflict), "{version}");
    }
    assert_eq!(staff.roster().await, Ok(Some(roster(1, Role::Owner))));
    let second = entry(MORNING.plus_ms(1), "staff/42");
    assert_eq!(staff.save(&roster(2, Role::Owner), &second).await, Ok(Written::Done));
    assert_eq!(shop.log().await, [second, first]);
}

pub(crate) async fn entries_come_newest_first_in_pages(shop: Shop) {
    let count = AUDIT_PAGE_MAX as u64 + 3;
    let entry_of = |number| entry(MORNING.plus_ms(number), "staff/42");
    for number in 0..count {
        shop.staff.append(&entry_of(number)).await.unwrap();
        shop.staff.append(&entry_of(number)).await.unwrap();
    }
    let first = shop.log().await;
    let expected: Vec<_> = (3..count).rev().map(entry_of).collect();
    assert_eq!(first, expected);
    let next = first.last().unwrap().cursor();
    let last = shop.staff.entries(Some(&next), MORNING).await.unwrap();
    assert_eq!(last, [2, 1, 0].map(entry_of));
    let end = last[2].cursor();
    assert_eq!(shop.staff.entries(Some(&end), MORNING).await, Ok(vec![]));
}

pub(crate) async fn an_expired_entry_is_no_longer_shown(shop: Shop) {
    let entry = entry(MORNING, "staff/42");
    shop.staff.append(&entry).await.unwrap();
    let last = MORNING.plus_ms(AUDIT_RETENTION_MS);
    let at = async |now| shop.staff.entries(None, now).await.unwrap().len();
    assert_eq!((at(last).await, at(last.plus_ms(1)).await), (1, 0));
    let cursor = AuditCursor { at: Time(0), id: "00".repeat(8) };
    assert_eq!(shop.staff.entries(Some(&cursor), last).await, Ok(vec![]));
}

pub(crate) async fn an_activation_is_written_with_its_entry_or_not_at_all(shop: Shop) {
    let programs = shop.programs.on_behalf_of(act(Act::PublishProgram, MORNING));
    let activation = Activation { number: 1, version: 1, active_from: MORNING };
    let activated = programs.activate(&activation, Some(PROGRAM)).await;
    assert_eq!(activated, Ok(Written::Done));
    let later = shop.programs.on_behalf_of(act(Act::PublishProgram, MORNING.plus_ms(1)));
    assert_eq!(later.activate(&activation, Some(PROGRAM)).await, Ok(Written::Conflict));
    let expected = act(Act::PublishProgram, MORNING).entry("loyalty/program/versions/1", "");
    assert_eq!(shop.log().await, [expected]);
}

pub(crate) async fn a_command_of_staff_is_recorded_once_with_one_entry(shop: Shop) {
    let act = |at| act(Act::AdjustPoints, at);
    let first = record(MORNING, "one");
    let log = shop.commands.on_behalf_of(act(MORNING), "50 points".to_owned());
    assert_eq!(log.record(&first).await, Ok(Recorded::First));
    let later = MORNING.plus_ms(1);
    let log = shop.commands.on_behalf_of(act(later), "50 points".to_owned());
    let repeated = log.record(&record(later, "one")).await;
    assert_eq!(repeated, Ok(Recorded::Existing(Box::new(first.clone()))));
    assert_eq!(shop.commands.find(id("one")).await, Ok(Some(first)));
    let subject = format!("cart/a/{}", id("one").to_hex());
    assert_eq!(shop.log().await, [act(MORNING).entry(&subject, "50 points")]);
}

//! Entries of the audit log and their places.

use domain_core::time::Time;
use domain_staff::{Act, Actor, AuditCursor, Role, SUBJECT_BYTES_MAX, StaffAct};

fn act(actor: Actor) -> StaffAct {
    StaffAct { actor, act: Act::PublishProducts, at: Time(7) }
}

#[test]
fn an_entry_says_who_did_what_and_when() {
    let person = Actor::Person { id: "42".to_owned(), role: Role::Developer };
    let entry = act(person).entry("configurators/bike/versions/3", "");
    assert_eq!((entry.at, entry.act.as_str()), (Time(7), "publish_products"));
    assert_eq!((entry.person.as_deref(), entry.role.as_deref()), (Some("42"), Some("developer")));
    let entry = act(Actor::Machine).entry("configurators/bike/versions/3", "");
    assert_eq!((entry.person, entry.role), (None, None));
}

#[test]
fn a_long_subject_is_cut_at_a_character() {
    let entry = act(Actor::Machine).entry(&"ä".repeat(200), &"x".repeat(300));
    assert_eq!((entry.subject.len(), entry.detail.len()), (SUBJECT_BYTES_MAX, SUBJECT_BYTES_MAX));
}

#[test]
fn other_entries_of_one_millisecond_have_other_places() {
    let one = act(Actor::Machine).entry("configurators/bike/versions/3", "");
    let other = act(Actor::Machine).entry("configurators/bike/versions/4", "");
    assert_ne!(one.cursor(), other.cursor());
    assert_eq!(one.cursor(), one.clone().cursor());
}

#[test]
fn a_cursor_reads_back_and_nothing_else_does() {
    let cursor = act(Actor::Machine).entry("x", "").cursor();
    assert_eq!(AuditCursor::parse(&cursor.to_string()), Some(cursor));
    let id = "0123456789abcdef";
    for bad in ["", "-", "7", "7-", &format!("-{id}"), &format!("+7-{id}"), &format!("7-{id}0")] {
        assert_eq!(AuditCursor::parse(bad), None, "{bad}");
    }
    assert_eq!(AuditCursor::parse(&format!("7-{}", id.to_uppercase())), None);
    assert_eq!(AuditCursor::parse(&format!("99999999999999999999-{id}")), None);
}

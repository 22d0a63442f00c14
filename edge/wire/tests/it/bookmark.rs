//! Bookmarks.

use edge_wire::bookmark::{
    BookmarkError, PAYLOAD_BYTES_MAX, PENDING_MAX, Payload, Pending, seal, verify,
};
use edge_wire::resource::Resource;
use proptest::prelude::*;

use crate::{NEW_KEY, OLD_KEY, ring, rotated};

fn cart() -> Resource {
    Resource::Cart("c-1".into())
}

fn payload(pending: usize) -> Payload {
    let command = |index: usize| {
        let mut id = [7; 16];
        id[0] = u8::try_from(index).unwrap();
        Pending { time: u64::MAX - 100 + index as u64, id }
    };
    Payload { floor: u64::MAX, pending: (0..pending).map(command).collect(), moment: u64::MAX }
}

#[test]
fn a_sealed_bookmark_opens_to_its_payload() {
    let keys = ring(OLD_KEY);
    let text = seal(&keys, &cart(), &payload(3));
    assert!(text.starts_with("b1.k1.Y2FydC9jLTE."));
    let sealed = verify(&keys, &text).unwrap();
    assert_eq!((sealed.text, &sealed.resource), (text.as_str(), &cart()));
    assert_eq!(sealed.open(), Ok(payload(3)));
    assert!(sealed.is_current());
}

#[test]
fn a_bookmark_of_the_old_key_verifies_and_is_not_current() {
    let text = seal(&ring(OLD_KEY), &cart(), &payload(0));
    let rotated = rotated();
    assert!(!verify(&rotated, &text).unwrap().is_current());
    assert_eq!(verify(&ring(NEW_KEY), &text), Err(BookmarkError::Unverified));
}

#[test]
fn sixty_pending_commands_fit_and_one_more_does_not_open() {
    let keys = ring(OLD_KEY);
    let full = seal(&keys, &Resource::Loyalty("1".repeat(19)), &payload(PENDING_MAX));
    let encoded = full.split('.').nth(3).unwrap().len();
    assert!(encoded * 3 / 4 <= PAYLOAD_BYTES_MAX, "{encoded}");
    assert_eq!(verify(&keys, &full).unwrap().open(), Ok(payload(PENDING_MAX)));
    let over = seal(&keys, &cart(), &payload(PENDING_MAX + 1));
    assert_eq!(verify(&keys, &over).and_then(|it| it.open()), Err(BookmarkError::Malformed));
}

#[test]
fn commands_out_of_order_do_not_open() {
    let keys = ring(OLD_KEY);
    let mut shuffled = payload(2);
    shuffled.pending.swap(0, 1);
    let text = seal(&keys, &cart(), &shuffled);
    assert_eq!(verify(&keys, &text).unwrap().open(), Err(BookmarkError::Malformed));
}

#[test]
fn a_bookmark_of_another_resource_or_payload_does_not_verify() {
    let keys = ring(OLD_KEY);
    let mine = seal(&keys, &cart(), &payload(1));
    let yours = seal(&keys, &Resource::Cart("c-2".into()), &payload(0));
    let parts = |text: &str| -> Vec<String> { text.split('.').map(str::to_owned).collect() };
    for part in [2, 3, 4] {
        let mut mixed = parts(&mine);
        mixed[part].clone_from(&parts(&yours)[part]);
        assert_eq!(verify(&keys, &mixed.join(".")), Err(BookmarkError::Unverified), "{part}");
    }
    for bad in ["", "b1", "b1.k1.a.b", "b2.k1.Y2FydC9jLTE.AA.AA", &format!("{mine}.")] {
        assert_eq!(verify(&keys, bad), Err(BookmarkError::Malformed), "{bad}");
    }
}

proptest! {
    #[test]
    fn equal_states_are_equal_bytes_and_come_back(
        floor in any::<u64>(), moment in any::<u64>(),
        pending in prop::collection::btree_set(any::<(u64, [u8; 16])>(), 0..8),
    ) {
        let pending = pending.into_iter().map(|(time, id)| Pending { time, id }).collect();
        let payload = Payload { floor, pending, moment };
        let keys = ring(OLD_KEY);
        let text = seal(&keys, &cart(), &payload);
        prop_assert_eq!(&seal(&keys, &cart(), &payload.clone()), &text);
        prop_assert_eq!(verify(&keys, &text).unwrap().open(), Ok(payload));
    }

    #[test]
    fn one_changed_byte_does_not_verify(
        at in any::<prop::sample::Index>(),
        byte in "[A-Za-z0-9._~-]",
    ) {
        let keys = ring(OLD_KEY);
        let text = seal(&keys, &cart(), &payload(1));
        let at = at.index(text.len());
        let mut forged = text.clone();
        forged.replace_range(at..=at, &byte);
        prop_assert_eq!(verify(&keys, &forged).is_ok(), forged == text);
    }

    #[test]
    fn no_text_panics(text in "(b1)?(\\.[k1\\PC]{0,20}){0,6}") {
        prop_assert!(verify(&ring(OLD_KEY), &text).is_err());
    }
}

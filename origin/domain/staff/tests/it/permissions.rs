//! The whole table of permissions. A change of the table changes this text, for its reviewer.

use domain_staff::{Act, Actor, PERMISSIONS, Role};
use strum::VariantArray as _;

const TABLE: &str = "\
act               machine owner manager support developer
view_products     yes     yes   yes     yes     yes
publish_products  yes     yes   yes     -       yes
view_program      yes     yes   yes     yes     yes
try_program       yes     yes   yes     -       yes
publish_program   yes     yes   yes     -       -
adjust_points     yes     yes   yes     yes     -
reconcile_orders  yes     yes   yes     -       -
import            yes     yes   yes     -       -
view_demands      yes     yes   yes     yes     -
download_exports  yes     yes   yes     -       -
install           yes     yes   yes     yes     yes
view_staff        yes     yes   yes     yes     yes
change_roles      yes     yes   -       -       -
view_audit        yes     yes   yes     -       -
view_health       yes     yes   yes     yes     yes
redrive           yes     yes   yes     -       yes
view_customers    yes     yes   yes     yes     -
revoke_tokens     yes     yes   yes     yes     -
";

fn line(first: &str, cells: impl Iterator<Item = &'static str>) -> String {
    let widths = [8, 6, 8, 8, 0];
    let cells: String = cells.zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
    format!("{}\n", format!("{first:18}{cells}").trim_end())
}

#[test]
fn the_table_of_permissions_is_this() {
    let persons = Role::VARIANTS.iter();
    let persons = persons.map(|role| Actor::Person { id: "42".to_owned(), role: *role });
    let actors: Vec<Actor> = std::iter::once(Actor::Machine).chain(persons).collect();
    let words = Role::VARIANTS.iter().map(|role| role.word());
    let mut table = line("act", std::iter::once("machine").chain(words));
    for act in Act::VARIANTS {
        let cells = actors.iter().map(|actor| if actor.may(*act) { "yes" } else { "-" });
        table.push_str(&line(act.word(), cells));
    }
    assert_eq!(table, TABLE, "\n{table}");
}

#[test]
fn every_act_has_one_row_and_the_owner_may_do_it() {
    let rows: Vec<Act> = PERMISSIONS.iter().map(|(act, _)| *act).collect();
    assert_eq!(rows, Act::VARIANTS);
    assert!(PERMISSIONS.iter().all(|(_, roles)| roles.contains(&Role::Owner)));
}

#[test]
fn every_role_has_a_word_that_reads_back() {
    for role in Role::VARIANTS {
        assert_eq!(Role::parse(role.word()), Some(*role));
    }
    for other in ["", "Owner", "admin", "owner "] {
        assert_eq!(Role::parse(other), None, "{other}");
    }
}

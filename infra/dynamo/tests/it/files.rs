//! Tables in a file: what survives, and what is said about a file that is of no use.

use infra_dynamo::Embedded;

use crate::tables::{HOT, client, create, get, item, put};

#[tokio::test(start_paused = true)]
async fn a_shop_started_again_finds_its_carts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tables.sqlite");
    {
        let tables = Embedded::open(&file).unwrap();
        let client = client(&tables);
        create(&client, HOT).await;
        put(&client, HOT, item("cart/1", 5)).await;
    }
    let client = client(&Embedded::open(&file).unwrap());
    assert_eq!(get(&client, HOT, "cart/1").await.unwrap(), item("cart/1", 5));
    let ttl = client.describe_time_to_live().table_name(HOT).send().await.unwrap();
    let ttl = ttl.time_to_live_description.unwrap();
    assert_eq!(ttl.attribute_name.unwrap(), "ttl");
}

/// What a killed process leaves behind is what was in the files at that moment.
#[tokio::test(start_paused = true)]
async fn a_shop_killed_after_an_answer_finds_what_it_answered() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tables.sqlite");
    let tables = Embedded::open(&file).unwrap();
    let running = client(&tables);
    create(&running, HOT).await;
    put(&running, HOT, item("cart/1", 5)).await;

    let remains = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let name = entry.unwrap().file_name();
        // The shared memory of the log belongs to the living.
        if !name.to_string_lossy().ends_with("-shm") {
            std::fs::copy(folder.path().join(&name), remains.path().join(&name)).unwrap();
        }
    }
    let again = client(&Embedded::open(remains.path().join("tables.sqlite")).unwrap());
    assert_eq!(get(&again, HOT, "cart/1").await.unwrap(), item("cart/1", 5));
}

fn complaint(file: &std::path::Path) -> String {
    let complaint = Embedded::open(file).unwrap_err().to_string();
    assert_eq!(complaint.lines().count(), 1);
    assert!(complaint.starts_with(&format!("cannot open the tables in {}: ", file.display())));
    complaint
}

#[test]
fn a_file_that_is_no_database_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tables.sqlite");
    std::fs::write(&file, "a shopping list\n".repeat(500)).unwrap();
    assert!(complaint(&file).contains("not a valid SQLite database"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "a shopping list\n".repeat(500));
}

#[tokio::test(start_paused = true)]
async fn a_file_whose_pages_are_overwritten_is_refused_at_opening() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tables.sqlite");
    {
        let tables = Embedded::open(&file).unwrap();
        create(&client(&tables), HOT).await;
    }
    let mut bytes = std::fs::read(&file).unwrap();
    // The first hundred bytes are the header: the file still looks like one of ours.
    bytes[100..].fill(0xa5);
    std::fs::write(&file, bytes).unwrap();
    assert!(complaint(&file).contains("malformed"));
}

#[test]
fn a_folder_is_not_a_file() {
    let folder = tempfile::tempdir().unwrap();
    assert!(complaint(folder.path()).contains("unable to open database file"));
}

#[test]
fn a_file_in_a_folder_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nowhere/tables.sqlite");
    assert!(complaint(&file).contains("unable to open database file"));
}

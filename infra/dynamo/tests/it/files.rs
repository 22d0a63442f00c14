//! Tables in a file: durability, and the errors of unusable files.

use infra_dynamo::Embedded;

use crate::tables::{HOT, client, create, get, item, put};

#[tokio::test(start_paused = true)]
async fn items_survive_a_restart() {
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

/// A killed process leaves the files as they were at that moment.
#[tokio::test(start_paused = true)]
async fn an_acknowledged_write_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tables.sqlite");
    let tables = Embedded::open(&file).unwrap();
    let running = client(&tables);
    create(&running, HOT).await;
    put(&running, HOT, item("cart/1", 5)).await;

    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let name = entry.unwrap().file_name();
        // The shared memory of the log belongs to the running process.
        if !name.to_string_lossy().ends_with("-shm") {
            std::fs::copy(folder.path().join(&name), copy.path().join(&name)).unwrap();
        }
    }
    let again = client(&Embedded::open(copy.path().join("tables.sqlite")).unwrap());
    assert_eq!(get(&again, HOT, "cart/1").await.unwrap(), item("cart/1", 5));
}

fn error_of(file: &std::path::Path) -> String {
    let error = Embedded::open(file).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 1);
    assert!(error.starts_with(&format!("cannot open the tables in {}: ", file.display())));
    error
}

#[test]
fn a_file_that_is_not_a_database_is_an_error_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tables.sqlite");
    std::fs::write(&file, "a shopping list\n".repeat(500)).unwrap();
    assert!(error_of(&file).contains("not a valid SQLite database"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "a shopping list\n".repeat(500));
}

#[tokio::test(start_paused = true)]
async fn a_file_with_overwritten_pages_is_an_error_at_opening() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tables.sqlite");
    {
        let tables = Embedded::open(&file).unwrap();
        create(&client(&tables), HOT).await;
    }
    let mut bytes = std::fs::read(&file).unwrap();
    // The first hundred bytes are the header: it stays valid.
    bytes[100..].fill(0xa5);
    std::fs::write(&file, bytes).unwrap();
    assert!(error_of(&file).contains("malformed"));
}

#[test]
fn a_folder_is_not_a_file() {
    let folder = tempfile::tempdir().unwrap();
    assert!(error_of(folder.path()).contains("unable to open database file"));
}

#[test]
fn a_file_in_a_missing_folder_is_not_created() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nowhere/tables.sqlite");
    assert!(error_of(&file).contains("unable to open database file"));
}

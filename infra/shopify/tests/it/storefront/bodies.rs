use serde_json::json;

use super::*;

const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn a_form_is_read_like_json() {
    let mut browser = Browser::new();
    let body = format!("items[0][id]={BIKE}&items[0][quantity]=2&items[0][properties][Print]=A+B");
    let (status, answer) = json_of(&browser.post_as("/cart/add.js", FORM, &body));
    assert_eq!((status, &answer["items"][0]["quantity"]), (200, &json!(2)));
    assert_eq!(answer["items"][0]["properties"], json!({ "Print": "A B" }));
    let body = format!("updates[{BIKE}]=3&attributes[gift]=yes&note=n%20m");
    let (status, cart) = json_of(&browser.post_as("/cart/update.js", FORM, &body));
    assert_eq!((status, &cart["item_count"], &cart["note"]), (200, &json!(3), &json!("n m")));
    assert_eq!(cart["attributes"], json!({ "gift": "yes" }));
    browser.post("/cart/add.js", json!({ "id": TEE }));
    // A cart page names all lines in order.
    let (_, cart) = json_of(&browser.post_as("/cart/update.js", FORM, "updates[]=2&updates[]=5"));
    assert_eq!((&cart["items"][0]["quantity"], &cart["item_count"]), (&json!(2), &json!(7)));
}

#[test]
fn items_of_a_form_keep_their_order_beyond_ten() {
    let mut browser = Browser::new();
    let items: Vec<String> = (0..11)
        .map(|number| format!("items[{number}][id]={BIKE}&items[{number}][properties][n]={number}"))
        .collect();
    let (_, answer) = json_of(&browser.post_as("/cart/add.js", FORM, &items.join("&")));
    assert_eq!(answer["items"][2]["properties"]["n"], "2");
    assert_eq!(answer["items"][10]["properties"]["n"], "10");
}

#[test]
fn empty_brackets_are_elements() {
    let mut browser = Browser::new();
    let body = format!("items[][id]={BIKE}&items[][quantity]=2&items[][id]={TEE}");
    assert_eq!(json_of(&browser.post_as("/cart/add.js", FORM, &body)).0, 200);
    assert_eq!(browser.lines(), [(TEE, 1), (BIKE, 2)]);
}

#[test]
fn form_data_of_a_browser_is_read() {
    let mut browser = Browser::new();
    let part = |name: &str, value: &str| {
        format!("--b1\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file = "--b1\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\
                Content-Type: text/plain\r\n\r\nfile\r\n";
    let body = [
        part("id", &TEE.to_string()),
        part("quantity", "2"),
        part("properties[Print]", "two\r\nlines"),
        file.to_owned(),
        "--b1--\r\n".to_owned(),
    ]
    .concat();
    let content_type = "multipart/form-data; boundary=b1";
    let (status, line) = json_of(&browser.post_as("/cart/add.js", content_type, &body));
    assert_eq!((status, &line["quantity"]), (200, &json!(2)));
    assert_eq!(line["properties"], json!({ "Print": "two\r\nlines" }));
    for body in ["--b1\r\nx", "", "--b1\r\n\r\n\r\nv\r\n--b1--"] {
        let answer = json_of(&browser.post_as("/cart/add.js", content_type, body));
        assert_eq!(answer.0, 400, "{body}");
    }
}

#[test]
fn a_body_that_cannot_be_read_says_why() {
    let mut browser = Browser::new();
    let table = [
        ("application/json", "[1]".to_owned(), 400, "The body is not a JSON object."),
        ("application/json", "{".to_owned(), 400, "The body is not a JSON object."),
        ("text/xml", "<a/>".to_owned(), 400, "The content type \"text/xml\" is not read."),
        (FORM, "a=&".repeat(10_001), 413, "The form has more than 10000 fields."),
        (
            FORM,
            format!("{}=1", "a[b][c][d][e][f][g][h][i]"),
            400,
            "The field \"a[b][c][d][e][f][g][h][i]\" is nested too deeply.",
        ),
        (FORM, "x".repeat(1_048_577), 413, "The body is longer than 1048576 bytes."),
    ];
    for (content_type, body, status, description) in table {
        let answer = json_of(&browser.post_as("/cart/add.js", content_type, &body));
        assert_eq!(error(&answer), (status, description));
    }
}

#[test]
fn fields_that_contradict_each_other_are_no_panic() {
    let mut browser = Browser::new();
    for body in ["id=1&id[a]=2", "id[a]=2&id=1", "[=1", "]=1", "a]b[=1", "a[=1", "=1", "[]=1"] {
        let answer = json_of(&browser.post_as("/cart/add.js", FORM, body));
        assert!([400, 404].contains(&answer.0), "{body}: {}", answer.0);
    }
}

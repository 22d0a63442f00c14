//! Which queries there are, and the one form each has.

use edge_wire::problem::Code;

use super::{TestCase, forwards, rejects};
use crate::fixture::{Viewer, get};

const RESOLUTION: &str = "/v1/configurator/bike/resolution";

pub(super) fn cases() -> Vec<TestCase> {
    let mut cases = Vec::new();
    cases.extend(canonical().map(|(name, query, form)| {
        let form = if form.is_empty() { RESOLUTION.into() } else { format!("{RESOLUTION}?{form}") };
        forwards(name, get(&format!("{RESOLUTION}?{query}")), &form)
    }));
    cases.extend(rejected().map(|(name, query, field)| {
        let request = get(&format!("{RESOLUTION}?{query}"));
        rejects(name, request, Code::ParameterInvalid).at_field(field)
    }));
    cases.extend(advice());
    cases.extend(bounds());
    cases.extend(personal());
    cases
}

fn canonical() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    [
        ("no selection", "", ""),
        ("one option", "frame=steel", "frame=steel"),
        ("options in order", "fork=air&frame=steel", "fork=air&frame=steel"),
        ("options out of order", "frame=steel&fork=air", "fork=air&frame=steel"),
        ("order is by bytes", "b=1&a=1&B=1&a-b=1&a.b=1", "B=1&a=1&a-b=1&a.b=1&b=1"),
        ("escaped letters", "%66rame=%73teel", "frame=steel"),
        ("empty pieces", "&frame=steel&&fork=air&", "fork=air&frame=steel"),
        ("a Google click", "gclid=Cj0KC&frame=steel&fbclid=IwAR", "frame=steel"),
        ("a campaign", "utm_source=mail&utm_campaign=%C3%A4&frame=steel", "frame=steel"),
        ("tracking twice", "utm_id=1&utm_id=2&frame=steel", "frame=steel"),
        ("tracking in disguise", "utm%5Fid=1&frame=steel", "frame=steel"),
        ("tracking alone", "gclid=1", ""),
        ("a set of options", "_only=frame,fork", "_only=fork,frame"),
        ("a set that repeats", "_only=frame,fork,frame", "_only=fork,frame"),
        (
            "a set with escaped commas",
            "_only=frame%2Cfork&frame=steel",
            "_only=fork,frame&frame=steel",
        ),
        ("values beginning with a digit", "wheel=28", "wheel=28"),
    ]
    .into_iter()
}

fn rejected() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    [
        ("an option twice", "frame=steel&frame=carbon", "query:frame"),
        ("an option twice with one value", "frame=steel&frame=steel", "query:frame"),
        ("an option twice in two spellings", "frame=steel&%66rame=carbon", "query:frame"),
        ("an unknown parameter of ours", "_callback=alert", "query:_callback"),
        ("a parameter of another route", "_by=price", "query:_by"),
        ("an option name that begins with a digit", "2frame=steel", "query:2frame"),
        ("an option name with a blank", "fra+me=steel", "query"),
        ("an option name in brackets", "frame[]=steel", "query"),
        ("a parameter without a name", "=steel", "query"),
        ("no value", "frame", "query:frame"),
        ("an empty value", "frame=", "query:frame"),
        ("a value with a blank", "frame=ste+el", "query:frame"),
        ("a value with a slash", "frame=..%2Fsteel", "query:frame"),
        ("a value that begins with an underscore", "frame=_steel", "query:frame"),
        ("a value with a semicolon", "frame=steel;fork=air", "query:frame"),
        ("a value with a line break", "frame=steel%0D%0Ax:y", "query:frame"),
        ("a value with a second equals sign", "frame=steel=air", "query:frame"),
        (
            "a value of 65 characters",
            concat!("frame=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            "query:frame",
        ),
        ("an empty set", "_only=", "query:_only"),
        ("a set with an empty member", "_only=frame,,fork", "query:_only"),
        ("a set with a semicolon", "_only=frame;fork", "query:_only"),
        ("a set with a control character", "_only=frame%00", "query:_only"),
        ("two sets", "_only=frame&_only=fork", "query:_only"),
        ("half an escape", "frame=%", "query"),
        ("an escape that is none", "frame=%zz", "query"),
        ("bytes that are not UTF-8", "frame=%FF", "query"),
        ("an overlong slash", "frame=%C0%AF", "query"),
        ("a name that may be a staff token", "dev-staff-token-0000000000000000=%20", "query"),
        ("a name that may be the start of a token", "c1.k1=steel&c1.k1=steel", "query"),
        ("a name that may be a token", "c1.k1.cart-1.AAAAAAAAAAAAAAAAAAAAAA=%20", "query"),
    ]
    .into_iter()
}

fn advice() -> impl Iterator<Item = TestCase> {
    const EXPLANATION: &str = "/v1/configurator/bike/explanation";
    const COMPLETION: &str = "/v1/configurator/bike/completion";
    let invalid = |name: &str, target: String, field: &str| {
        rejects(name, get(&target), Code::ParameterInvalid).at_field(field)
    };
    [
        forwards(
            "why not, with a selection",
            get(&format!("{EXPLANATION}?frame=carbon&_why=motor%3Amid&utm_id=1&fork=air")),
            &format!("{EXPLANATION}?_why=motor:mid&fork=air&frame=carbon"),
        ),
        forwards(
            "what is in stock",
            get(&format!("{RESOLUTION}?frame=steel&_in_stock=true&_only=size")),
            &format!("{RESOLUTION}?_in_stock=true&_only=size&frame=steel"),
        ),
        forwards(
            "why not of what is in stock",
            get(&format!("{EXPLANATION}?_why=motor:mid&_in_stock=true&frame=carbon")),
            &format!("{EXPLANATION}?_in_stock=true&_why=motor:mid&frame=carbon"),
        ),
        forwards(
            "a completion of what is in stock",
            get(&format!("{COMPLETION}?frame=carbon&_in_stock=true&_by=price")),
            &format!("{COMPLETION}?_by=price&_in_stock=true&frame=carbon"),
        ),
        forwards(
            "a completion by defaults",
            get(&format!("{COMPLETION}?frame=carbon&_by=defaults")),
            &format!("{COMPLETION}?_by=defaults&frame=carbon"),
        ),
        forwards("a saved selection", get("/v1/selections/0a1b"), "/v1/selections/0a1b"),
        invalid("why twice", format!("{EXPLANATION}?_why=a:b&_why=a:c"), "query:_why"),
        invalid("why with a line break", format!("{EXPLANATION}?_why=a:b%0A"), "query:_why"),
        invalid("a completion asked why", format!("{COMPLETION}?_why=a:b"), "query:_why"),
        invalid(
            "a saved selection with a parameter",
            "/v1/selections/0a1b?_by=price".to_owned(),
            "query:_by",
        ),
    ]
    .into_iter()
}

fn bounds() -> impl Iterator<Item = TestCase> {
    let options = |count: usize| -> String {
        let pairs: Vec<String> = (0..count).map(|at| format!("o{at:03}=v")).collect();
        format!("{RESOLUTION}?{}", pairs.join("&"))
    };
    let wide = format!("/v1/loyalty/entries?cursor={}", "+".repeat(2800));
    [
        forwards("400 options", get(&options(400)), &options(400)),
        rejects("401 options", get(&options(401)), Code::ParameterInvalid).at_field("query"),
        rejects("600 options", get(&options(600)), Code::ParameterInvalid).at_field("query"),
        rejects(
            "a query that is too long once escaped",
            get(&wide).customer("1001"),
            Code::ParameterInvalid,
        )
        .at_field("query"),
    ]
    .into_iter()
}

fn personal() -> impl Iterator<Item = TestCase> {
    let entries = |query: &str| get(&format!("/v1/loyalty/entries?{query}")).customer("1001");
    [
        forwards(
            "a page",
            entries("limit=10&cursor=a.b%2Fc"),
            "/v1/loyalty/entries?cursor=a.b%2Fc&limit=10",
        )
        .by_customer("1001"),
        forwards("a bare parameter", entries("limit"), "/v1/loyalty/entries?limit=")
            .by_customer("1001"),
        forwards(
            "a page, tracked",
            entries("utm_source=x&limit=10"),
            "/v1/loyalty/entries?limit=10",
        )
        .by_customer("1001"),
        rejects("a page twice", entries("limit=10&limit=20"), Code::ParameterInvalid)
            .at_field("query:limit"),
        rejects("a cloaked parameter", entries("limit=10;cursor=x"), Code::ParameterInvalid)
            .at_field("query:limit"),
        rejects("a cursor with a line break", entries("cursor=a%0Ab"), Code::ParameterInvalid)
            .at_field("query:cursor"),
        rejects("a parameter in capitals", entries("Limit=10"), Code::ParameterInvalid)
            .at_field("query:Limit"),
        rejects(
            "a parameter of nobody",
            get("/v1/cart?x=1").cart("cart-1"),
            Code::ParameterInvalid,
        )
        .at_field("query:x"),
        rejects("a cart token in a direct query", get("/v1/cart?cart=x"), Code::ParameterInvalid)
            .at_field("query:cart"),
        rejects("a query for the edge itself", get("/health?x=1"), Code::ParameterInvalid)
            .at_field("query:x"),
        forwards("an empty query", get("/v1/cart?").cart("cart-1"), "/v1/cart").by_cart("cart-1"),
    ]
    .into_iter()
}

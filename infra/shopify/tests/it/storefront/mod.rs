//! The storefront, as a browser sees it.

mod actions;
mod adding;
mod bodies;
mod cart_view;
mod changing;
mod checkout;
mod discounts;
mod links;
mod money;
mod pages;

use bytes::Bytes;
use http::{Request, Response};
use infra_shopify::storefront::{
    Catalogue, Currency, Customer, Customers, Discount, DiscountClass, DiscountValue, Discounts,
    QuantityRule, Shop, Storefront, Variant,
};
use serde_json::Value;

/// 2027-01-15T08:00:00Z.
const NOW_MS: u64 = 1_800_000_000_000;
const TEE: u64 = 875_309_424_069_134_920;
const BIKE: u64 = 44_000_000_000_000_001;
const GIFT_CARD: u64 = 45_000_000_000_000_001;
/// Sold out.
const CAP: u64 = 46;
/// In sixes, from 12 to 60.
const CRATE: u64 = 47;

struct Demo;

impl Catalogue for Demo {
    fn variant(&self, id: u64) -> Option<Variant> {
        self.first_variants(usize::MAX).into_iter().find(|variant| variant.id == id)
    }

    fn first_variants(&self, count: usize) -> Vec<Variant> {
        let tee = Variant {
            id: TEE,
            product_id: 8_788_032_119_674_292_922,
            product_title: "Tee".to_owned(),
            title: Some("White / XS".to_owned()),
            handle: "tee".to_owned(),
            sku: "TEE-WHI-XS".to_owned(),
            vendor: "Forecourt Demo".to_owned(),
            product_type: "Shirts".to_owned(),
            price: 1_995,
            stock: Some(5),
            requires_shipping: true,
            taxable: true,
            grams: 180,
            options: vec![
                ("Colour".to_owned(), "White".to_owned()),
                ("Size".to_owned(), "XS".to_owned()),
            ],
            ..Variant::default()
        };
        let bike = Variant {
            id: BIKE,
            product_id: 2,
            product_title: "Bike <b>".to_owned(),
            price: 129_900,
            requires_shipping: true,
            ..Variant::default()
        };
        let gift_card = Variant {
            id: GIFT_CARD,
            product_id: 3,
            product_title: "Gift card".to_owned(),
            price: 5_000,
            gift_card: true,
            ..Variant::default()
        };
        let cap =
            Variant { id: CAP, product_title: "Cap".to_owned(), stock: Some(0), ..tee.clone() };
        let rule = QuantityRule { minimum: 12, maximum: Some(60), increment: 6 };
        let crates = Variant { id: CRATE, product_id: 5, quantity_rule: rule, ..bike.clone() };
        [tee, bike, gift_card, cap, crates].into_iter().take(count).collect()
    }
}

impl Customers for Demo {
    fn by_id(&self, id: u64) -> Option<Customer> {
        (id == 1001).then(|| Customer {
            id,
            email: "ada@example.com".to_owned(),
            first_name: "Ada".to_owned(),
            last_name: "Example".to_owned(),
            tags: vec!["member".to_owned(), "newsletter".to_owned()],
        })
    }

    fn by_email(&self, email: &str) -> Option<Customer> {
        match email.to_lowercase().as_str() {
            "ada@example.com" => self.by_id(1001),
            "guest@example.com" => {
                Some(Customer { id: 1002, email: email.to_owned(), ..Customer::default() })
            }
            _ => None,
        }
    }
}

impl Discounts for Demo {
    fn usable(&self, code: &str, customer: Option<u64>, now_ms: u64) -> Option<Discount> {
        let discount = |value, class| Discount {
            code: code.to_uppercase(),
            value,
            class,
            products: None,
            variants: Default::default(),
            minimum_subtotal: 0,
            minimum_quantity: 0,
            combines_with_product: false,
            combines_with_order: false,
        };
        let ten = DiscountValue::Percentage(1_000);
        match code.to_uppercase().as_str() {
            "RIDE10" => Some(discount(ten, DiscountClass::Order)),
            "FIVE" => Some(Discount {
                combines_with_product: true,
                ..discount(DiscountValue::Fixed(500), DiscountClass::Order)
            }),
            "TEES" => Some(Discount {
                products: Some([8_788_032_119_674_292_922].into()),
                combines_with_order: true,
                ..discount(DiscountValue::Percentage(2_550), DiscountClass::Product)
            }),
            "BIG" => {
                Some(Discount { minimum_subtotal: 10_000, ..discount(ten, DiscountClass::Order) })
            }
            "ADA" if customer == Some(1001) => Some(discount(ten, DiscountClass::Order)),
            "EARLY" if now_ms < NOW_MS => Some(discount(ten, DiscountClass::Order)),
            _ => None,
        }
    }
}

/// A browser with its cookies.
struct Browser {
    storefront: Storefront,
    cookies: Vec<(String, String)>,
    currency: Currency,
}

impl Browser {
    fn new() -> Self {
        Self::paying_in("EUR")
    }

    fn paying_in(currency: &str) -> Self {
        let currency = Currency::of(currency).unwrap();
        Self { storefront: Storefront::new(7), cookies: Vec::new(), currency }
    }

    fn shop(&self) -> Shop<'static> {
        Shop { catalogue: &Demo, customers: &Demo, discounts: &Demo, currency: self.currency }
    }

    fn send(&mut self, mut request: Request<Bytes>) -> Response<Bytes> {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        let shop = self.shop();
        let response = self.storefront.handle(&request, &shop, NOW_MS);
        for cookie in response.headers().get_all("set-cookie") {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(one, _)| one != name);
            if !attributes.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        response
    }

    fn get(&mut self, path: &str) -> Response<Bytes> {
        self.send(Request::get(path).body(Bytes::new()).unwrap())
    }

    fn post_as(&mut self, path: &str, content_type: &str, body: &str) -> Response<Bytes> {
        let request = Request::post(path).header("content-type", content_type);
        self.send(request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap())
    }

    /// Posts JSON; the status and the answer.
    fn post(&mut self, path: &str, body: Value) -> (u16, Value) {
        json_of(&self.post_as(path, "application/json", &body.to_string()))
    }

    fn cart(&mut self) -> Value {
        let (status, cart) = json_of(&self.get("/cart.js"));
        assert_eq!(status, 200);
        cart
    }

    /// Ids and quantities of the lines.
    fn lines(&mut self) -> Vec<(u64, u64)> {
        let cart = self.cart();
        let line =
            |line: &Value| (line["id"].as_u64().unwrap(), line["quantity"].as_u64().unwrap());
        cart["items"].as_array().unwrap().iter().map(line).collect()
    }
}

fn json_of(response: &Response<Bytes>) -> (u16, Value) {
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

/// The status and description of an error.
fn error(answer: &(u16, Value)) -> (u16, &str) {
    assert_eq!(answer.1["status"], answer.0);
    assert!(answer.1["message"].is_string());
    (answer.0, answer.1["description"].as_str().unwrap())
}

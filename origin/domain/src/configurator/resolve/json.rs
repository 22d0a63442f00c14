//! A resolution as JSON, written straight: an industrial product's is 40 KB, and a serialiser that
//! looks for something to escape in every id takes twice the time. Ids have nothing to escape.

use super::resolution::{Found, PriceRange, Resolution, State};

/// Bytes a value takes at least; room for them is made at once.
const VALUE_BYTES: usize = 64;

// === impl Resolution ===

impl Resolution<'_> {
    /// The JSON of the contract, with the version under which the product was published. The same
    /// as serialising, with the version after the product.
    #[must_use]
    pub fn to_json(&self, version: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(1_024 + self.found.len() * VALUE_BYTES);
        out.extend_from_slice(b"{\"product\":\"");
        text(&mut out, self.configurator.product().id());
        out.extend_from_slice(b"\",\"version\":");
        escaped(&mut out, &version);
        out.extend_from_slice(b",\"selection\":");
        escaped(&mut out, &self.selection);
        out.extend_from_slice(b",\"consistent\":");
        boolean(&mut out, self.is_consistent());
        out.extend_from_slice(b",\"complete\":");
        boolean(&mut out, self.is_complete());
        out.extend_from_slice(b",\"configurations\":\"");
        text(&mut out, &self.configurations().to_string());
        out.extend_from_slice(b"\",\"price\":");
        price(&mut out, self.price());
        out.extend_from_slice(b",\"variant\":");
        escaped(&mut out, &self.named_variant());
        out.extend_from_slice(b",\"options\":[");
        self.options_to_json(&mut out);
        out.extend_from_slice(b"]}");
        out
    }

    fn options_to_json(&self, out: &mut Vec<u8>) {
        let mut found = self.found.iter();
        for (at, option) in self.options.iter().enumerate() {
            let option = &self.configurator.product().options()[usize::from(*option)];
            separate(out, at);
            out.extend_from_slice(b"{\"id\":\"");
            text(out, option.id.as_str());
            out.extend_from_slice(b"\",\"values\":[");
            for (at, (value, found)) in option.values.iter().zip(&mut found).enumerate() {
                separate(out, at);
                out.extend_from_slice(b"{\"id\":\"");
                text(out, value.id.as_str());
                out.extend_from_slice(b"\",\"state\":\"");
                text(out, found.state.name());
                out.extend_from_slice(b"\",\"price\":");
                price(out, found.price);
                out.extend_from_slice(b",\"changes\":");
                self.changes_to_json(out, found);
                out.push(b'}');
            }
            out.extend_from_slice(b"]}");
        }
    }

    fn changes_to_json(&self, out: &mut Vec<u8>, found: &Found) {
        if found.state != State::Alternative {
            out.extend_from_slice(b"null");
            return;
        }
        out.push(b'{');
        for (at, (option, value)) in self.changes_of(found).enumerate() {
            separate(out, at);
            out.push(b'"');
            text(out, option);
            out.extend_from_slice(b"\":\"");
            text(out, value);
            out.push(b'"');
        }
        out.push(b'}');
    }
}

fn separate(out: &mut Vec<u8>, at: usize) {
    if at > 0 {
        out.push(b',');
    }
}

/// A text with nothing to escape.
fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

fn escaped(out: &mut Vec<u8>, value: &impl serde::Serialize) {
    serde_json::to_writer(out, value).expect("a vector takes everything, and keys are texts");
}

fn boolean(out: &mut Vec<u8>, value: bool) {
    text(out, if value { "true" } else { "false" });
}

fn price(out: &mut Vec<u8>, price: Option<PriceRange>) {
    let Some(price) = price else {
        out.extend_from_slice(b"null");
        return;
    };
    out.extend_from_slice(b"{\"min\":");
    integer(out, price.min.0);
    out.extend_from_slice(b",\"max\":");
    integer(out, price.max.0);
    out.push(b'}');
}

fn integer(out: &mut Vec<u8>, number: i64) {
    /// Digits of the longest.
    const DIGITS: usize = 20;
    let mut digits = [0; DIGITS];
    let mut at = DIGITS;
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(rest % 10).expect("a digit");
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

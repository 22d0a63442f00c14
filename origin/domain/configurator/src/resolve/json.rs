//! Resolutions as JSON, written without a serialiser: that of an industrial product has 40 KB,
//! mostly the same every time. The constant parts are formatted once, when the product is compiled
//! or loaded.

use std::ops::Range;

use super::resolution::{PriceRange, Resolution, State, ValueResult};
use crate::diagram::Lists;
use crate::product::Product;

/// Average bytes of a value, to allocate the buffer at once.
const VALUE_BYTES: usize = 128;

/// The fragments of a resolution's JSON that depend on the product alone. Ids need no escaping.
#[derive(Debug)]
pub(crate) struct JsonFragments {
    /// For each option, the beginning of its answer, and the number of its first value.
    options: Lists<u8>,
    first_values: Vec<u32>,
    /// For each value, the beginning of its answer, and the pair that chooses it.
    values: Lists<u8>,
    choices: Lists<u8>,
}

// === impl JsonFragments ===

impl JsonFragments {
    pub(crate) fn of(product: &Product) -> Self {
        let mut first_values = Vec::with_capacity(product.options.len());
        let (mut values, mut choices) = (Vec::new(), Vec::new());
        for option in &product.options {
            first_values.push(u32::try_from(values.len()).expect("values are bounded"));
            for value in &option.values {
                let (option, value) = (&option.id, &value.id);
                values.push(format!("{{\"id\":\"{value}\",\"state\":\"").into_bytes());
                choices.push(format!("\"{option}\":\"{value}\"").into_bytes());
            }
        }
        let head = |id: &_| format!("{{\"id\":\"{id}\",\"values\":[").into_bytes();
        Self {
            options: product.options.iter().map(|option| head(&option.id)).collect(),
            first_values,
            values: values.into_iter().collect(),
            choices: choices.into_iter().collect(),
        }
    }
}

// === impl Resolution ===

impl Resolution<'_> {
    /// The JSON of the contract, with the published version of the product, which the configurator
    /// does not know.
    #[must_use]
    pub fn to_json(&self, version: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(1_024 + self.results.len() * VALUE_BYTES);
        out.extend_from_slice(b"{\"product\":");
        serialised(&mut out, &self.configurator.product().id());
        out.extend_from_slice(b",\"version\":");
        serialised(&mut out, &version);
        out.extend_from_slice(b",\"selection\":");
        serialised(&mut out, &self.selection);
        out.extend_from_slice(b",\"consistent\":");
        serialised(&mut out, &self.is_consistent());
        out.extend_from_slice(b",\"complete\":");
        serialised(&mut out, &self.is_complete);
        out.extend_from_slice(b",\"configurations\":");
        serialised(&mut out, &self.configurations.to_string());
        out.extend_from_slice(b",\"price\":");
        serialised(&mut out, &self.price);
        out.extend_from_slice(b",\"variant\":");
        serialised(&mut out, &self.variant_summary());
        out.extend_from_slice(b",\"options\":[");
        self.options_to_json(&mut out);
        out.extend_from_slice(b"]}");
        out
    }

    fn options_to_json(&self, out: &mut Vec<u8>) {
        let fragments = self.configurator.fragments();
        let mut results = self.results.iter();
        for (at, option) in self.options.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(fragments.options.get(u32::from(*option)));
            let values = &self.configurator.product().options()[usize::from(*option)].values;
            let first = fragments.first_values[usize::from(*option)];
            for (number, result) in (first..).zip(results.by_ref().take(values.len())) {
                if number > first {
                    out.push(b',');
                }
                out.extend_from_slice(fragments.values.get(number));
                self.result_to_json(out, fragments, result);
            }
            out.extend_from_slice(b"]}");
        }
    }

    /// Writes the result of a value, from the text of its state on.
    fn result_to_json(&self, out: &mut Vec<u8>, fragments: &JsonFragments, result: &ValueResult) {
        match result.state {
            State::Selected | State::Available => {
                out.extend_from_slice(result.state.name().as_bytes());
                out.extend_from_slice(b"\",\"price\":");
                match &result.price {
                    Some(price) => price_to_json(out, price),
                    None => out.extend_from_slice(b"null"),
                }
                out.extend_from_slice(b",\"changes\":null}");
            }
            State::Impossible => {
                out.extend_from_slice(b"impossible\",\"price\":null,\"changes\":null}");
            }
            State::Alternative => {
                out.extend_from_slice(b"alternative\",\"price\":null,\"changes\":{");
                let Range { start, end } = result.changes;
                let changes = &self.changes[start as usize..end as usize];
                for (at, (option, value)) in changes.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    let first = fragments.first_values[usize::from(*option)];
                    out.extend_from_slice(fragments.choices.get(first + u32::from(*value)));
                }
                out.extend_from_slice(b"}}");
            }
        }
    }
}

fn serialised(out: &mut Vec<u8>, value: &impl serde::Serialize) {
    serde_json::to_writer(out, value).expect("writing to a vector cannot fail, and keys are texts");
}

fn price_to_json(out: &mut Vec<u8>, price: &PriceRange) {
    let mut digits = itoa::Buffer::new();
    out.extend_from_slice(b"{\"min\":");
    out.extend_from_slice(digits.format(price.min.0).as_bytes());
    out.extend_from_slice(b",\"max\":");
    out.extend_from_slice(digits.format(price.max.0).as_bytes());
    out.push(b'}');
}

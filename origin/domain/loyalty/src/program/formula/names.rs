//! The names an expression may use, and the kind of each.

use super::tree::{LineNumber, LineText, NumberField, TextField, TextsField};

/// The records that an expression may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// The customer's figures only, for the formula of tiers.
    Figures,
    /// The order and its customer.
    Order,
    /// One line of the order as well.
    Line,
}

/// A field of `order` or `customer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Number(NumberField),
    Text(TextField),
    Texts(TextsField),
    Lines,
}

/// A field of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineField {
    Number(LineNumber),
    Text(LineText),
    IsGiftCard,
}

pub(super) const ORDER: &str = "order";
pub(super) const CUSTOMER: &str = "customer";
pub(super) const LINE: &str = "line";

/// The fields of an order.
pub(super) const ORDER_FIELDS: &[(&str, Field)] = &[
    ("amount", Field::Number(NumberField::OrderAmount)),
    ("quantity", Field::Number(NumberField::OrderQuantity)),
    ("lines", Field::Lines),
    ("source", Field::Text(TextField::OrderSource)),
    ("discount_codes", Field::Texts(TextsField::OrderDiscountCodes)),
    ("date", Field::Text(TextField::OrderDate)),
    ("month", Field::Text(TextField::OrderMonth)),
    ("weekday", Field::Number(NumberField::OrderWeekday)),
];

/// The fields of a customer.
pub(super) const CUSTOMER_FIELDS: &[(&str, Field)] = &[
    ("points", Field::Number(NumberField::CustomerPoints)),
    ("spend", Field::Number(NumberField::CustomerSpend)),
    ("orders", Field::Number(NumberField::CustomerOrders)),
    ("tags", Field::Texts(TextsField::CustomerTags)),
    ("tier", Field::Text(TextField::CustomerTier)),
];

/// How many of [`CUSTOMER_FIELDS`] are figures; the rest need an order.
const FIGURES: usize = 3;

/// The fields of a line.
pub(super) const LINE_FIELDS: &[(&str, LineField)] = &[
    ("amount", LineField::Number(LineNumber::Amount)),
    ("quantity", LineField::Number(LineNumber::Quantity)),
    ("id", LineField::Text(LineText::Id)),
    ("product", LineField::Text(LineText::Product)),
    ("variant", LineField::Text(LineText::Variant)),
    ("sku", LineField::Text(LineText::Sku)),
    ("vendor", LineField::Text(LineText::Vendor)),
    ("gift_card", LineField::IsGiftCard),
];

// === impl View ===

impl View {
    /// The records that have a name here.
    pub(super) fn records(self) -> &'static [&'static str] {
        match self {
            Self::Figures => &[CUSTOMER],
            Self::Order => &[ORDER, CUSTOMER],
            Self::Line => &[LINE, ORDER, CUSTOMER],
        }
    }

    /// The fields of a customer here.
    pub(super) fn customer_fields(self) -> &'static [(&'static str, Field)] {
        match self {
            Self::Figures => &CUSTOMER_FIELDS[..FIGURES],
            Self::Order | Self::Line => CUSTOMER_FIELDS,
        }
    }
}

/// The field of a name, or all known names.
pub(super) fn field_of<T: Copy>(fields: &[(&str, T)], name: &str) -> Result<T, String> {
    let field = fields.iter().find(|(known, _)| *known == name);
    field.map(|(_, field)| *field).ok_or_else(|| {
        let known: Vec<&str> = fields.iter().map(|(known, _)| *known).collect();
        known.join(", ")
    })
}

//! Expressions after checking: every node knows its kind, so evaluation has no type errors.

/// A condition that has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub(super) tree: Truth,
    pub(super) names_line: bool,
}

/// A formula that has been checked. Its value is a whole number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formula {
    pub(super) tree: Number,
}

/// Most loops inside each other, and the line that a rule is about. Three are unreadable.
pub(super) const SLOTS_MAX: usize = 3;

/// Index of a line or text in scope: the line of the rule is 0, then one per loop.
pub(super) type Slot = usize;

/// A whole number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Number {
    Literal(i64),
    Field(NumberField),
    OfLine(Slot, LineNumber),
    Negative(Box<Number>),
    Arithmetic(Arithmetic, Box<Number>, Box<Number>),
    If(Box<Truth>, Box<Number>, Box<Number>),
    Least(Vec<Number>),
    Greatest(Vec<Number>),
    /// In characters.
    Length(Text),
    HowMany(Texts),
    Count(Lines),
    Sum(Lines, Slot, Box<Number>),
}

/// True or false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Truth {
    Literal(bool),
    IsGiftCard(Slot),
    Not(Box<Truth>),
    And(Box<Truth>, Box<Truth>),
    Or(Box<Truth>, Box<Truth>),
    If(Box<Truth>, Box<Truth>, Box<Truth>),
    Same(Box<Truth>, Box<Truth>),
    Numbers(Comparison, Number, Number),
    Texts(Comparison, Text, Text),
    Match(Match, Text, Text),
    NumberIn(Number, Vec<Number>),
    TextIn(Text, Texts),
    OverLines(Quantifier, Lines, Slot, Box<Truth>),
    OverTexts(Quantifier, Texts, Slot, Box<Truth>),
}

/// A text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Text {
    Literal(String),
    Field(TextField),
    OfLine(Slot, LineText),
    Each(Slot),
    Joined(Box<Text>, Box<Text>),
    If(Box<Truth>, Box<Text>, Box<Text>),
}

/// A list of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Texts {
    Field(TextsField),
    Literal(Vec<Text>),
}

/// The lines of the order for which all of these are true.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lines {
    pub(super) filters: Vec<(Slot, Truth)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberField {
    OrderAmount,
    OrderQuantity,
    OrderWeekday,
    CustomerPoints,
    CustomerSpend,
    CustomerOrders,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextField {
    OrderSource,
    OrderDate,
    OrderMonth,
    CustomerTier,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextsField {
    OrderDiscountCodes,
    CustomerTags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineNumber {
    Amount,
    Quantity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineText {
    Id,
    Product,
    Variant,
    Sku,
    Vendor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    /// Towards zero.
    Divide,
    Remainder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantifier {
    All,
    Exists,
    ExistsOne,
}

// === impl Condition ===

impl Condition {
    /// Whether it names a line; otherwise it is the same for every line of an order.
    pub(crate) fn names_line(&self) -> bool {
        self.names_line
    }
}

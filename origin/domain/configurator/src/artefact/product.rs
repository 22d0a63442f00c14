//! Encoding of a product: options and values by index, tables by column.

use domain_core::money::Money;

use super::pack::{Malformed, Reader, Writer};
use crate::authoring::{AMOUNT_MAX, NESTING_MAX, OPTIONS_MAX, PRICE_RULES_MAX};
use crate::ids::{OptionId, ValueId};
use crate::product::{
    Condition, Expression, OneOf, OptionValue, PriceRule, Product, ProductOption, Rule, RuleKind,
    Table, Variant,
};
use crate::selection::Selection;

/// The number of values of each option, against which indices are checked.
struct ValueCounts(Vec<u16>);

pub(super) fn write(out: &mut Writer, product: &Product) {
    out.text(&product.id);
    out.text(&product.title);
    out.text(&product.currency);
    out.signed(product.base_price.0);
    out.list(&product.options, |out, option| {
        out.text(option.id.as_str());
        out.text(&option.title);
        out.number(option.default);
        out.list(&option.values, |out, value| {
            out.text(value.id.as_str());
            out.text(&value.title);
            out.signed(value.price.0);
        });
    });
    out.list(&product.rules, write_rule);
    out.list(&product.price_rules, |out, rule| {
        write_condition(out, &rule.condition);
        out.signed(rule.add.0);
    });
    out.list(&product.variants, |out, variant| {
        out.text(&variant.sku);
        out.text(&variant.variant_id);
        out.option(variant.price, |out, price| out.signed(price.0));
        out.number(u8::from(variant.available));
        out.list(&variant.choices, |out, (option, value)| {
            out.number(*option);
            out.number(*value);
        });
    });
}

pub(super) fn read(input: &mut Reader<'_>) -> Result<Product, Malformed> {
    let id = input.text()?.to_owned();
    let title = input.text()?.to_owned();
    let currency = input.text()?.to_owned();
    let base_price = amount(input)?;
    let options = input.list(read_option)?;
    let count = |option: &ProductOption| u16::try_from(option.values.len()).map_err(|_| Malformed);
    let counts = ValueCounts(options.iter().map(count).collect::<Result<_, _>>()?);
    if counts.0.is_empty() || counts.0.len() > OPTIONS_MAX {
        return Err(Malformed);
    }
    let rules = input.list(|input| counts.rule(input))?;
    let price_rules = input.list(|input| {
        let condition = counts.condition(input)?;
        Ok(PriceRule { condition, add: amount(input)? })
    })?;
    if price_rules.len() > PRICE_RULES_MAX {
        return Err(Malformed);
    }
    let variants = input.list(|input| counts.variant(input, &options))?;
    Ok(Product { id, title, currency, base_price, options, rules, price_rules, variants })
}

/// An amount within the bounds that keep every sum in range.
fn amount(input: &mut Reader<'_>) -> Result<Money, Malformed> {
    let amount = input.signed()?;
    if amount.unsigned_abs() <= AMOUNT_MAX.unsigned_abs() {
        Ok(Money(amount))
    } else {
        Err(Malformed)
    }
}

fn read_option(input: &mut Reader<'_>) -> Result<ProductOption, Malformed> {
    let id = OptionId::parse(input.text()?).ok_or(Malformed)?;
    let title = input.text()?.to_owned();
    let default: u16 = input.number()?;
    let values = input.list(|input| {
        let id = ValueId::parse(input.text()?).ok_or(Malformed)?;
        let title = input.text()?.to_owned();
        Ok(OptionValue { id, title, price: amount(input)? })
    })?;
    if usize::from(default) >= values.len() {
        return Err(Malformed);
    }
    Ok(ProductOption { id, title, values, default })
}

fn write_rule(out: &mut Writer, rule: &Rule) {
    out.text(&rule.id);
    out.option(rule.message.as_deref(), Writer::text);
    match &rule.kind {
        RuleKind::Requires { condition, consequence } => {
            out.number(0_u8);
            write_condition(out, condition);
            write_condition(out, consequence);
        }
        RuleKind::Excludes(conditions) => {
            out.number(1_u8);
            out.list(conditions, write_condition);
        }
        RuleKind::Allowed(table) => {
            out.number(2_u8);
            write_table(out, table);
        }
        RuleKind::Forbidden(table) => {
            out.number(3_u8);
            write_table(out, table);
        }
        RuleKind::Assert(expression) => {
            out.number(4_u8);
            write_expression(out, expression);
        }
    }
}

fn write_condition(out: &mut Writer, condition: &Condition) {
    out.list(&condition.0, |out, part| {
        out.number(part.option);
        out.list(&part.values, |out, value| out.number(*value));
    });
}

/// The rows are sorted, so neighbouring cells of a column are similar and compress well.
fn write_table(out: &mut Writer, table: &Table) {
    out.list(&table.options, |out, option| out.number(*option));
    out.length(table.rows().len());
    for column in 0..table.options.len() {
        for row in table.rows() {
            out.number(row[column]);
        }
    }
}

fn write_expression(out: &mut Writer, expression: &Expression) {
    match expression {
        Expression::Any(parts) => {
            out.number(0_u8);
            out.list(parts, write_expression);
        }
        Expression::All(parts) => {
            out.number(1_u8);
            out.list(parts, write_expression);
        }
        Expression::Not(part) => {
            out.number(2_u8);
            write_expression(out, part);
        }
        Expression::Is(condition) => {
            out.number(3_u8);
            write_condition(out, condition);
        }
    }
}

// === impl ValueCounts ===

impl ValueCounts {
    fn option(&self, input: &mut Reader<'_>) -> Result<u16, Malformed> {
        let option: u16 = input.number()?;
        if usize::from(option) < self.0.len() { Ok(option) } else { Err(Malformed) }
    }

    fn value(&self, input: &mut Reader<'_>, option: u16) -> Result<u16, Malformed> {
        let value = input.number()?;
        if value < self.0[usize::from(option)] { Ok(value) } else { Err(Malformed) }
    }

    fn rule(&self, input: &mut Reader<'_>) -> Result<Rule, Malformed> {
        let id = input.text()?.to_owned();
        let message = input.option(|input| Ok(input.text()?.to_owned()))?;
        let kind = match input.number()? {
            0_u8 => RuleKind::Requires {
                condition: self.condition(input)?,
                consequence: self.condition(input)?,
            },
            1 => RuleKind::Excludes(input.list(|input| self.condition(input))?),
            2 => RuleKind::Allowed(self.table(input)?),
            3 => RuleKind::Forbidden(self.table(input)?),
            4 => RuleKind::Assert(self.expression(input, NESTING_MAX)?),
            _ => return Err(Malformed),
        };
        Ok(Rule { id, message, kind })
    }

    fn condition(&self, input: &mut Reader<'_>) -> Result<Condition, Malformed> {
        let parts = input.list(|input| {
            let option = self.option(input)?;
            let values = input.list(|input| self.value(input, option))?;
            if values.is_sorted_by(|one, two| one < two) {
                Ok(OneOf { option, values })
            } else {
                Err(Malformed)
            }
        })?;
        let is_sorted = parts.is_sorted_by(|one, two| one.option < two.option);
        if is_sorted { Ok(Condition(parts)) } else { Err(Malformed) }
    }

    fn table(&self, input: &mut Reader<'_>) -> Result<Table, Malformed> {
        let options = input.list(|input| self.option(input))?;
        let mut sorted = options.clone();
        sorted.sort_unstable();
        let is_repeated = sorted.windows(2).any(|pair| pair[0] == pair[1]);
        if options.is_empty() || is_repeated {
            return Err(Malformed);
        }
        let rows = input.length()?;
        let mut cells = vec![0; rows.checked_mul(options.len()).ok_or(Malformed)?];
        for (column, option) in options.iter().enumerate() {
            for row in 0..rows {
                cells[row * options.len() + column] = self.value(input, *option)?;
            }
        }
        let is_sorted = cells.chunks_exact(options.len()).is_sorted_by(|one, two| one < two);
        if is_sorted { Ok(Table { options, cells }) } else { Err(Malformed) }
    }

    fn expression(
        &self,
        input: &mut Reader<'_>,
        nesting_left: usize,
    ) -> Result<Expression, Malformed> {
        let nesting_left = nesting_left.checked_sub(1).ok_or(Malformed)?;
        match input.number()? {
            0_u8 => Ok(Expression::Any(input.list(|input| self.expression(input, nesting_left))?)),
            1 => Ok(Expression::All(input.list(|input| self.expression(input, nesting_left))?)),
            2 => Ok(Expression::Not(Box::new(self.expression(input, nesting_left)?))),
            3 => Ok(Expression::Is(self.condition(input)?)),
            _ => Err(Malformed),
        }
    }

    fn variant(
        &self,
        input: &mut Reader<'_>,
        options: &[ProductOption],
    ) -> Result<Variant, Malformed> {
        let sku = input.text()?.to_owned();
        let variant_id = input.text()?.to_owned();
        let price = input.option(amount)?;
        let available = match input.number()? {
            0_u8 => false,
            1 => true,
            _ => return Err(Malformed),
        };
        let choices = input.list(|input| {
            let option = self.option(input)?;
            Ok((option, self.value(input, option)?))
        })?;
        if !choices.is_sorted_by(|one, two| one.0 < two.0) {
            return Err(Malformed);
        }
        let named = |(option, value): &(u16, u16)| {
            let option = &options[usize::from(*option)];
            (option.id.clone(), option.values[usize::from(*value)].id.clone())
        };
        let selection = Selection(choices.iter().map(named).collect());
        Ok(Variant { selection, sku, variant_id, price, available, choices })
    }
}

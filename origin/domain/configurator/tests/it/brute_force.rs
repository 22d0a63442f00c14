//! Brute-force reference configurator: it reads the authoring JSON itself, tries every combination,
//! and shares no code with the real configurator.

use std::collections::BTreeMap;

use domain_configurator::Selection;
use serde_json::Value;

/// One value for each option, by position.
pub(crate) type Configuration = Vec<usize>;

/// A product with all its valid configurations and their prices.
pub(crate) struct BruteForce {
    pub(crate) options: Vec<(String, Vec<String>)>,
    pub(crate) valid: Vec<(Configuration, i64)>,
}

/// A partial selection: the chosen value of each option, by position.
pub(crate) type Chosen = Vec<Option<usize>>;

impl BruteForce {
    pub(crate) fn of(document: &Value) -> Self {
        let mut this = Self { options: Self::options_of(document), valid: Vec::new() };
        let mut configuration = vec![0; this.options.len()];
        loop {
            if items(&document["rules"]).all(|rule| this.satisfies(rule, &configuration)) {
                let price = this.price(document, &configuration);
                this.valid.push((configuration.clone(), price));
            }
            // Counts up, the last option fastest.
            let Some(at) = (0..configuration.len())
                .rev()
                .find(|at| configuration[*at] + 1 < this.options[*at].1.len())
            else {
                return this;
            };
            configuration[at] += 1;
            configuration[at + 1..].fill(0);
        }
    }

    /// Whether all rules hold for one complete selection.
    pub(crate) fn allows(document: &Value, selection: &Selection) -> bool {
        let this = Self { options: Self::options_of(document), valid: Vec::new() };
        let configuration: Option<Configuration> = this.positions(selection).into_iter().collect();
        let configuration = configuration.expect("a complete selection");
        items(&document["rules"]).all(|rule| this.satisfies(rule, &configuration))
    }

    /// As [`Self::of`], by plain backtracking: a branch ends where a rule about the options decided
    /// so far is violated. `None` if more than `valid_max` configurations are valid.
    pub(crate) fn by_backtracking(document: &Value, valid_max: usize) -> Option<Self> {
        let mut this = Self { options: Self::options_of(document), valid: Vec::new() };
        let rules = items(&document["rules"]).map(|rule| {
            let text = rule.to_string();
            let names = |(id, _): &(String, Vec<String>)| text.contains(&format!("\"{id}\""));
            (this.options.iter().rposition(names).unwrap_or(0), rule)
        });
        let rules: Vec<(usize, &Value)> = rules.collect();
        let mut configuration = vec![0; this.options.len()];
        let is_whole = this.search(document, &rules, &mut configuration, (0, valid_max));
        is_whole.then_some(this)
    }

    fn search(
        &mut self,
        document: &Value,
        rules: &[(usize, &Value)],
        configuration: &mut Configuration,
        (at, valid_max): (usize, usize),
    ) -> bool {
        if at == self.options.len() {
            let price = self.price(document, configuration);
            self.valid.push((configuration.clone(), price));
            return self.valid.len() <= valid_max;
        }
        (0..self.options[at].1.len()).all(|value| {
            configuration[at] = value;
            let mut decided = rules.iter().filter(|(last, _)| *last == at);
            !decided.all(|(_, rule)| self.satisfies(rule, configuration))
                || self.search(document, rules, configuration, (at + 1, valid_max))
        })
    }

    fn options_of(document: &Value) -> Vec<(String, Vec<String>)> {
        let values = |option: &Value| items(&option["values"]).map(|v| text(&v["id"])).collect();
        items(&document["options"]).map(|option| (text(&option["id"]), values(option))).collect()
    }

    fn satisfies(&self, rule: &Value, configuration: &[usize]) -> bool {
        if let Some(body) = rule.get("requires") {
            return !self.holds(&body["if"], configuration)
                || self.holds(&body["then"], configuration);
        }
        if let Some(body) = rule.get("excludes") {
            return !items(body).all(|condition| self.holds(condition, configuration));
        }
        if let Some(body) = rule.get("allowed") {
            return self.is_in(body, configuration);
        }
        if let Some(body) = rule.get("forbidden") {
            return !self.is_in(body, configuration);
        }
        self.is_true(&rule["assert"], configuration)
    }

    fn is_true(&self, expression: &Value, configuration: &[usize]) -> bool {
        if let Some(parts) = expression.get("any") {
            return items(parts).any(|part| self.is_true(part, configuration));
        }
        if let Some(parts) = expression.get("all") {
            return items(parts).all(|part| self.is_true(part, configuration));
        }
        if let Some(part) = expression.get("not") {
            return !self.is_true(part, configuration);
        }
        self.holds(expression, configuration)
    }

    /// Whether a configuration meets a condition.
    pub(crate) fn holds(&self, condition: &Value, configuration: &[usize]) -> bool {
        condition.as_object().unwrap().iter().all(|(option, values)| {
            items(values).any(|value| text(value) == self.value(option, configuration))
        })
    }

    fn is_in(&self, table: &Value, configuration: &[usize]) -> bool {
        items(&table["tuples"]).any(|row| {
            items(&table["options"])
                .zip(items(row))
                .all(|(option, value)| text(value) == self.value(&text(option), configuration))
        })
    }

    fn value(&self, option: &str, configuration: &[usize]) -> &str {
        let at = self.options.iter().position(|(id, _)| id == option).unwrap();
        &self.options[at].1[configuration[at]]
    }

    fn price(&self, document: &Value, configuration: &[usize]) -> i64 {
        let values = items(&document["options"])
            .zip(configuration)
            .map(|(option, value)| option["values"][*value]["price"].as_i64().unwrap_or(0));
        let rules = items(&document["price_rules"])
            .filter(|rule| self.holds(&rule["if"], configuration))
            .map(|rule| rule["add"].as_i64().unwrap());
        document["base_price"].as_i64().unwrap() + values.sum::<i64>() + rules.sum::<i64>()
    }

    /// The number of choices, other than that of `except`, that a configuration does not have.
    pub(crate) fn changes(chosen: &Chosen, except: usize, configuration: &[usize]) -> usize {
        chosen
            .iter()
            .zip(configuration)
            .enumerate()
            .filter(|(at, (choice, value))| *at != except && choice.is_some_and(|c| c != **value))
            .count()
    }

    /// The valid configurations that have every choice.
    pub(crate) fn extending(&self, chosen: &Chosen) -> Vec<&(Configuration, i64)> {
        self.valid
            .iter()
            .filter(|(configuration, _)| Self::changes(chosen, usize::MAX, configuration) == 0)
            .collect()
    }

    /// A selection by position.
    pub(crate) fn positions(&self, selection: &Selection) -> Chosen {
        let position = |(id, values): &(String, Vec<String>)| {
            let value = selection.value_of(id)?;
            Some(values.iter().position(|id| id == value).unwrap())
        };
        self.options.iter().map(position).collect()
    }

    /// A selection as pairs of ids.
    pub(crate) fn named<'b>(&'b self, chosen: &'b Chosen) -> BTreeMap<&'b str, &'b str> {
        self.options
            .iter()
            .zip(chosen)
            .filter_map(|((id, values), choice)| Some((id.as_str(), values[(*choice)?].as_str())))
            .collect()
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

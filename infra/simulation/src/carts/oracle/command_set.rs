//! A set of commands by their numbers, as a bit set.

/// The commands that an answer shows or a state holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CommandSet(Vec<u64>);

// === impl CommandSet ===

impl CommandSet {
    pub(crate) fn insert(&mut self, number: usize) {
        let (word, bit) = (number / 64, number % 64);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << bit;
    }

    pub(crate) fn remove(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word &= !(1 << (number % 64));
        }
    }

    pub(crate) fn contains(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    /// The intersection with `other`.
    pub(crate) fn retain(&mut self, other: &Self) {
        self.0.truncate(other.0.len());
        for (word, mask) in self.0.iter_mut().zip(&other.0) {
            *word &= mask;
        }
    }

    /// The first command of `other` that is not here.
    pub(crate) fn first_missing(&self, other: &Self) -> Option<usize> {
        other.iter().find(|number| !self.contains(*number))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.0.len() * 64).filter(|number| self.contains(*number))
    }

    /// The commands that are not in `other`.
    pub(crate) fn without(&self, other: &Self) -> Self {
        self.iter().filter(|number| !other.contains(*number)).collect()
    }

    /// The union of both.
    pub(crate) fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.extend(other);
        both
    }
}

impl FromIterator<usize> for CommandSet {
    fn from_iter<I: IntoIterator<Item = usize>>(numbers: I) -> Self {
        let mut known = Self::default();
        numbers.into_iter().for_each(|number| known.insert(number));
        known
    }
}

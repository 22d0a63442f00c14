//! A selection by layers of the diagram: at most one value for each layer.

use crate::priced_diagram::PricedDiagram;

/// The chosen value of each layer that has one.
#[derive(Debug, Clone)]
pub(crate) struct Choices {
    by_layer: Vec<Option<u16>>,
    count: usize,
}

// === impl Choices ===

impl Choices {
    /// These values of these options.
    pub(crate) fn of(priced: &PricedDiagram, chosen: impl IntoIterator<Item = (u16, u16)>) -> Self {
        let mut by_layer = vec![None; priced.diagram.layers.len()];
        for (option, value) in chosen {
            by_layer[priced.layer_of[usize::from(option)]] = Some(value);
        }
        let count = by_layer.iter().flatten().count();
        Self { by_layer, count }
    }

    pub(crate) fn at(&self, layer: usize) -> Option<u16> {
        self.by_layer[layer]
    }

    /// Each layer with a choice, and the choice.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, u16)> {
        self.by_layer.iter().enumerate().filter_map(|(layer, value)| Some((layer, (*value)?)))
    }

    /// The number of options with a choice.
    pub(crate) fn count(&self) -> usize {
        self.count
    }
}

//! A diagram as bytes. What is read is checked until every walk over it is safe: arcs lead on, and
//! over as many layers as they say; every node can be reached.

use super::pack::{Malformed, Reader, Writer};
use crate::configurator::diagram::{Arc, Diagram, Layer, Lists};

pub(super) fn write(out: &mut Writer, diagram: &Diagram) {
    let mut values = diagram.values.iter();
    out.list(&diagram.layers, |out, layer| {
        out.number(layer.variable);
        out.length(layer.sets.len());
        for set in values.by_ref().take(layer.sets.len()) {
            write_ascending(out, set);
        }
    });
    out.length(diagram.stretches.len());
    for stretch in diagram.stretches.iter() {
        // Sets of neighbouring layers have neighbouring numbers.
        let mut before = 0;
        out.list(stretch, |out, set| {
            out.number(*set - before);
            before = *set;
        });
    }
    out.length(diagram.arcs.len());
    for (arcs, node) in diagram.arcs.iter().zip(0_u32..) {
        out.list(arcs, |out, arc| {
            out.number(arc.child - node);
            out.number(arc.stretch);
        });
    }
}

fn write_ascending(out: &mut Writer, values: &[u16]) {
    let mut before = 0;
    out.list(values, |out, value| {
        out.number(*value - before);
        before = *value;
    });
}

pub(super) fn read(input: &mut Reader<'_>, domains: &[u16]) -> Result<Diagram, Malformed> {
    let (layers, values) = read_layers(input, domains)?;
    let mut layer_of_set = vec![0; values.len()];
    for (layer, at) in layers.iter().zip(0..) {
        layer_of_set[layer.sets.start as usize..layer.sets.end as usize].fill(at);
    }
    let stretches = read_stretches(input, &layer_of_set)?;
    let arcs = read_arcs(input, stretches.len())?;
    let diagram = Diagram { layers, values, stretches, arcs };
    if is_sound(&diagram, &layer_of_set) { Ok(diagram) } else { Err(Malformed) }
}

fn read_layers(
    input: &mut Reader<'_>,
    domains: &[u16],
) -> Result<(Vec<Layer>, Lists<u16>), Malformed> {
    let mut values = Lists::new();
    let mut is_open = vec![true; domains.len()];
    let layers = input.list(|input| {
        let variable: u16 = input.number()?;
        let is_open = is_open.get_mut(usize::from(variable)).ok_or(Malformed)?;
        if !std::mem::take(is_open) {
            return Err(Malformed);
        }
        let first = narrow(values.len())?;
        for _ in 0..input.length()? {
            let set = read_ascending(input, domains[usize::from(variable)])?;
            set.into_iter().for_each(|value| values.push(value));
            values.end_list();
        }
        Ok(Layer { variable, sets: first..narrow(values.len())? })
    })?;
    if layers.len() == domains.len() { Ok((layers, values)) } else { Err(Malformed) }
}

fn read_ascending(input: &mut Reader<'_>, domain: u16) -> Result<Vec<u16>, Malformed> {
    let mut before: Option<u16> = None;
    let values = input.list(|input| {
        let step: u16 = input.number()?;
        let value = before.unwrap_or(0).checked_add(step).ok_or(Malformed)?;
        if value >= domain || (before.is_some() && step == 0) {
            return Err(Malformed);
        }
        before = Some(value);
        Ok(value)
    })?;
    if values.is_empty() { Err(Malformed) } else { Ok(values) }
}

fn read_stretches(input: &mut Reader<'_>, layer_of_set: &[u32]) -> Result<Lists<u32>, Malformed> {
    let mut stretches = Lists::new();
    for _ in 0..input.length()? {
        let mut before: Option<u32> = None;
        let sets = input.list(|input| {
            let step: u32 = input.number()?;
            let set = before.unwrap_or(0).checked_add(step).ok_or(Malformed)?;
            let layer = layer_of_set.get(set as usize).ok_or(Malformed)?;
            let is_next = |before: u32| layer_of_set[before as usize] + 1 == *layer;
            if before.is_some_and(|before| !is_next(before)) {
                return Err(Malformed);
            }
            before = Some(set);
            Ok(set)
        })?;
        if sets.is_empty() {
            return Err(Malformed);
        }
        sets.into_iter().for_each(|set| stretches.push(set));
        stretches.end_list();
    }
    Ok(stretches)
}

fn read_arcs(input: &mut Reader<'_>, stretches: usize) -> Result<Lists<Arc>, Malformed> {
    let nodes = narrow(input.length()?)?;
    let mut arcs = Lists::new();
    for node in 0..nodes {
        let own = input.list(|input| {
            let child = node.checked_add(input.number()?).ok_or(Malformed)?;
            let stretch: u32 = input.number()?;
            let is_known = child > node && child <= nodes && (stretch as usize) < stretches;
            if is_known { Ok(Arc { child, stretch }) } else { Err(Malformed) }
        })?;
        if own.is_empty() {
            return Err(Malformed);
        }
        own.into_iter().for_each(|arc| arcs.push(arc));
        arcs.end_list();
    }
    Ok(arcs)
}

/// Whether every node is reached and every stretch taken, and every arc begins at its node's layer
/// and ends at its child's.
fn is_sound(diagram: &Diagram, layer_of_set: &[u32]) -> bool {
    let mut is_taken = vec![false; diagram.stretches.len()];
    let mut layer_of_node: Vec<Option<u32>> = vec![None; diagram.node_count()];
    layer_of_node[0] = Some(0);
    for (arcs, node) in diagram.arcs.iter().zip(0..) {
        let Some(layer) = layer_of_node[node] else { return false };
        for arc in arcs {
            is_taken[arc.stretch as usize] = true;
            let stretch = diagram.stretches.get(arc.stretch);
            let passed = u32::try_from(stretch.len()).expect("no more than the layers");
            let child = &mut layer_of_node[arc.child as usize];
            let begins_here = layer_of_set[stretch[0] as usize] == layer;
            let ends_there = child.is_none_or(|child| child == layer + passed);
            if !begins_here || !ends_there {
                return false;
            }
            *child = Some(layer + passed);
        }
    }
    let truth = layer_of_node[diagram.truth() as usize];
    let ends_below_all = truth.is_some_and(|layer| layer as usize == diagram.layers.len());
    ends_below_all && is_taken.into_iter().all(|is_taken| is_taken)
}

fn narrow(number: usize) -> Result<u32, Malformed> {
    u32::try_from(number).map_err(|_| Malformed)
}

//! Encoding of a diagram. Reading validates it, so that every traversal is safe: arcs lead to later
//! nodes and span the layers of their parts, and every node is reachable.

use super::pack::{Malformed, Reader, Writer};
use crate::diagram::{Arc, Diagram, Factor, FactorKind, Layer, Lists};

/// The layers of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    begin: u32,
    end: u32,
}

pub(super) fn write(out: &mut Writer, diagram: &Diagram) {
    let mut values = diagram.values.iter();
    out.list(&diagram.layers, |out, layer| {
        out.number(layer.variable);
        out.length(layer.sets.len());
        for set in values.by_ref().take(layer.sets.len()) {
            write_ascending(out, set);
        }
    });
    out.length(diagram.factors.len());
    for (factor, number) in diagram.factors.iter().zip(diagram.values.len() as u64..) {
        let kind = match factor.kind {
            FactorKind::ProductNode => 0,
            FactorKind::UnionNode => 1,
        };
        out.number((number - u64::from(factor.one)) << 1 | kind);
        out.number(number - u64::from(factor.two));
    }
    out.length(diagram.arcs.len());
    for (arcs, node) in diagram.arcs.iter().zip(0_u32..) {
        out.list(arcs, |out, arc| {
            out.number(arc.child - node);
            out.number(arc.part);
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
    let mut spans = Vec::new();
    for (layer, at) in layers.iter().zip(0..) {
        spans.extend(layer.sets.clone().map(|_| Span { begin: at, end: at + 1 }));
    }
    let factors = read_factors(input, &mut spans)?;
    let arcs = read_arcs(input, spans.len())?;
    let diagram = Diagram { layers, values, factors, arcs };
    if is_sound(&diagram, &spans) { Ok(diagram) } else { Err(Malformed) }
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

/// Reads the factors and adds their spans to those of the sets.
fn read_factors(input: &mut Reader<'_>, spans: &mut Vec<Span>) -> Result<Vec<Factor>, Malformed> {
    input.list(|input| {
        let number = narrow(spans.len())?;
        let mixed: u64 = input.number()?;
        let kind = if mixed & 1 == 0 { FactorKind::ProductNode } else { FactorKind::UnionNode };
        let part = |back: u64| {
            let part = u64::from(number).checked_sub(back).ok_or(Malformed)?;
            let part = u32::try_from(part).map_err(|_| Malformed)?;
            Ok((part, *spans.get(part as usize).ok_or(Malformed)?))
        };
        let (one, first) = part(mixed >> 1)?;
        let (two, second) = part(input.number()?)?;
        let is_whole = match kind {
            FactorKind::ProductNode => first.end == second.begin,
            FactorKind::UnionNode => first == second,
        };
        spans.push(Span { begin: first.begin, end: second.end });
        if is_whole { Ok(Factor { kind, one, two }) } else { Err(Malformed) }
    })
}

fn read_arcs(input: &mut Reader<'_>, parts: usize) -> Result<Lists<Arc>, Malformed> {
    let nodes = narrow(input.length()?)?;
    let mut arcs = Lists::new();
    for node in 0..nodes {
        let own = input.list(|input| {
            let child = node.checked_add(input.number()?).ok_or(Malformed)?;
            let part: u32 = input.number()?;
            let is_known = child > node && child <= nodes && (part as usize) < parts;
            if is_known { Ok(Arc { child, part }) } else { Err(Malformed) }
        })?;
        if own.is_empty() {
            return Err(Malformed);
        }
        own.into_iter().for_each(|arc| arcs.push(arc));
        arcs.end_list();
    }
    Ok(arcs)
}

/// Whether every node is reachable, every part is used, and every arc begins at the layer of its
/// node and ends at that of its child.
fn is_sound(diagram: &Diagram, spans: &[Span]) -> bool {
    let mut is_used = vec![false; diagram.part_count()];
    let mut layer_of_node: Vec<Option<u32>> = vec![None; diagram.node_count()];
    layer_of_node[0] = Some(0);
    for (arcs, node) in diagram.arcs.iter().zip(0..) {
        let Some(layer) = layer_of_node[node] else { return false };
        for arc in arcs {
            is_used[arc.part as usize] = true;
            let span = spans[arc.part as usize];
            let child = &mut layer_of_node[arc.child as usize];
            if span.begin != layer || child.is_some_and(|child| child != span.end) {
                return false;
            }
            *child = Some(span.end);
        }
    }
    for factor in &diagram.factors {
        is_used[factor.one as usize] = true;
        is_used[factor.two as usize] = true;
    }
    let terminal = layer_of_node[diagram.terminal() as usize];
    let ends_below_all = terminal.is_some_and(|layer| layer as usize == diagram.layers.len());
    ends_below_all && is_used.into_iter().all(|is_used| is_used)
}

fn narrow(number: usize) -> Result<u32, Malformed> {
    u32::try_from(number).map_err(|_| Malformed)
}

//! From layers to the form that is served: whatever can be taken together is.
//!
//! An arc that leads to a node with no other way in and one way out goes on along that way: its
//! parts come one *behind* the other. Arcs from one node to the same other are one arc: its parts
//! stand *beside* each other. Both again and again, which leaves of an industrial model a few
//! hundredths of its nodes; and parts know nothing of where they are passed, so what many
//! vehicles have in common is one part.

use std::collections::HashMap;

use super::layered::Layered;
use super::served::{Arc, Diagram, Joint, JointKind, Lists, index};

/// An arc under way: where it leads, and what it passes, the last part first.
struct Course {
    child: u32,
    parts: Vec<u32>,
}

/// Parts under way, each made once.
struct Parts {
    sets: u32,
    joints: Vec<Joint>,
    known: HashMap<Joint, u32>,
    /// The layer each part begins at.
    layers: Vec<u32>,
}

// === impl Diagram ===

impl Diagram {
    /// Contracts a diagram in layers.
    pub(super) fn of(layered: Layered) -> Self {
        let mut parts = Parts::of(&layered);
        let truth = layered.arcs.len();
        let mut ways_in = vec![0_u32; truth + 1];
        ways_in[0] = 1;
        for way in layered.arcs.iter().flatten() {
            ways_in[way.child as usize] += 1;
        }
        // From the bottom up: what is below a node is as short as it can be.
        let mut courses: Vec<Vec<Course>> = (0..truth).map(|_| Vec::new()).collect();
        for node in (0..truth).rev() {
            let ways = layered.arcs[node].iter();
            let mut own: Vec<Course> =
                ways.map(|way| Course { child: way.child, parts: vec![way.set] }).collect();
            while prolong(&mut own, &mut courses, &ways_in)
                | unite(&mut own, &mut parts, &mut ways_in)
            {}
            courses[node] = own;
        }
        let mut numbers = vec![0; truth + 1];
        let mut next = 0;
        for (number, courses) in numbers.iter_mut().zip(&courses) {
            *number = next;
            next += u32::from(!courses.is_empty());
        }
        numbers[truth] = next;
        let mut arcs = Lists::new();
        for courses in courses.iter_mut().filter(|courses| !courses.is_empty()) {
            for course in courses {
                let part = parts.whole(&mut course.parts);
                arcs.push(Arc { child: numbers[course.child as usize], part });
            }
            arcs.end_list();
        }
        Self { layers: layered.layers, values: layered.values, joints: parts.joints, arcs }
    }
}

/// Lets courses run on where there is nothing to decide. Nodes passed so have no courses any more.
fn prolong(own: &mut [Course], courses: &mut [Vec<Course>], ways_in: &[u32]) -> bool {
    let mut has_changed = false;
    for course in own {
        while let Some([_]) = courses.get(course.child as usize).map(Vec::as_slice)
            && ways_in[course.child as usize] == 1
        {
            let on = courses[course.child as usize].pop().expect("it has one");
            let before = std::mem::replace(&mut course.parts, on.parts);
            course.parts.extend(before);
            course.child = on.child;
            has_changed = true;
        }
    }
    has_changed
}

/// Makes one course of those that lead to the same node.
fn unite(own: &mut Vec<Course>, parts: &mut Parts, ways_in: &mut [u32]) -> bool {
    own.sort_by_key(|course| course.child);
    let is_alone = |pair: &[Course]| pair[0].child != pair[1].child;
    if own.windows(2).all(is_alone) {
        return false;
    }
    let mut united: Vec<Course> = Vec::with_capacity(own.len());
    for same in own.chunk_by_mut(|one, two| one.child == two.child) {
        let child = same[0].child;
        if let [alone] = same {
            united.push(Course { child, parts: std::mem::take(&mut alone.parts) });
            continue;
        }
        ways_in[child as usize] -= index(same.len() - 1);
        let mut beside: Vec<u32> =
            same.iter_mut().map(|course| parts.whole(&mut course.parts)).collect();
        united.push(Course { child, parts: vec![parts.any_of(&mut beside)] });
    }
    *own = united;
    true
}

// === impl Parts ===

impl Parts {
    fn of(layered: &Layered) -> Self {
        let of_layer = |(layer, number): (&super::served::Layer, u32)| {
            std::iter::repeat_n(number, layer.sets.len())
        };
        Self {
            sets: index(layered.values.len()),
            joints: Vec::new(),
            known: HashMap::new(),
            layers: layered.layers.iter().zip(0..).flat_map(of_layer).collect(),
        }
    }

    /// One part of these, the last first. It is halved where a layer's number is roundest, so that
    /// what differs in a few layers has most of its halves in common.
    fn whole(&mut self, parts: &mut [u32]) -> u32 {
        parts.reverse();
        self.behind_each_other(parts)
    }

    fn behind_each_other(&mut self, parts: &[u32]) -> u32 {
        let [first, rest @ ..] = parts else { unreachable!("arcs pass at least one layer") };
        let roundest =
            (1..).zip(rest).max_by_key(|(_, part)| self.layers[**part as usize].trailing_zeros());
        let Some((middle, _)) = roundest else { return *first };
        let one = self.behind_each_other(&parts[..middle]);
        let two = self.behind_each_other(&parts[middle..]);
        self.joint(Joint { kind: JointKind::Both, one, two })
    }

    fn any_of(&mut self, parts: &mut [u32]) -> u32 {
        parts.sort_unstable();
        let mut all = parts[0];
        for two in &parts[1..] {
            all = self.joint(Joint { kind: JointKind::Either, one: all, two: *two });
        }
        all
    }

    fn joint(&mut self, joint: Joint) -> u32 {
        *self.known.entry(joint).or_insert_with(|| {
            self.joints.push(joint);
            self.layers.push(self.layers[joint.one as usize]);
            self.sets + index(self.joints.len() - 1)
        })
    }
}

//! Benchmarks of decoding, changing, folding and encoding a full cart.
//!
//! `cargo bench -p domain-cart --bench cart` measures a cart at its bounds: 250 lines with
//! properties, and 500 stored commands, as the consumer and every read encounter it. Before
//! criterion's own figures it prints the minimum of many runs of each part: the time on an idle
//! machine.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures time, and nothing depends on it"
)]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run reports nothing")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use domain_cart::{
    Action, Applied, COMMANDS_MAX, CartCommand, CartEvent, CartItem, LINES_MAX, Offer, apply,
};
use domain_core::id::CommandId;
use domain_core::money::Money;
use domain_core::resource::Resource as _;
use domain_core::time::{HOUR_MS, Time};

/// Runs, of which the minimum counts: other work on the machine only adds time.
const RUNS: usize = 2_000;

/// The time of the oldest command.
const START: u64 = 1_795_262_400_000;

fn offer(number: usize) -> Offer {
    let properties = [("Print", "Col de la Bonette"), ("Gift", "no")];
    Offer {
        product: format!("tee-{}", number % 7),
        variant_id: Some((875_309_424_069_134_920 + number).to_string()),
        sku: Some(format!("TEE-WHI00-XS-REG-{number}")),
        title: "A tee for the long way up".to_owned(),
        price: Money(46_907),
        selection: None,
        properties: properties.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    }
}

fn command(at: u64, number: usize, action: Action) -> CartCommand {
    let id = CommandId::of_key("cart/bench", &format!("key-{number}"));
    CartCommand { time: Time(at), id, action }
}

/// A cart of 250 lines from old commands, and 500 recent commands: adds and sets, alternating.
fn full() -> CartItem {
    let old = (0..LINES_MAX)
        .map(|number| command(START + number as u64, number, Action::add(offer(number), 1)));
    let recent = (0..COMMANDS_MAX).map(|number| {
        let offer = offer(number * 7 % LINES_MAX);
        let action = match number % 3 {
            0 => Action::Set { line: offer.line_id(), quantity: 3 },
            _ => Action::add(offer, 1),
        };
        command(START + 60 * HOUR_MS + number as u64, LINES_MAX + number, action)
    });
    let item = old.chain(recent).fold(None, |item: Option<CartItem>, command| {
        match apply(item.as_ref(), &command) {
            Applied::Changed(item) => Some(*item),
            other => panic!("{other:?}"),
        }
    });
    let item = item.unwrap();
    assert_eq!((item.base.contents.lines.len(), item.commands.len()), (LINES_MAX, COMMANDS_MAX));
    item
}

/// A name and something to run.
type Part = (&'static str, Box<dyn Fn()>);

/// The size of the encoded cart in bytes, and the parts to measure.
fn parts() -> (usize, Vec<Part>) {
    let item = Arc::new(full());
    let bytes = Arc::new(rmp_serde::to_vec_named(&*item).unwrap());
    let next = command(START + 61 * HOUR_MS, 9_999, Action::add(offer(3), 1));
    let next = Arc::new(next);
    let offer = offer(1);
    let size = bytes.len();
    let input = || (Arc::clone(&item), Arc::clone(&next));
    let (to_apply, to_both) = (input(), input());
    let pending = CartEvent { cart: "own".to_owned(), command: (*next).clone() };
    let to_fold = (Arc::clone(&item), pending);
    let parts: Vec<Part> = vec![
        ("line id", Box::new(move || _ = black_box(black_box(&offer).line_id()))),
        ("decode", Box::new(move || drop(rmp_serde::from_slice::<CartItem>(&bytes).unwrap()))),
        ("apply", Box::new(move || drop(apply(Some(&to_apply.0), &to_apply.1)))),
        ("fold", Box::new(move || drop(to_fold.0.fold(&[&to_fold.1])))),
        (
            "apply and fold",
            Box::new(move || match apply(Some(&to_both.0), &to_both.1) {
                Applied::Changed(item) => drop(item.fold(&[])),
                other => panic!("{other:?}"),
            }),
        ),
        ("encode", Box::new(move || drop(rmp_serde::to_vec_named(&*item).unwrap()))),
    ];
    (size, parts)
}

fn cart(criterion: &mut Criterion) {
    let (size, parts) = parts();
    println!("a cart of {LINES_MAX} lines and {COMMANDS_MAX} commands, {size} bytes; minimum of");
    println!("{RUNS} runs:");
    for (name, run) in &parts {
        let time = |_| {
            let began = Instant::now();
            run();
            began.elapsed()
        };
        let least: Duration = (0..RUNS).map(time).min().unwrap();
        println!("  {name:16} {least:?}");
    }
    let mut group = criterion.benchmark_group("full cart");
    for (name, run) in &parts {
        group.bench_function(*name, |bencher| bencher.iter(run));
    }
    group.finish();
}

criterion_group!(benches, cart);
criterion_main!(benches);

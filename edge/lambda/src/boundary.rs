//! What the module exports. The host asks for room, writes its input there, calls, and reads what
//! is left at [`output`]: no pointer comes in, so nothing here is unsafe but the names.
#![cfg_attr(
    target_family = "wasm",
    expect(unsafe_code, reason = "an export needs its name as it is, and each stands here once")
)]

use std::cell::RefCell;

use crate::instance::Instance;

thread_local! {
    /// The module's one thread is a WebAssembly instance.
    static INSTANCE: RefCell<Instance> = RefCell::default();
}

/// Makes room for `bytes` of input and tells where; null if that is more than any event has.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn input(bytes: usize) -> *mut u8 {
    INSTANCE.with_borrow_mut(|it| it.input(bytes).map_or(std::ptr::null_mut(), <[u8]>::as_mut_ptr))
}

/// Takes the input as the configuration; if it is none, the output says why.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn configure() -> bool {
    INSTANCE.with_borrow_mut(Instance::configure)
}

/// Judges the input, an event, at that time: the output is the verdict, or why there is none.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn handle(now_unix_s: u64) -> bool {
    INSTANCE.with_borrow_mut(|it| it.handle(now_unix_s))
}

/// Where the output is, until the next call.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn output() -> *const u8 {
    INSTANCE.with_borrow(|it| it.output().as_ptr())
}

/// How long it is.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn output_bytes() -> usize {
    INSTANCE.with_borrow(|it| it.output().len())
}

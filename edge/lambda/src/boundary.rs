//! What the module exports. The host asks for room, writes its input there, calls, and reads
//! [`output`]: no pointer comes in, so only the export names are unsafe.
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

/// Allocates `bytes` of input and returns their address; null if that is more than any event has.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn input(bytes: usize) -> *mut u8 {
    INSTANCE.with_borrow_mut(|it| it.input(bytes).map_or(std::ptr::null_mut(), <[u8]>::as_mut_ptr))
}

/// Takes the input as the configuration; if it is malformed, the output is the reason.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn configure() -> bool {
    INSTANCE.with_borrow_mut(Instance::configure)
}

/// Decides on the input, an event, at that time: the output is the verdict, or an error.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn handle(now_unix_s: u64) -> bool {
    INSTANCE.with_borrow_mut(|it| it.handle(now_unix_s))
}

/// Where the output is, until the next call.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn output() -> *const u8 {
    INSTANCE.with_borrow(|it| it.output().as_ptr())
}

/// The length of the output.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn output_bytes() -> usize {
    INSTANCE.with_borrow(|it| it.output().len())
}

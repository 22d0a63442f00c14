//! A client of a world: the reference device, or one that a program plays.

use std::rc::Rc;

use super::device::{Device, TabView};
use super::resource::{Command, Resource};
use super::script_device::ScriptDevice;

/// The client of one device, shared by its tabs.
pub(crate) enum Client<R: Resource> {
    /// The reference.
    Reference(Box<Device<R>>),
    /// A device that a program plays.
    Script(ScriptDevice<R>),
}

// === impl Client ===

impl<R: Resource> Client<R> {
    /// A new tab of this client.
    pub(crate) fn new_tab(&self) -> Rc<TabView<R>> {
        let view = Rc::new(TabView::default());
        if let Self::Script(device) = self {
            device.add_tab(&view);
        }
        view
    }

    /// The current resource.
    pub(crate) fn current(&self) -> String {
        match self {
            Self::Reference(device) => device.current().to_owned(),
            Self::Script(device) => device.current(),
        }
    }

    /// The command that was acknowledged last.
    pub(crate) fn latest(&self) -> Option<Rc<Command<R>>> {
        match self {
            Self::Reference(device) => device.latest(),
            Self::Script(device) => device.latest(),
        }
    }

    /// Reads until an answer can be shown.
    pub(crate) async fn read(&self, what: &R::Read, view: &TabView<R>) {
        match self {
            Self::Reference(device) => device.read(what, view).await,
            Self::Script(device) => device.read(what, view).await,
        }
    }

    /// Sends a command, once the outcome of every earlier command is known.
    pub(crate) async fn send_command(&self, action: R::Action, what: &R::Read, view: &TabView<R>) {
        match self {
            Self::Reference(device) => device.send_command(action, what, view).await,
            Self::Script(device) => device.send_command(action, view).await,
        }
    }

    /// Merges the guest's resource into the customer's.
    pub(crate) async fn sign_in(&self, what: &R::Read, view: &TabView<R>) {
        match self {
            Self::Reference(device) => device.sign_in(what, view).await,
            Self::Script(device) => device.sign_in(view).await,
        }
    }

    /// Retries commands of unknown outcome, and merges what is left to merge; returns whether all of
    /// that is done.
    pub(crate) async fn make_ready(&self, what: &R::Read, view: &TabView<R>) -> bool {
        match self {
            Self::Reference(device) => device.make_ready(what, view).await,
            Self::Script(device) => device.make_ready(view).await,
        }
    }
}

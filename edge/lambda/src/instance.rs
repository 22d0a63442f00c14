//! The state of the module between calls: input and output buffers, and the configuration.

use edge_functions::EdgeConfig;

use crate::config;

/// Most bytes of an event or a configuration. A viewer's request has 32 KB (CloudFront quotas), and
/// its shortest header lines become eight times as long in JSON.
pub const INPUT_BYTES_MAX: usize = 1024 * 1024;

/// One function with its memory. A host calls in this order: input, configure; then for each event
/// input, handle, output.
#[derive(Debug, Default)]
pub struct Instance {
    config: Option<EdgeConfig>,
    input: Vec<u8>,
    output: Vec<u8>,
}

// === impl Instance ===

impl Instance {
    /// Room for `bytes` of input, to be filled; `None` over [`INPUT_BYTES_MAX`].
    pub fn input(&mut self, bytes: usize) -> Option<&mut [u8]> {
        if bytes > INPUT_BYTES_MAX {
            return None;
        }
        self.input.resize(bytes, 0);
        Some(&mut self.input)
    }

    /// Whether the input is a configuration, which is then in force. If not, the previous one
    /// stays, and the output is the error.
    pub fn configure(&mut self) -> bool {
        match config::parse(&self.input) {
            Ok(config) => {
                self.config = Some(config);
                true
            }
            Err(error) => {
                self.output = error.to_string().into_bytes();
                false
            }
        }
    }

    /// Whether there is a verdict on the input; the output is the verdict, or an error.
    ///
    /// # Panics
    /// Without a configuration: a host that skipped it must not get a verdict.
    pub fn handle(&mut self, now_unix_s: u64) -> bool {
        let config = self.config.as_ref().expect("a host configures before the first event");
        let verdict = edge_functions::handle(&self.input, config, now_unix_s);
        let is_verdict = verdict.is_ok();
        self.output = verdict.unwrap_or_else(|error| error.to_string().into_bytes());
        is_verdict
    }

    /// The output of the last call.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        &self.output
    }
}

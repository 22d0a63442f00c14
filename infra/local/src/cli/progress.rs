//! Progress of a long compilation: one line that is rewritten on a terminal, or a line every few
//! seconds in a log, such as a build's.

use domain_configurator::Progress;
use domain_core::time::{SECOND_MS, Time};

/// How often the line on a terminal is rewritten.
const REWRITE_MS: u64 = 100;
/// How often a line is added to a log; a product of ordinary size compiles before the first.
const LINE_MS: u64 = 5 * SECOND_MS;

/// Formats progress and limits how often it is printed.
pub(super) struct ProgressReporter {
    begun: Time,
    printed: Option<Time>,
    is_terminal: bool,
}

// === impl ProgressReporter ===

impl ProgressReporter {
    pub(super) fn at(begun: Time, is_terminal: bool) -> Self {
        Self { begun, printed: None, is_terminal }
    }

    /// The text to print now, if a line is due.
    pub(super) fn line(&mut self, progress: Progress, now: Time) -> Option<String> {
        let due = match (self.printed, self.is_terminal) {
            (None, true) => self.begun,
            (Some(printed), true) => printed.plus_ms(REWRITE_MS),
            (printed, false) => printed.unwrap_or(self.begun).plus_ms(LINE_MS),
        };
        if now < due {
            return None;
        }
        self.printed = Some(now);
        let Progress { conjoined, constraints, nodes } = progress;
        let ms = now.0.saturating_sub(self.begun.0);
        let seconds = format!("{}.{}", ms / SECOND_MS, ms % SECOND_MS / 100);
        let line =
            format!("{conjoined} of {constraints} rules compiled, {nodes} nodes, {seconds} s");
        Some(if self.is_terminal { format!("\r{line}\x1b[K") } else { format!("{line}\n") })
    }

    /// Whether the printed text still needs a line break.
    pub(super) fn is_within_a_line(&self) -> bool {
        self.is_terminal && self.printed.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(is_terminal: bool, at_ms: &[u64]) -> Vec<Option<String>> {
        let mut reporter = ProgressReporter::at(Time(1_000), is_terminal);
        let print = |(conjoined, at): (usize, &u64)| {
            let progress = Progress { conjoined, constraints: 330, nodes: 7 * conjoined };
            reporter.line(progress, Time(1_000 + at))
        };
        at_ms.iter().enumerate().map(print).collect()
    }

    #[test]
    fn a_terminal_line_is_rewritten_ten_times_a_second() {
        let line = |text: &str| Some(format!("\r{text}\x1b[K"));
        assert_eq!(
            printed(true, &[0, 99, 100, 199, 12_345]),
            [
                line("0 of 330 rules compiled, 0 nodes, 0.0 s"),
                None,
                line("2 of 330 rules compiled, 14 nodes, 0.1 s"),
                None,
                line("4 of 330 rules compiled, 28 nodes, 12.3 s"),
            ]
        );
    }

    #[test]
    fn a_log_gets_a_line_every_five_seconds() {
        let line = |text: &str| Some(format!("{text}\n"));
        assert_eq!(
            printed(false, &[0, 4_999, 5_000, 9_999, 10_000]),
            [
                None,
                None,
                line("2 of 330 rules compiled, 14 nodes, 5.0 s"),
                None,
                line("4 of 330 rules compiled, 28 nodes, 10.0 s"),
            ]
        );
    }
}

//! How far a long compilation has come: one line that is written anew on a terminal, and a line every
//! few seconds where nobody sees it change, as in the log of a build.

use origin_domain::configurator::Progress;
use origin_domain::time::{SECOND_MS, Time};

/// How often the line on a terminal is written anew.
const ANEW_MS: u64 = 100;
/// How often a line goes into a log; a product of ordinary size is done before the first.
const LINE_MS: u64 = 5 * SECOND_MS;

/// Decides what is told of progress, and when.
pub(super) struct Teller {
    begun: Time,
    told: Option<Time>,
    is_terminal: bool,
}

// === impl Teller ===

impl Teller {
    pub(super) fn at(begun: Time, is_terminal: bool) -> Self {
        Self { begun, told: None, is_terminal }
    }

    /// What to write now, if it is time to.
    pub(super) fn tell(&mut self, progress: Progress, now: Time) -> Option<String> {
        let due = match (self.told, self.is_terminal) {
            (None, true) => self.begun,
            (Some(told), true) => told.plus_ms(ANEW_MS),
            (told, false) => told.unwrap_or(self.begun).plus_ms(LINE_MS),
        };
        if now < due {
            return None;
        }
        self.told = Some(now);
        let Progress { woven, constraints, nodes } = progress;
        let ms = now.0.saturating_sub(self.begun.0);
        let seconds = format!("{}.{}", ms / SECOND_MS, ms % SECOND_MS / 100);
        let line = format!("{woven} of {constraints} rules compiled, {nodes} nodes, {seconds} s");
        Some(if self.is_terminal { format!("\r{line}\x1b[K") } else { format!("{line}\n") })
    }

    /// Whether what was written last wants a line's end.
    pub(super) fn is_within_a_line(&self) -> bool {
        self.is_terminal && self.told.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(is_terminal: bool, at_ms: &[u64]) -> Vec<Option<String>> {
        let mut teller = Teller::at(Time(1_000), is_terminal);
        let tell = |(woven, at): (usize, &u64)| {
            let progress = Progress { woven, constraints: 330, nodes: 7 * woven };
            teller.tell(progress, Time(1_000 + at))
        };
        at_ms.iter().enumerate().map(tell).collect()
    }

    #[test]
    fn on_a_terminal_one_line_is_written_anew_ten_times_a_second() {
        let line = |text: &str| Some(format!("\r{text}\x1b[K"));
        assert_eq!(
            told(true, &[0, 99, 100, 199, 12_345]),
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
    fn in_a_log_a_long_compilation_is_a_line_every_five_seconds() {
        let line = |text: &str| Some(format!("{text}\n"));
        assert_eq!(
            told(false, &[0, 4_999, 5_000, 9_999, 10_000]),
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

//! The access log of `forecourt edge`: one thread writes it, so that no request waits for a disk.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use edge_emulator::{ACCESS_LOG_HEADER, AccessLog};

/// Lines that wait to be written; more are dropped, and counted.
const LINES_MAX: usize = 10_000;

/// The lines on their way to the thread.
pub(super) struct LogQueue {
    lines: SyncSender<String>,
    dropped: Arc<AtomicUsize>,
}

/// The thread that writes. It ends after the last line of a log that is no longer used.
pub(super) struct LogWriter(JoinHandle<()>);

/// Opens a log: a file, to whose end it writes, or standard output (`-`).
pub(super) fn open(path: &Path) -> io::Result<(LogQueue, LogWriter)> {
    if path == Path::new("-") {
        return start(io::stdout(), true);
    }
    let file = File::options().create(true).append(true).open(path)?;
    let is_new = file.metadata()?.len() == 0;
    start(file, is_new)
}

fn start(
    output: impl Write + Send + 'static,
    with_header: bool,
) -> io::Result<(LogQueue, LogWriter)> {
    let (lines, received) = sync_channel(LINES_MAX);
    let dropped = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&dropped);
    let thread = std::thread::Builder::new().name("access-log".to_owned()).spawn(move || {
        let mut output = BufWriter::new(output);
        if let Err(error) = write_all(&mut output, with_header, &received, &counter) {
            tracing::error!(%error, "the access log ends here");
        }
    })?;
    Ok((LogQueue { lines, dropped }, LogWriter(thread)))
}

/// Writes lines as they come, and flushes when none is waiting.
fn write_all(
    output: &mut impl Write,
    with_header: bool,
    lines: &Receiver<String>,
    dropped: &AtomicUsize,
) -> io::Result<()> {
    if with_header {
        writeln!(output, "{ACCESS_LOG_HEADER}")?;
        output.flush()?;
    }
    while let Ok(line) = lines.recv() {
        writeln!(output, "{line}")?;
        for line in lines.try_iter() {
            writeln!(output, "{line}")?;
        }
        output.flush()?;
        let count = dropped.swap(0, Ordering::Relaxed);
        if count > 0 {
            tracing::warn!(count, "lines of the access log were dropped: its disk is too slow");
        }
    }
    Ok(())
}

// === impl LogQueue ===

impl AccessLog for LogQueue {
    fn write(&self, line: String) {
        if self.lines.try_send(line).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

// === impl LogWriter ===

impl LogWriter {
    /// Waits until all lines are written, once the log is no longer used.
    pub(super) fn finish(self) {
        if self.0.join().is_err() {
            tracing::error!("the access log is incomplete");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};

    use super::*;

    #[test]
    fn a_log_that_goes_on_has_one_header() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.log");
        for line in ["a\tb", "c\td"] {
            let (queue, writer) = open(&path).unwrap();
            queue.write(line.to_owned());
            drop(queue);
            writer.finish();
        }
        let written = std::fs::read_to_string(path).unwrap();
        assert_eq!(written, format!("{ACCESS_LOG_HEADER}\na\tb\nc\td\n"));
    }

    /// A disk that takes its first bytes when it is allowed to.
    struct SlowDisk {
        reached: mpsc::Sender<()>,
        allowed: mpsc::Receiver<()>,
        bytes: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for SlowDisk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.bytes.lock().unwrap().is_empty() {
                self.reached.send(()).unwrap();
                self.allowed.recv().unwrap();
            }
            self.bytes.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_slow_disk_loses_lines_and_delays_no_request() {
        let (reached_sender, reached) = mpsc::channel();
        let (allow, allowed) = mpsc::channel();
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let disk = SlowDisk { reached: reached_sender, allowed, bytes: Arc::clone(&bytes) };
        let (queue, writer) = start(disk, true).unwrap();
        reached.recv().unwrap();
        for number in 0..LINES_MAX + 2 {
            queue.write(number.to_string());
        }
        assert_eq!(queue.dropped.load(Ordering::Relaxed), 2);
        allow.send(()).unwrap();
        drop(queue);
        writer.finish();
        let written = String::from_utf8(bytes.lock().unwrap().clone()).unwrap();
        assert_eq!(written.lines().count(), 2 + LINES_MAX);
        assert_eq!(written.lines().last(), Some("9999"));
    }
}

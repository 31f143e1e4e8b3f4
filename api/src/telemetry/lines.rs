//! Log lines, written many at a time.
//!
//! Whoever logs puts the line into a buffer and goes on; a thread of its own writes what has come together every [`PAUSE`]. A thread that wakes for
//! each line, as the known libraries' do, cost a small request a tenth of its time on two cores.
//!
//! Invariants: lines come out whole and in order; when nobody takes them, at most [`KEPT`] bytes wait, further lines are dropped and their number is
//! told; nobody ever waits for the writing.

use std::io::{self, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// How long a line waits at most before it is written.
const PAUSE: Duration = Duration::from_millis(50);
/// Bytes that may wait.
const KEPT: usize = 8 * 1024 * 1024;

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    dropped: u64,
}

/// Where lines are put.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Waiting>>);

/// Writes the last lines when it is dropped.
pub struct Writer {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Lines {
    /// Begins to write to `out`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn begin(out: impl Write + Send + 'static) -> io::Result<(Self, Writer)> {
        let lines = Self::default();
        let (stop, stopped) = mpsc::channel();
        let taken = lines.clone();
        let thread = std::thread::Builder::new().name("log".to_owned()).spawn(move || taken.write_out(out, &stopped))?;
        Ok((lines, Writer { stop: Some(stop), thread: Some(thread) }))
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_out(&self, mut out: impl Write, stopped: &mpsc::Receiver<()>) {
        let mut taken = Vec::new();
        loop {
            let last = stopped.recv_timeout(PAUSE) != Err(RecvTimeoutError::Timeout);
            let dropped = {
                let mut waiting = self.waiting();
                std::mem::swap(&mut waiting.bytes, &mut taken);
                std::mem::take(&mut waiting.dropped)
            };
            // Where lines cannot be written there is nobody to tell.
            let _ = out.write_all(&taken);
            if dropped > 0 {
                let _ = writeln!(out, "{dropped} log lines were dropped: they came faster than they were taken");
            }
            let _ = out.flush();
            taken.clear();
            taken.shrink_to(KEPT / 64);
            if last {
                return;
            }
        }
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.waiting();
        if waiting.bytes.len() + line.len() > KEPT {
            waiting.dropped += 1;
        } else {
            waiting.bytes.extend_from_slice(line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It has written what it could, or panicked and said so.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::{KEPT, Lines};

    /// Keeps what is written.
    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("a page").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn text(page: &Page) -> String {
        String::from_utf8(page.0.lock().expect("a page").clone()).expect("text")
    }

    #[test]
    fn lines_of_many_threads_come_out_whole_and_the_last_ones_too() {
        let page = Page::default();
        let (lines, writer) = Lines::begin(page.clone()).expect("a thread");
        std::thread::scope(|scope| {
            for name in ["one", "two", "three"] {
                let mut lines = lines.clone();
                scope.spawn(move || (0..1_000).for_each(|at| lines.write_all(format!("{name} {at}\n").as_bytes()).expect("a line")));
            }
        });
        drop(writer);
        let written = text(&page);
        assert_eq!(written.lines().count(), 3_000);
        for name in ["one", "two", "three"] {
            let of_one: Vec<&str> = written.lines().filter_map(|line| line.strip_prefix(name)).collect();
            assert_eq!(of_one, (0..1_000).map(|at| format!(" {at}")).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_nobody_takes_is_bounded_and_counted() {
        let lines = Lines::default();
        let line = vec![b'x'; KEPT / 4];
        for _ in 0..7 {
            lines.clone().write_all(&line).expect("a line");
        }
        let waiting = lines.waiting();
        assert_eq!((waiting.bytes.len(), waiting.dropped), (KEPT, 3));
    }
}

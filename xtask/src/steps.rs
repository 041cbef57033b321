//! Runs numbered steps, and measures how long each step takes. The first failure stops the run.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

type Task = Box<dyn FnOnce() -> Result<()>>;

/// The steps to run, in order.
#[derive(Default)]
pub(crate) struct Steps(Vec<(&'static str, Task)>);

impl Steps {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn add(mut self, name: &'static str, task: impl FnOnce() -> Result<()> + 'static) -> Self {
        self.0.push((name, Box::new(task)));
        self
    }

    /// Runs the steps up to the first failure, then prints how long each step took.
    pub(crate) fn run(self) -> Result<()> {
        let total = self.0.len();
        let mut done = Vec::with_capacity(total);
        let mut result = Ok(());
        for (number, (name, task)) in (1..).zip(self.0) {
            println!("\n== {number}/{total} {name}");
            let start = Instant::now();
            result = task().with_context(|| format!("step {number}/{total}, {name}"));
            done.push((name, start.elapsed(), result.is_ok()));
            if result.is_err() {
                break;
            }
        }
        println!("\n{}", table(&done, total));
        result
    }
}

fn table(done: &[(&str, Duration, bool)], total: usize) -> String {
    let mut table = String::from("step              seconds\n");
    for (name, time, passed) in done {
        let mark = if *passed { "" } else { "  FAILED" };
        table += &format!("{name:<16} {:>8.1}{mark}\n", time.as_secs_f64());
    }
    let sum: Duration = done.iter().map(|(_, time, _)| *time).sum();
    table += &format!("{:<16} {:>8.1}", "all", sum.as_secs_f64());
    if done.len() < total {
        table += &format!("\n{} steps did not start", total - done.len());
    }
    table
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    #[test]
    fn the_first_failed_step_ends_the_run() {
        let ran = Rc::new(RefCell::new(Vec::new()));
        let task = |name: &'static str, passes: bool| {
            let ran = Rc::clone(&ran);
            move || {
                ran.borrow_mut().push(name);
                anyhow::ensure!(passes, "no");
                Ok(())
            }
        };
        let steps = Steps::new().add("a", task("a", true)).add("b", task("b", false)).add("c", task("c", true));
        assert_eq!(format!("{:#}", steps.run().unwrap_err()), "step 2/3, b: no");
        assert_eq!(*ran.borrow(), ["a", "b"]);
    }

    #[test]
    fn the_table_marks_failed_steps_and_counts_the_steps_that_did_not_start() {
        let done = [("format", Duration::from_millis(1234), true), ("lint", Duration::from_secs(60), false)];
        assert_eq!(
            table(&done, 4),
            "step              seconds\n\
             format                1.2\n\
             lint                 60.0  FAILED\n\
             all                  61.2\n\
             2 steps did not start"
        );
    }
}

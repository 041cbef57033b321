//! The priority of threads.

use rustix::io;
use rustix::process::{getpriority_process, setpriority_process};
use rustix::thread::gettid;

/// The nice value of a thread with low priority (sched(7)). If the thread shares a core with a busy
/// thread of usual priority, it gets about a tenth of the core. With the highest nice value, 19, it
/// would get so little that its work would take too long.
const LOW: i32 = 10;

/// Makes the current thread use mainly the processor time that the other threads of the machine leave.
///
/// # Errors
/// Fails if the system refuses. Then the priority is unchanged.
pub fn lower_priority() -> io::Result<()> {
    // On Linux, the priority belongs to a thread, and the calls accept the number of a thread. The
    // whole server may already have a lower priority.
    let thread = Some(gettid());
    setpriority_process(thread, LOW.max(getpriority_process(thread)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_priority_of_the_current_thread_is_lowered() {
        let before = getpriority_process(None).unwrap();
        let lowered = std::thread::spawn(|| {
            lower_priority().unwrap();
            getpriority_process(Some(gettid())).unwrap()
        });
        assert_eq!(lowered.join().unwrap(), LOW.max(before));
        assert_eq!(getpriority_process(Some(gettid())).unwrap(), before);
    }
}

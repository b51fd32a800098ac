//! How much memory the machine has to give.

/// Bytes that are free, for the process or the group of processes that it belongs to; if that can be told.
pub(super) fn free() -> Option<u64> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let machine = available(&read("/proc/meminfo")?)?;
    // a container's limit (control groups, version 2)
    let number = |name: &str| read(&format!("/sys/fs/cgroup/memory.{name}"))?.trim().parse::<u64>().ok();
    let group = number("max").map(|most| most.saturating_sub(number("current").unwrap_or(0)));
    Some(group.map_or(machine, |group| group.min(machine)))
}

/// What `/proc/meminfo` says is available, in bytes (proc_meminfo(5)).
fn available(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_available_is_read_in_kilobytes() {
        let text = "MemTotal:       24587264 kB\nMemFree:         1 kB\nMemAvailable:   23000000 kB\n";
        assert_eq!(available(text), Some(23_000_000 << 10));
        assert_eq!(available("MemTotal: 1 kB\n"), None);
    }
}

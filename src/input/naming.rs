//! What the path of a source tells of its service: hints, to be used where the records tell nothing.
//!
//! The first that applies:
//! 1. `/var/log/pods/NAMESPACE_POD_UID/CONTAINER/0.log` and `POD_NAMESPACE_CONTAINER-ID.log`: the service of the pod;
//! 2. `POD_CONTAINER.log` (any part of the name that is certainly a pod's): the service of that pod;
//! 3. a file whose name says nothing (`app.log`, `stdout.log`, `0.log`; see `GENERIC_NAMES`): the nearest directory, or
//!    archive, whose name says something; the file's own name if there is none, or if files beside it are called after
//!    several services, so that the directory is not one's;
//! 4. the file's name without compression, rotation, date and extension, and without the `-json` of Docker.
//!
//! Only the path as given counts: the same files named in the same way have the same hints wherever they lie.

use super::dates::{self, NameDate};
use super::instance::{is_pod, split_instance, split_pod};
use super::rotation::{Name, is_log_extension, without_compression};

/// What a path tells.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Hints {
    /// The service.
    pub service: Option<String>,
    /// The pod, container or numbered process, if the name tells one.
    pub instance: Option<String>,
    /// The container in a pod.
    pub container: Option<String>,
    /// When the file was written or rotated; for lines without year or date.
    pub date: Option<DateHint>,
}

/// A date in the name of a file or of one of its directories.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DateHint {
    /// The year.
    pub year: i64,
    /// Month (1 to 12) and day (1 to 31), if the name tells the day.
    pub day: Option<(u32, u32)>,
}

/// Files that are called so belong to the service that their directory is called after.
const GENERIC_NAMES: [&str; 45] = [
    "access",
    "all",
    "app",
    "application",
    "audit",
    "combined",
    "console",
    "current",
    "daemon",
    "debug",
    "default",
    "err",
    "error",
    "errors",
    "info",
    "kern",
    "latest",
    "log",
    "logfile",
    "logs",
    "main",
    "messages",
    "nohup",
    "out",
    "output",
    "request",
    "requests",
    "root",
    "rootlog",
    "run",
    "server",
    "service",
    "std",
    "stderr",
    "stdout",
    "syslog",
    "system",
    "trace",
    "user",
    "warn",
    "warning",
    "warnings",
    "event",
    "events",
    "json",
];

/// Directories that are called so say nothing of a service.
const GENERIC_DIRECTORIES: [&str; 42] = [
    "app",
    "archive",
    "archived",
    "archives",
    "backup",
    "backups",
    "bin",
    "build",
    "compressed",
    "containers",
    "current",
    "data",
    "dist",
    "docker",
    "files",
    "home",
    "journal",
    "latest",
    "local",
    "log",
    "logs",
    "mnt",
    "old",
    "opt",
    "out",
    "output",
    "pods",
    "private",
    "root",
    "rotated",
    "run",
    "share",
    "src",
    "srv",
    "storage",
    "target",
    "temp",
    "tmp",
    "today",
    "usr",
    "var",
    "volumes",
];

/// Digits of a container id that tools show.
const SHORT_CONTAINER_ID: usize = 12;

/// The hints in a name: the path of a file, then of the member if it is an archive, and so on. `base` is what rotation
/// left of the file's name, if that is known; `among` says that the directory is of several services.
pub(super) fn hints(levels: &[String], base: Option<&str>, among: bool) -> Hints {
    let mut parts: Vec<&str> = Vec::new();
    for (index, level) in levels.iter().enumerate() {
        parts.extend(level.split(['/', std::path::MAIN_SEPARATOR]));
        if index + 1 < levels.len()
            && let Some(archive) = parts.last_mut()
        {
            *archive = without_archive(archive);
        }
    }
    let Some((file, directories)) = parts.split_last() else { return Hints::default() };
    if *file == "-" && directories.is_empty() {
        return Hints::default();
    }
    let base = base.map_or_else(|| Name::of(file).base, str::to_owned);
    let date = dates::find(without_compression(file).0)
        .map(|found| found.date)
        .or_else(|| directory_date(directories));
    let mut hints = pod_directory(directories)
        .or_else(|| container_file(&base))
        .or_else(|| pod_in_name(&base))
        .unwrap_or_else(|| plain(&base, if among { &[] } else { directories }));
    hints.date =
        date.map(|date| DateHint { year: date.year, day: (date.day > 0).then_some((date.month, date.day)) });
    hints
}

/// `NAMESPACE_POD_UID/CONTAINER/0.log`, as the kubelet names them.
fn pod_directory(directories: &[&str]) -> Option<Hints> {
    let [.., pod, container] = directories else { return None };
    let parts: Vec<&str> = pod.split('_').collect();
    let [_, pod, uid] = parts[..] else { return None };
    let is_uid = uid.len() >= 32 && uid.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_uid.then(|| of_pod(pod, container))
}

/// `POD_NAMESPACE_CONTAINER-ID.log`, as in `/var/log/containers`, and `ID-json.log` of Docker.
fn container_file(base: &str) -> Option<Hints> {
    let stem = without_extension(base);
    if is_container_id(stem.strip_suffix("-json").unwrap_or(stem)) {
        return Some(Hints { instance: Some(stem[..SHORT_CONTAINER_ID].to_owned()), ..Hints::default() });
    }
    let (front, id) = stem.rsplit_once('-')?;
    let parts: Vec<&str> = front.split('_').collect();
    let [pod, _, container] = parts[..] else { return None };
    is_container_id(id).then(|| of_pod(pod, container))
}

/// A pod's name among the parts of a file name.
fn pod_in_name(base: &str) -> Option<Hints> {
    let stem = without_extension(base);
    let parts: Vec<&str> = stem.split('_').collect();
    let at = parts.iter().position(|part| is_pod(part))?;
    let container = parts.get(at + 1..).filter(|rest| !rest.is_empty()).map(|rest| rest.join("_"));
    let mut hints = of_pod(parts[at], "");
    hints.container = container.map(|name| name.strip_suffix("-json").unwrap_or(&name).to_owned());
    Some(hints)
}

fn of_pod(pod: &str, container: &str) -> Hints {
    let (service, instance) = split_pod(pod);
    Hints {
        service: Some(service.to_owned()),
        instance: instance.map(str::to_owned),
        container: Some(container.to_owned()).filter(|name| !name.is_empty()),
        date: None,
    }
}

fn plain(base: &str, directories: &[&str]) -> Hints {
    let stem = without_extension(base);
    let stem = stem.strip_suffix("-json").unwrap_or(stem);
    let (service, instance) = split_instance(stem);
    if !is_generic(service, &GENERIC_NAMES) {
        return Hints {
            service: Some(service.to_owned()),
            instance: instance.map(str::to_owned),
            ..Hints::default()
        };
    }
    let directory = directories.iter().rev().find(|name| {
        !name.is_empty()
            && !name.starts_with('.')
            && !is_generic(name, &GENERIC_DIRECTORIES)
            && dates::whole(name).is_none()
    });
    match directory {
        Some(name) => {
            let (service, of_directory) = split_instance(name);
            let instance = of_directory.or(instance).map(str::to_owned);
            Hints { service: Some(service.to_owned()), instance, ..Hints::default() }
        }
        None => {
            let says_nothing = !service.bytes().any(|byte| byte.is_ascii_alphabetic());
            let service = Some(service.to_owned()).filter(|_| !says_nothing);
            Hints { service, instance: instance.map(str::to_owned), ..Hints::default() }
        }
    }
}

/// The service that the name of a file tells by itself.
pub(super) fn telling(base: &str) -> Option<String> {
    let stem = without_extension(base);
    let (service, _) = split_instance(stem.strip_suffix("-json").unwrap_or(stem));
    (!is_generic(service, &GENERIC_NAMES)).then(|| service.to_owned())
}

/// Whether all words of a name say nothing, as those of `app-error`, `0` and `v1.2`.
fn is_generic(name: &str, words: &[&str]) -> bool {
    name.split(['-', '_', '.', ' ']).all(|word| {
        let number = word.strip_prefix(['v', 'V']).filter(|number| !number.is_empty()).unwrap_or(word);
        number.bytes().all(|byte| byte.is_ascii_digit())
            || words.iter().any(|known| word.eq_ignore_ascii_case(known))
    })
}

/// The date of the nearest directories: `2024-05-01`, `20240501` or `2024/05/01`.
fn directory_date(directories: &[&str]) -> Option<NameDate> {
    let single = directories.iter().rev().find_map(|name| dates::whole(name).filter(|date| date.day > 0));
    single.or_else(|| {
        directories.windows(3).rev().find_map(|parts| {
            let digits = [4, 2, 2].iter().zip(parts).all(|(&len, part)| part.len() == len);
            digits.then(|| dates::whole(&parts.join("-"))).flatten()
        })
    })
}

fn without_extension(base: &str) -> &str {
    let mut stem = base;
    while let Some((front, extension)) = stem.rsplit_once('.') {
        if !is_log_extension(extension) {
            break;
        }
        stem = front;
    }
    stem
}

/// `orders` of `orders-2024-05-01.tar.gz`.
fn without_archive(name: &str) -> &str {
    let mut stem = without_compression(name).0;
    for suffix in [".tar", ".tgz", ".tbz2", ".txz", ".tzst", ".jar"] {
        stem = stem.strip_suffix(suffix).unwrap_or(stem);
    }
    match dates::find(stem) {
        Some(found) if found.range.end == stem.len() && dates::whole(stem).is_none() => {
            stem[..found.range.start].trim_end_matches(['-', '_', '.'])
        }
        _ => stem,
    }
}

fn is_container_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// `expected` is the service, then the instance and the container, `-` for none.
    #[track_caller]
    fn check(name: &str, expected: &str) {
        let levels: Vec<String> = name.split('!').map(str::to_owned).collect();
        let hints = hints(&levels, None, false);
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let mut got = vec![or_none(hints.service), or_none(hints.instance), or_none(hints.container)];
        while got.len() > 1 && got.last().is_some_and(|last| last == "-") {
            got.pop();
        }
        assert_eq!(got.join(" "), expected, "{name}");
    }

    #[test]
    fn kubernetes_paths_tell_the_service_of_the_pod() {
        let uid = "4a5b6c7d-0000-4000-8000-0123456789ab";
        check(
            &format!("/var/log/pods/shop_checkout-7d9f8b6c5-x2x4q_{uid}/server/0.log"),
            "checkout checkout-7d9f8b6c5-x2x4q server",
        );
        check(&format!("/var/log/pods/shop_kafka-2_{uid}/broker/3.log"), "kafka kafka-2 broker");
        check(
            &format!("/var/log/pods/kube-system_fluent-bit-bkxvt_{uid}/fluent-bit/0.log.20240501-120000.gz"),
            "fluent-bit fluent-bit-bkxvt fluent-bit",
        );
        check(
            &format!("/var/log/containers/checkout-7d9f8b6c5-x2x4q_shop_server-{ID}.log"),
            "checkout checkout-7d9f8b6c5-x2x4q server",
        );
        check("frontend-579b9bff58-t2dbm_server-json.log", "frontend frontend-579b9bff58-t2dbm server");
        check("shop_frontend-579b9bff58-t2dbm_server.log", "frontend frontend-579b9bff58-t2dbm server");
        check("dump/checkout-7d9f8b6c5-x2x4q/app.log", "checkout checkout-7d9f8b6c5-x2x4q");
    }

    #[test]
    fn container_ids_tell_no_service() {
        check(&format!("/var/lib/docker/containers/{ID}/{ID}-json.log"), "- 0123456789ab");
    }

    #[test]
    fn names_that_say_nothing_give_way_to_the_directory() {
        check("orders/app.log", "orders");
        check("/srv/orders/logs/stdout.log.1", "orders");
        check("/opt/billing/log/error.log-20240501.gz", "billing");
        check("/var/log/nginx/access.log", "nginx");
        check("shipping/app-error.log", "shipping");
        check("shipping/server.1.log", "shipping");
        check("shipping/app-2.log", "shipping app-2");
        check("worker-3/out.log", "worker worker-3");
        check("payments/v1/logs/console.log", "payments");
        check("2024-05-01/payments/0.log", "payments");
        check("payments/2024-05-01/current", "payments");
        check("payments/2024/05/01/app.log", "payments");
        check("bundle/orders.tar.gz!logs/app.log", "orders");
        check("orders-2024-05-01.tar.gz!app.log", "orders");
        check("logs.tar.gz!orders/app.log.gz", "orders");
    }

    #[test]
    fn a_file_without_a_telling_directory_keeps_its_own_name() {
        check("/var/log/syslog.1", "syslog");
        check("app.log", "app");
        check("logs/server.log", "server");
        check("/tmp/.tmpx7/app.log", "app");
        check("logs/0.log", "-");
        check("-", "-");
    }

    #[test]
    fn other_names_are_the_service_without_what_rotation_added() {
        check("logs/orders.log", "orders");
        check("orders.log.2.gz", "orders");
        check("orders-2024-05-01.1.log", "orders");
        check("orders.json.log", "orders");
        check("nginx_access.log", "nginx_access");
        check("orders.access.log", "orders.access");
        check("node-1.log", "node node-1");
        check("orders-v2.log", "orders-v2");
        check("user-profile-1.log", "user-profile user-profile-1");
        check("worker.0.log", "worker worker.0");
        check("com.acme.Orders.log", "com.acme.Orders");
        check("load-balancer.log", "load-balancer");
    }

    #[test]
    fn a_number_that_is_no_rotation_is_an_instance() {
        let levels = ["logs/worker.1.log".to_owned()];
        let instance = |base| hints(&levels, Some(base), false).instance;
        assert_eq!(instance("worker.1.log").as_deref(), Some("worker.1"));
        assert_eq!(instance("worker.log"), None);
    }

    #[test]
    fn dates_come_from_the_file_or_else_its_directories() {
        #[track_caller]
        fn check(name: &str, expected: Option<(i64, Option<(u32, u32)>)>) {
            let hint = hints(&[name.to_owned()], None, false).date.map(|hint| (hint.year, hint.day));
            assert_eq!(hint, expected, "{name}");
        }
        check("svc-2024-05-01.log.gz", Some((2024, Some((5, 1)))));
        check("2023-01-01/svc.log-20240501", Some((2024, Some((5, 1)))));
        check("rca/2022-08-23/log/13_29_log.csv", Some((2022, Some((8, 23)))));
        check("logs/2022/08/23/svc.log", Some((2022, Some((8, 23)))));
        check("svc.log.2024-05", Some((2024, None)));
        check("svc-2024.log", Some((2024, None)));
        check("svc.log.1", None);
    }
}

//! What is found behind the names that the user wrote.

use std::fs::{self, File};
use std::io::Write;

use super::*;
use crate::input::decode::Compression;
use crate::input::samples::compress;

#[test]
fn files_are_sorted_by_name_and_count_once_whatever_the_order() {
    let tree = Tree::new();
    tree.write("logs/b.log", b"b\n").write("logs/a.log", b"a\n").write("logs/sub/c.log", b"c\n");
    let expected = ["logs/a.log: logs/a.log", "logs/b.log: logs/b.log", "logs/sub/c.log: logs/sub/c.log"];
    check(tree.found(&["logs"]), &expected);
    check(tree.found(&["logs/b.log", "logs", "logs/a.log", "logs/sub/../b.log"]), &expected);
    check(tree.found(&["logs/a.log", "logs/sub/../b.log", "logs"]), &expected);
}

#[test]
fn hidden_files_are_left_out_unless_named() {
    let tree = Tree::new();
    tree.write("logs/.hidden.log", b"").write("logs/.git/config", b"").write("logs/a.log", b"");
    check(tree.found(&["logs"]), &["logs/a.log: logs/a.log"]);
    check(tree.found(&["logs/.hidden.log"]), &["logs/.hidden.log: logs/.hidden.log"]);
    check(tree.found(&["logs/.git"]), &["logs/.git/config: logs/.git/config"]);
    check(tree.found(&["logs/.*.log"]), &["logs/.hidden.log: logs/.hidden.log"]);
    let all = discover(
        &[Input::Path(tree.path("logs"))],
        &DiscoverOptions { hidden: true, ..DiscoverOptions::default() },
    );
    assert_eq!(all.streams.len(), 3);
}

#[test]
fn settings_are_no_logs_unless_named() {
    let tree = Tree::new();
    tree.write("a.log", b"").write("spanloom.toml", b"").write("sub/spanloom.baseline.toml", b"");
    tree.write("other.toml", b"");
    let options = DiscoverOptions { settings: Some(tree.path("other.toml")), ..DiscoverOptions::default() };
    let all = discover(&[Input::Path(tree.path("."))], &options);
    assert_eq!(all.streams.len(), 1);
    assert_eq!(all.skipped.len(), 3);
    assert!(all.skipped.iter().all(|(reason, _)| *reason == SkipReason::Settings));
    check(tree.found(&["*.toml"]), &["other.toml: other.toml", "spanloom.toml: settings of spanloom"]);
    check(tree.found(&["spanloom.toml"]), &["spanloom.toml: spanloom.toml"]);
}

#[test]
fn patterns_match_where_no_such_path_exists() {
    let tree = Tree::new();
    tree.write("a/x.log", b"").write("a/deep/down/y.log", b"").write("b/x.log", b"").write("b/[x].log", b"");
    check(tree.found(&["*/x.log"]), &["a/x.log: a/x.log", "b/x.log: b/x.log"]);
    check(tree.found(&["a/**/*.log"]), &["a/deep/down/y.log: a/deep/down/y.log", "a/x.log: a/x.log"]);
    check(tree.found(&["{a,b}/x.lo?"]), &["a/x.log: a/x.log", "b/x.log: b/x.log"]);
    check(tree.found(&["a/d*"]), &["a/deep/down/y.log: a/deep/down/y.log"]);
    check(tree.found(&["b/[x].log"]), &["b/[x].log: b/[x].log"]);
    check(tree.found(&["a/*.txt"]), &["no file matches 'a/*.txt'"]);
    check(tree.found(&["none/*.log"]), &["no file matches 'none/*.log'"]);
    assert!(tree.found(&["a/[.log"])[0].starts_with("cannot read pattern 'a/[.log': "));
}

#[test]
fn what_was_named_and_is_not_there_is_an_error() {
    let tree = Tree::new();
    tree.write("a.log", b"");
    check(
        tree.found(&["none.log", "a.log", "none.log"]),
        &["a.log: a.log", "cannot read 'none.log': no such file or directory"],
    );
}

#[test]
fn rotated_files_are_one_stream_oldest_first() {
    let tree = Tree::new();
    tree.write("svc.log", b"new\n")
        .write("svc.log.1", b"old\n")
        .write("svc.log.2.gz", &compress(Compression::Gzip, b"oldest\n"))
        .write("other/svc.log", b"other\n");
    check(
        tree.found(&["."]).into_iter().map(|line| line.replace("./", "")).collect(),
        &["other/svc.log: other/svc.log", "svc.log: svc.log.2.gz svc.log.1 svc.log"],
    );
    check(
        tree.read(&["svc.log", "svc.log.2.gz", "svc.log.1"]),
        &["svc.log.2.gz \"oldest\\n\"", "svc.log.1 \"old\\n\"", "svc.log \"new\\n\""],
    );
}

#[test]
fn compressed_copies_are_left_out_and_other_files_of_that_age_are_not() {
    let tree = Tree::new();
    let text = b"2024-05-01 a line of a log\n".repeat(5_000);
    let packed = compress(Compression::Gzip, &text);
    tree.write("svc.log", b"new\n")
        .write("svc.log.1", &text)
        .write("svc.log.1.gz", &packed)
        .write("svc.log.2", b"two\n")
        .write("svc.log.2.gz", &compress(Compression::Gzip, b"another two\n"))
        .write("svc.log.3", &text)
        .write("svc.log.3.gz", &packed[..packed.len() / 2])
        .write("svc.log.4", &text)
        .write("svc.log.4.gz", b"");
    let copy = "compressed copy of a file that was read";
    check(
        tree.found(&["svc.log*"]),
        &[
            "svc.log: svc.log.4 svc.log.3 svc.log.2.gz svc.log.2 svc.log.1 svc.log",
            &format!("svc.log.1.gz: {copy}"),
            &format!("svc.log.3.gz: {copy}"),
            &format!("svc.log.4.gz: {copy}"),
        ],
    );
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_followed_once() {
    use std::os::unix::fs::symlink;
    let tree = Tree::new();
    tree.write("logs/a/x.log", b"x\n").write("elsewhere/y.log", b"y\n");
    symlink(tree.path("logs"), tree.path("logs/a/up")).expect("it can be made");
    symlink(tree.path("elsewhere"), tree.path("logs/link")).expect("it can be made");
    symlink(tree.path("logs/a"), tree.path("logs/z")).expect("it can be made");
    symlink(tree.path("logs/a/x.log"), tree.path("logs/copy.log")).expect("it can be made");
    symlink(tree.path("none"), tree.path("logs/dangling.log")).expect("it can be made");
    check(
        tree.found(&["logs"]),
        &[
            "logs/a/x.log: logs/a/x.log",
            "logs/link/y.log: logs/link/y.log",
            "logs/dangling.log: cannot be read",
        ],
    );
}

#[cfg(unix)]
#[test]
fn patterns_match_links_whatever_else_leads_to_the_same_directory() {
    let tree = Tree::new();
    tree.write("a/x.log", b"");
    std::os::unix::fs::symlink(tree.path("a"), tree.path("z")).expect("it can be made");
    check(tree.found(&["z*/x.log"]), &["z/x.log: z/x.log"]);
    check(tree.found(&["z*/**/*.log"]), &["z/x.log: z/x.log"]);
    check(tree.found(&["?/x.log"]), &["a/x.log: a/x.log"]);
}

#[cfg(unix)]
#[test]
fn many_links_to_many_directories_end_soon() {
    let tree = Tree::new();
    for from in 0..12 {
        tree.write(&format!("logs/d{from}/x.log"), b"x\n");
        for to in 0..12 {
            let link = tree.path(&format!("logs/d{from}/to{to}"));
            std::os::unix::fs::symlink(tree.path(&format!("logs/d{to}")), link).expect("it can be made");
        }
    }
    assert_eq!(tree.discover(&["logs"]).streams.len(), 12);
}

#[cfg(unix)]
#[test]
fn pipes_are_read_when_named_and_skipped_when_met() {
    let tree = Tree::new();
    tree.write("logs/a.log", b"a\n");
    let pipe = tree.path("logs/pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    check(tree.found(&["logs"]), &["logs/a.log: logs/a.log", "logs/pipe: not a regular file"]);
    check(tree.found(&["logs/p*"]), &["logs/pipe: not a regular file"]);
    let writer = std::thread::spawn(move || {
        let packed = compress(Compression::Zstd, &b"from the pipe\n".repeat(3));
        File::options()
            .write(true)
            .open(pipe)
            .and_then(|mut pipe| pipe.write_all(&packed))
            .expect("somebody reads");
    });
    check(tree.read(&["logs/pipe"]), &["logs/pipe \"from the pipe\\nfrom the pipe\\nfrom the pipe\\n\""]);
    writer.join().expect("it wrote");
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_named_or_counted() {
    use std::os::unix::fs::PermissionsExt;
    let tree = Tree::new();
    tree.write("logs/a.log", b"a\n").write("logs/b.log", b"b\n").write("logs/sub/c.log", b"c\n");
    let close = |name: &str| {
        fs::set_permissions(tree.path(name), fs::Permissions::from_mode(0o0)).expect("it is ours")
    };
    close("logs/a.log");
    close("logs/sub");
    if File::open(tree.path("logs/a.log")).is_ok() {
        return; // Nothing is closed to the superuser.
    }
    check(tree.read(&["logs"]), &["logs/a.log: 1 cannot be read", "logs/b.log \"b\\n\""]);
    assert!(tree.found(&["logs"]).contains(&"logs/sub: cannot be read".to_owned()));
    check(tree.found(&["logs/a.log"]), &["cannot read 'logs/a.log': permission denied"]);
    fs::set_permissions(tree.path("logs/sub"), fs::Permissions::from_mode(0o700)).expect("it is ours");
}

#[test]
fn stdin_is_a_source_of_its_own_and_counts_once() {
    let discovery = discover(&[Input::Stdin, Input::Stdin], &DiscoverOptions::default());
    assert_eq!(discovery.streams.len(), 1);
    let source = &discovery.streams[0].sources[0];
    assert_eq!((&source.name[..], &source.path, source.size), ("-", &None::<PathBuf>, None));
}

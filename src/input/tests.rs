//! The stage as a whole, on files.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::decode::Compression;
use super::samples::{compress, tar, zip};
use super::*;

/// A directory for one test.
struct Tree {
    directory: tempfile::TempDir,
    options: ReadOptions,
}

impl Tree {
    fn new() -> Tree {
        let directory = tempfile::tempdir().expect("a temporary directory");
        Tree { directory, options: ReadOptions::default() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, content: &[u8]) -> &Tree {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("below the directory")).expect("it can be made");
        fs::write(path, content).expect("room for it");
        self
    }

    fn discover(&self, names: &[&str]) -> Discovery {
        let inputs: Vec<Input> = names.iter().map(|name| Input::Path(self.path(name))).collect();
        discover(&inputs, &DiscoverOptions::default())
    }

    fn relative(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.directory.path().display()), "")
    }

    /// What is found: `stream: source source`, then what is skipped and what failed.
    fn found(&self, names: &[&str]) -> Vec<String> {
        let discovery = self.discover(names);
        let streams = discovery.streams.iter().map(|stream| {
            let sources: Vec<&str> = stream.sources.iter().map(|source| &source.name[..]).collect();
            format!("{}: {}", stream.name, sources.join(" "))
        });
        let skipped = discovery.skipped.iter().map(|(reason, name)| format!("{name}: {}", reason.text()));
        let failed = discovery.failed.iter().map(ToString::to_string);
        streams.chain(skipped).chain(failed).map(|line| self.relative(&line)).collect()
    }

    /// What is read: `name "content"` for each source, and what is skipped, in order.
    fn read(&self, names: &[&str]) -> Vec<String> {
        let discovery = self.discover(names);
        assert_eq!(discovery.failed, []);
        discovery.streams.iter().flat_map(|stream| self.pieces(stream)).collect()
    }

    fn pieces(&self, stream: &Stream) -> Vec<String> {
        let mut reader = StreamReader::open(stream, &self.options);
        let mut lines = Vec::new();
        let mut text: Option<(String, u64, Vec<u8>)> = None;
        while let Some(piece) = reader.next() {
            match piece {
                Piece::Begin(info) => {
                    assert!(text.is_none());
                    text = Some((info.name.to_string(), 0, Vec::new()));
                }
                Piece::Block(block) => {
                    let (_, at, content) = text.as_mut().expect("a source began");
                    if content.is_empty() {
                        *at = block.offset;
                    }
                    assert_eq!(block.offset, *at + content.len() as u64);
                    content.extend_from_slice(block.bytes());
                }
                Piece::Skipped { reason, name, count } => {
                    lines.push(format!("{name}: {count} {}", reason.text()));
                }
                Piece::End => {
                    let (name, at, content) = text.take().expect("a source began");
                    let at = if at > 0 { format!(" at {at}") } else { String::new() };
                    lines.push(format!("{name}{at} {:?}", String::from_utf8_lossy(&content)));
                }
            }
        }
        assert!(text.is_none());
        lines.iter().map(|line| self.relative(line)).collect()
    }
}

#[track_caller]
fn check(got: Vec<String>, expected: &[&str]) {
    assert_eq!(got, expected);
}

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
    let all = discover(&[Input::Path(tree.path("logs"))], &DiscoverOptions { hidden: true });
    assert_eq!(all.streams.len(), 3);
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
fn a_file_that_vanished_is_skipped_and_reading_goes_on() {
    let tree = Tree::new();
    tree.write("svc.log.1", b"old\n").write("svc.log", b"new\n");
    let discovery = tree.discover(&["svc.log*"]);
    fs::remove_file(tree.path("svc.log.1")).expect("it is ours");
    check(tree.pieces(&discovery.streams[0]), &["svc.log.1: 1 cannot be read", "svc.log \"new\\n\""]);
}

#[cfg(unix)]
#[test]
fn a_rotation_between_finding_and_reading_neither_loses_nor_doubles_anything() {
    let tree = Tree::new();
    tree.write("svc.log.1", b"old\n").write("svc.log", b"new\n");
    let discovery = tree.discover(&["svc.log*"]);
    fs::remove_file(tree.path("svc.log.1")).expect("it is ours");
    fs::rename(tree.path("svc.log"), tree.path("svc.log.1")).expect("it is ours");
    tree.write("svc.log", b"newest\n");
    check(tree.pieces(&discovery.streams[0]), &["svc.log.1: 1 cannot be read", "svc.log \"new\\n\""]);
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_given_as_far_as_it_was_read() {
    let tree = Tree { options: ReadOptions { block_size: 16_384, ..ReadOptions::default() }, ..Tree::new() };
    tree.write("svc.log", &b"0123456\n".repeat(8_192));
    let discovery = tree.discover(&["svc.log"]);
    let mut reader = StreamReader::open(&discovery.streams[0], &tree.options);
    assert!(matches!(reader.next(), Some(Piece::Begin(_))));
    assert!(matches!(reader.next(), Some(Piece::Block(block)) if block.bytes().len() == 16_384));
    File::options()
        .write(true)
        .open(tree.path("svc.log"))
        .and_then(|file| file.set_len(100))
        .expect("it is ours");
    assert!(matches!(reader.next(), Some(Piece::Skipped { reason: SkipReason::Shrunk, count: 1, .. })));
    assert!(matches!(reader.next(), Some(Piece::End)));
    assert!(reader.next().is_none());
}

#[test]
fn a_file_that_grows_is_read_to_the_end_that_is_met() {
    let tree = Tree { options: ReadOptions { block_size: 64, ..ReadOptions::default() }, ..Tree::new() };
    tree.write("svc.log", &b"0123456\n".repeat(2_000));
    let discovery = tree.discover(&["svc.log"]);
    let mut reader = StreamReader::open(&discovery.streams[0], &tree.options);
    let mut lines = 0;
    while let Some(piece) = reader.next() {
        if let Piece::Begin(_) = piece {
            let mut file = File::options().append(true).open(tree.path("svc.log")).expect("it is ours");
            file.write_all(b"appended\n").expect("room for it");
        }
        if let Piece::Block(block) = piece {
            lines += block.bytes().iter().filter(|&&byte| byte == b'\n').count();
        }
    }
    assert_eq!(lines, 2_001);
    assert_eq!(reader.bytes_read(), 16_009);
}

#[test]
fn every_compression_is_told_by_content() {
    let tree = Tree::new();
    for (index, compression) in
        [Compression::Gzip, Compression::Zstd, Compression::Bzip2, Compression::Xz, Compression::Lz4]
            .into_iter()
            .enumerate()
    {
        tree.write(&format!("{index}.txt"), &compress(compression, b"one\ntwo"));
    }
    tree.write("plain.gz", b"not compressed\n");
    check(
        tree.read(&["?.txt", "plain.gz"]),
        &[
            "0.txt \"one\\ntwo\"",
            "1.txt \"one\\ntwo\"",
            "2.txt \"one\\ntwo\"",
            "3.txt \"one\\ntwo\"",
            "4.txt \"one\\ntwo\"",
            "plain.gz \"not compressed\\n\"",
        ],
    );
}

#[test]
fn damaged_data_is_given_as_far_as_it_goes() {
    let tree = Tree::new();
    let text: Vec<u8> = (0..20_000u32)
        .flat_map(|n| format!("line {n} {}\n", n.wrapping_mul(2_654_435_761)).into_bytes())
        .collect();
    let packed = compress(Compression::Gzip, &text);
    tree.write("svc.log.gz", &packed[..packed.len() / 2]);
    let got = tree.read(&["svc.log.gz"]);
    assert_eq!(got[0], "svc.log.gz: 1 damaged or truncated compressed data");
    assert!(
        got[1].starts_with("svc.log.gz \"line 0 0\\nline 1 2654435761\\n") && got[1].len() > text.len() / 3
    );
    assert_eq!(got.len(), 2);
    tree.write("svc.log.gz", &packed[..10]);
    check(tree.read(&["svc.log.gz"]), &["svc.log.gz: 1 damaged or truncated compressed data"]);
}

#[test]
fn members_of_archives_are_sources() {
    let tree = Tree::new();
    let inner = zip(&[("c.log", b"c\n")]);
    let packed = compress(Compression::Gzip, b"b\n");
    let archive = tar(&[
        ("app/a.log", b"a\n"),
        ("app/b.log.gz", &packed),
        ("bundle.zip", &inner),
        ("empty.log", b""),
        ("logo.png", b"\x89PNG\r\n\x1a\n\0\0"),
    ]);
    tree.write("logs.tar.gz", &compress(Compression::Gzip, &archive));
    let expected = [
        "logs.tar.gz!app/a.log \"a\\n\"",
        "logs.tar.gz!app/b.log.gz \"b\\n\"",
        "logs.tar.gz!bundle.zip!c.log \"c\\n\"",
        "logs.tar.gz!empty.log \"\"",
        "logs.tar.gz!logo.png: 1 binary file",
    ];
    check(tree.read(&["logs.tar.gz"]), &expected);
    let plain: Vec<String> = expected.iter().map(|line| line.replace("logs.tar.gz", "logs.zip")).collect();
    let plain: Vec<&str> = plain.iter().map(|line| &line[..]).collect();
    tree.write(
        "logs.zip",
        &zip(&[
            ("app/a.log", b"a\n"),
            ("app/b.log.gz", &packed),
            ("bundle.zip", &inner),
            ("empty.log", b""),
            ("logo.png", b"\x89PNG\r\n\x1a\n\0\0"),
        ]),
    );
    check(tree.read(&["logs.zip"]), &plain);
}

#[test]
fn damage_in_one_member_leaves_the_others() {
    let tree = Tree::new();
    let packed = compress(Compression::Gzip, b"b\n");
    tree.write("logs.tar", &tar(&[("a.log.gz", &packed[..packed.len() - 4]), ("b.log", b"b\n")]));
    check(
        tree.read(&["logs.tar"]),
        &[
            "logs.tar!a.log.gz: 1 damaged or truncated compressed data",
            "logs.tar!a.log.gz \"b\\n\"",
            "logs.tar!b.log \"b\\n\"",
        ],
    );
    let whole = compress(Compression::Gzip, &tar(&[("a.log", b"a\n"), ("b.log", &b"bbb\n".repeat(1_000))]));
    tree.write("logs.tar.gz", &whole[..whole.len() - 10]);
    let got = tree.read(&["logs.tar.gz"]);
    assert_eq!(got[0], "logs.tar.gz!a.log \"a\\n\"");
    let damaged = got.iter().filter(|line| line.contains("damaged")).count();
    assert_eq!(damaged, 1, "{got:?}");
}

#[test]
fn nesting_ends_at_its_limit() {
    let tree = Tree::new();
    let mut content = b"deep\n".to_vec();
    for depth in 1..=MAX_DEPTH + 1 {
        content = compress(Compression::Gzip, &content);
        tree.write("svc.log", &content);
        let expected =
            if depth <= MAX_DEPTH { "svc.log \"deep\\n\"" } else { "svc.log: 1 archive nested too deep" };
        check(tree.read(&["svc.log"]), &[expected]);
    }
}

#[test]
fn what_expands_too_far_is_stopped_with_all_that_is_behind_it() {
    let max_expansion = MaxExpansion { bytes: 100_000, ratio: 10 };
    let tree = Tree { options: ReadOptions { max_expansion, ..ReadOptions::default() }, ..Tree::new() };
    let bomb = compress(Compression::Gzip, &b"0123456\n".repeat(100_000));
    tree.write("bomb.gz", &bomb)
        .write("bomb.tar", &tar(&[("a.gz", &bomb), ("b.log", b"b\n")]))
        .write("z.log", b"z\n");
    let got = tree.read(&["bomb.gz", "bomb.tar", "z.log"]);
    let shown: Vec<&str> =
        got.iter().map(|line| line.split(" \"0123456").next().unwrap_or_default()).collect();
    assert_eq!(
        shown,
        [
            "bomb.gz: 1 compressed data expands too far",
            "bomb.gz",
            "bomb.tar!a.gz: 1 compressed data expands too far",
            "bomb.tar!a.gz",
            "z.log \"z\\n\"",
        ]
    );
    assert!(got[1].len() > 50_000);
}

#[test]
fn members_of_a_zip_count_together() {
    let max_expansion = MaxExpansion { bytes: 200_000, ratio: 20 };
    let tree = Tree { options: ReadOptions { max_expansion, ..ReadOptions::default() }, ..Tree::new() };
    let text = b"0123456\n".repeat(10_000);
    let files: Vec<(String, &[u8])> = (0..20).map(|index| (format!("{index:02}.log"), &text[..])).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (&name[..], *text)).collect();
    tree.write("many.zip", &zip(&files));
    let got = tree.read(&["many.zip"]);
    assert!(got.iter().any(|line| line.ends_with("compressed data expands too far")));
    assert!(got.len() < 20);
}

#[test]
fn binary_files_are_skipped_even_when_named() {
    let tree = Tree::new();
    tree.write("core", b"\x7fELF\x02\x01\x01\0").write("zeros", &[0; 100_000]);
    check(tree.read(&["core", "zeros"]), &["core: 1 binary file", "zeros: 1 binary file"]);
}

#[test]
fn a_hole_at_the_start_is_left_out_and_offsets_stay() {
    let tree = Tree::new();
    tree.write("svc.log", &[&[0; 20_000][..], b"2024-05-01 text\n"].concat());
    check(tree.read(&["svc.log"]), &["svc.log: 1 binary data", "svc.log at 20000 \"2024-05-01 text\\n\""]);
}

#[test]
fn byte_order_marks_are_dropped_and_utf_16_is_converted() {
    let tree = Tree::new();
    let utf_16: Vec<u8> = "\u{feff}größer\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    tree.write("a.log", b"\xef\xbb\xbftext\n").write("b.log", &utf_16);
    tree.write("c.log.gz", &compress(Compression::Gzip, &utf_16));
    check(
        tree.read(&["?.log*"]),
        &["a.log \"text\\n\"", "b.log \"größer\\r\\n\"", "c.log.gz \"größer\\r\\n\""],
    );
}

#[test]
fn long_lines_are_cut_and_counted() {
    let tree = Tree {
        options: ReadOptions { block_size: 64, max_line: 100, ..ReadOptions::default() },
        ..Tree::new()
    };
    tree.write("svc.log", &[&b"x".repeat(1_000)[..], b"\nshort\n"].concat());
    let discovery = tree.discover(&["svc.log"]);
    let mut reader = StreamReader::open(&discovery.streams[0], &tree.options);
    assert!(matches!(reader.next(), Some(Piece::Begin(_))));
    let Some(Piece::Block(line)) = reader.next() else { panic!("the start of the line") };
    assert_eq!((line.offset, line.bytes().len()), (0, 101));
    assert!(matches!(reader.next(), Some(Piece::Skipped { reason: SkipReason::LongLine, count: 1, .. })));
    let Some(Piece::Block(line)) = reader.next() else { panic!("the next line") };
    assert_eq!((line.offset, line.bytes()), (1_001, &b"short\n"[..]));
}

#[test]
fn the_first_piece_tells_what_the_name_and_the_file_tell() {
    let tree = Tree::new();
    tree.write("orders-2024-05-01.log", b"x\n")
        .write("logs.tar", &tar(&[("checkout-7d9f8b6c5-x2x4q/app.log", b"x\n")]));
    let discovery = tree.discover(&["."]);
    let infos: Vec<SourceInfo> = discovery
        .streams
        .iter()
        .filter_map(|stream| match StreamReader::open(stream, &tree.options).next() {
            Some(Piece::Begin(info)) => Some(info),
            _ => None,
        })
        .collect();
    assert_eq!(infos[0].hints.service.as_deref(), Some("checkout"));
    assert_eq!(infos[0].modified.map(|time| time.civil()), Some((2024, 5, 1)));
    assert!(infos[0].original.is_none());
    assert_eq!(infos[1].hints.date, Some(DateHint { year: 2024, day: Some((5, 1)) }));
    assert!(infos[1].modified.is_some() && infos[1].original.is_some());
}

fn original(tree: &Tree, name: &str) -> Original {
    let discovery = tree.discover(&[name]);
    match StreamReader::open(&discovery.streams[0], &tree.options).next() {
        Some(Piece::Begin(info)) => info.original.expect("a plain file"),
        piece => panic!("{piece:?}"),
    }
}

#[test]
fn plain_files_are_read_again_at_the_offsets_of_their_blocks() {
    let tree = Tree::new();
    tree.write("a.log", b"\xef\xbb\xbfone\ntwo\n").write("b.log", b"three\n");
    let (a, b) = (original(&tree, "a.log"), original(&tree, "b.log"));
    let mut rereader = Rereader::new(1);
    let mut text = Vec::new();
    for (original, offset, len, expected) in [(&a, 4, 3, "two"), (&b, 0, 5, "three"), (&a, 0, 4, "one\n")] {
        rereader.fetch(original, offset, len, &mut text).expect("nothing changed");
        assert_eq!(String::from_utf8_lossy(&text), expected);
    }
    assert!(matches!(rereader.fetch(&b, 3, 10, &mut text), Err(RereadError::Shrunk { .. })));
    assert!(text.is_empty());
}

#[test]
fn a_file_that_grew_is_the_same_and_one_written_anew_is_not() {
    let tree = Tree::new();
    tree.write("a.log", b"one\ntwo\n").write("b.log", b"one\ntwo\n");
    let (a, b) = (original(&tree, "a.log"), original(&tree, "b.log"));
    let mut rereader = Rereader::new(8);
    let mut text = Vec::new();
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let mut grown = File::options().append(true).open(tree.path("a.log")).expect("it is ours");
    grown.write_all(b"three\n").expect("room for it");
    grown.set_modified(long_ago).expect("it is ours");
    rereader.fetch(&a, 4, 4, &mut text).expect("it only grew");
    assert_eq!(text, b"two\n");
    // As `copytruncate` does: the same file, emptied and written from its start.
    let mut anew = File::options().write(true).truncate(true).open(tree.path("b.log")).expect("it is ours");
    anew.write_all(b"six\nseven\neight\n").expect("room for it");
    anew.set_modified(long_ago).expect("it is ours");
    let error = rereader.fetch(&b, 4, 4, &mut text).expect_err("the content is another");
    assert_eq!(tree.relative(&error.to_string()), "cannot read 'b.log' again: it was replaced");
}

#[cfg(unix)]
#[test]
fn a_renamed_file_is_read_again_and_its_successor_is_not() {
    let tree = Tree::new();
    tree.write("a.log", b"one\n");
    let a = original(&tree, "a.log");
    let mut text = Vec::new();
    fs::rename(tree.path("a.log"), tree.path("a.log.1")).expect("it is ours");
    tree.write("a.log", b"two\n");
    Rereader::new(8).fetch(&a, 0, 4, &mut text).expect("it is still there");
    assert_eq!(text, b"one\n");
    fs::remove_file(tree.path("a.log.1")).expect("it is ours");
    assert!(matches!(Rereader::new(8).fetch(&a, 0, 4, &mut text), Err(RereadError::Replaced { .. })));
    fs::remove_file(tree.path("a.log")).expect("it is ours");
    let error = Rereader::new(8).fetch(&a, 0, 4, &mut text).expect_err("nothing is left");
    assert_eq!(tree.relative(&error.to_string()), "cannot read 'a.log' again: no such file or directory");
}

#[test]
fn stdin_is_a_source_of_its_own_and_counts_once() {
    let discovery = discover(&[Input::Stdin, Input::Stdin], &DiscoverOptions::default());
    assert_eq!(discovery.streams.len(), 1);
    let source = &discovery.streams[0].sources[0];
    assert_eq!((&source.name[..], &source.path, source.size), ("-", &None::<PathBuf>, None));
}

#[test]
fn readers_may_be_moved_between_threads_and_buffers_shared() {
    fn movable<T: Send>() {}
    fn shared<T: Send + Sync>() {}
    movable::<StreamReader>();
    movable::<Piece>();
    movable::<Rereader>();
    shared::<Buffers>();
    shared::<ReadOptions>();
    assert!(Path::new("/").exists());
}

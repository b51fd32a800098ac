//! What is read from the files that were found.

use std::fs::{self, File};
use std::io::Write;

use super::*;
use crate::input::decode::Compression;
use crate::input::samples::{compress, tar, zip};

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
    assert!(matches!(reader.next(), Some(Piece::End { bytes: 16_384 })));
    assert!(reader.next().is_none());
}

#[test]
fn a_file_that_grows_is_read_to_the_end_that_is_met() {
    let tree = Tree { options: ReadOptions { block_size: 64, ..ReadOptions::default() }, ..Tree::new() };
    tree.write("svc.log", &b"0123456\n".repeat(2_000));
    let discovery = tree.discover(&["svc.log"]);
    let mut reader = StreamReader::open(&discovery.streams[0], &tree.options);
    let mut lines = 0;
    for piece in reader.by_ref() {
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
fn no_damage_to_an_archive_panics_or_hangs() {
    let tree = Tree::new();
    let packed = compress(Compression::Gzip, b"b\n");
    let files = [("a.log", &b"a line\n"[..]), ("b.log.gz", &packed), ("c.zip", &zip(&[("c.log", b"c\n")]))];
    for archive in [tar(&files), zip(&files)] {
        for at in (0..archive.len()).step_by(7) {
            let mut damaged = archive.clone();
            damaged[at] ^= 0x15;
            tree.write("logs", &damaged).read(&["logs"]);
            tree.write("logs", &archive[..at]).read(&["logs"]);
        }
    }
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
    assert!(matches!(reader.next(), Some(Piece::End { bytes: 1_007 })));
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

#[test]
fn a_directory_of_several_services_names_none_of_them() {
    let service = |files: &[&str]| {
        let tree = Tree::new();
        files.iter().for_each(|file| _ = tree.write(&format!("mlp/v1/logs/{file}"), b"x\n"));
        let discovery = tree.discover(&["."]);
        let stream = discovery.streams.iter().find(|stream| stream.name.ends_with("console.log"));
        match stream.and_then(|stream| StreamReader::open(stream, &tree.options).next()) {
            Some(Piece::Begin(info)) => info.hints.service,
            _ => None,
        }
    };
    assert_eq!(service(&["console.log", "gc.log"]).as_deref(), Some("mlp"));
    let several = ["console.log", "deployer.log", "features-1.log", "features-2.log", "mesh.log"];
    assert_eq!(service(&several).as_deref(), Some("console"));
    assert_eq!(service(&several[..4]).as_deref(), Some("mlp"));
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
}

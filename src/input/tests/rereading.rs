//! What is read again of plain files.

use std::fs::{self, File};
use std::io::Write;

use super::*;

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

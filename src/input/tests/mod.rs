//! The stage as a whole, on files.

mod finding;
mod reading;
mod rereading;

use std::fs;
use std::path::PathBuf;

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
        let reader = StreamReader::open(stream, &self.options);
        let mut lines = Vec::new();
        let mut text: Option<(String, u64, Vec<u8>)> = None;
        for piece in reader {
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
                Piece::Pause => panic!("files do not pause"),
                Piece::End { bytes } => {
                    let (name, at, content) = text.take().expect("a source began");
                    assert!(bytes >= at + content.len() as u64);
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

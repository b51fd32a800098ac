//! Writes generated logs: `cargo run --release --example generate -- DIR json|logfmt|text|plain MEGABYTES [SEED]`.

#[path = "../benches/corpus.rs"]
mod corpus;

use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [folder, style, megabytes, seed @ ..] = words.as_slice() else {
        anyhow::bail!("usage: generate DIR json|logfmt|text|plain MEGABYTES [SEED]");
    };
    let style = style.parse().map_err(anyhow::Error::msg)?;
    let size = megabytes.parse::<usize>().context("MEGABYTES is no number")? * 1_000_000;
    let seed = seed.first().map_or(Ok(7), |seed| seed.parse()).context("SEED is no number")?;
    fs::create_dir_all(folder)?;
    for (name, text) in corpus::logs(style, size, seed) {
        fs::write(Path::new(folder).join(name), text)?;
    }
    Ok(())
}

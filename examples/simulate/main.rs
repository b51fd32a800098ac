//! Draws a system of services from a seed, lets it run, and writes its logs and the truth about them.
//!
//! `cargo run --release --example simulate -- --seed 7 --out DIR [--variant v3] [--transactions 300] [--describe]`
//!
//! A development tool: it keeps the inference honest by drawing systems that differ from each other as those of
//! different companies do. It knows nothing of the library and only writes text files. The same seed, variant and
//! number of transactions give the same bytes on every run.
//!
//! `score.py 1 60 --scorer DIR` beside this file draws sixty systems, spread over the variants, and scores the traces
//! that are woven from their logs.

mod company;
mod describe;
mod domain;
mod draw;
mod drive;
mod layout;
mod naming;
mod output;
mod phrase;
mod plan;
mod planner;
mod run;
mod service;
mod site;
mod slot;
mod stamp;
mod symmetry;
#[cfg(test)]
mod tests;
mod values;
mod variant;
mod words;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use variant::Variant;

/// Draw a system of services and write its logs, with the truth beside them.
#[derive(Parser)]
struct Args {
    /// Draw the system of this number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What the logs hold.
    #[arg(long, value_enum, default_value_t = Variant::V1)]
    variant: Variant,
    /// Let so many transactions come from outside.
    #[arg(long, default_value_t = 300)]
    transactions: usize,
    /// Write `logs/` and `truth/` below this folder.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Say what was drawn.
    #[arg(long)]
    describe: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match work(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "simulate: {error}");
            ExitCode::from(2)
        }
    }
}

fn work(args: &Args) -> io::Result<()> {
    let trial = drive::draw(args.seed);
    let system = &trial.system;
    let run = drive::drive(&trial, args.variant, args.transactions);
    if args.describe || args.out.is_none() {
        let mut text = describe::text(system);
        text += &describe::measured(&symmetry::measure(system, &run));
        io::stdout().write_all(text.as_bytes())?;
    }
    if let Some(folder) = &args.out {
        output::corpus(system, &run, args.variant).store(folder)?;
    }
    Ok(())
}

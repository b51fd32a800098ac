//! Flags, configuration, progress, messages, exit codes.

mod args;
mod commands;
mod config;
mod interrupt;
mod memory;
mod message;
mod options;
mod output;
mod progress;
mod record;
mod usage;

use args::{Cli, Command};
use clap::{CommandFactory, Parser};
use message::{Exit, Voice};
use std::process::ExitCode;

/// Runs the program on the arguments of the process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::end(&error).into(),
    };
    let command = cli.command.unwrap_or(Command::Report(cli.report));
    let result = match command {
        Command::Report(args) => commands::report(&args),
        Command::List(args) => commands::list(&args),
        Command::Show(args) => commands::show(&args),
        Command::Map(args) => commands::map(&args),
        Command::Check(args) => commands::check(&args),
        Command::Diff(args) => commands::diff(&args),
        Command::Export(args) => commands::export(&args),
        Command::Extract(args) => commands::extract(&args),
        Command::Explain(args) => commands::explain(&args),
        Command::Completions(args) => {
            clap_complete::generate(args.shell, &mut Cli::command(), "spanloom", &mut std::io::stdout());
            Ok(Exit::Done)
        }
        Command::Man => clap_mangen::Man::new(Cli::command())
            .render(&mut std::io::stdout())
            .map(|()| Exit::Done)
            .map_err(Into::into),
    };
    result.unwrap_or_else(|error| tell(&error)).into()
}

/// Says an error, its causes in one line, and what may help.
fn tell(error: &anyhow::Error) -> Exit {
    let voice = Voice { quiet: false };
    if error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    }) {
        return Exit::Done;
    }
    let hint = error.downcast_ref::<options::HintText>().map(|hint| hint.0.clone());
    let causes: Vec<String> = error.chain().map(words).filter(|cause| Some(cause) != hint.as_ref()).collect();
    voice.error(causes.join(": "));
    if let Some(hint) = hint {
        voice.hint(hint);
    }
    Exit::Trouble
}

/// A cause in lower-case words.
fn words(cause: &(dyn std::error::Error + 'static)) -> String {
    cause.downcast_ref::<std::io::Error>().map_or_else(|| cause.to_string(), crate::input::words)
}

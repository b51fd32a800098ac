//! The program; everything it does is in the library.

/// Frees and takes small pieces of memory faster than most systems' own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    spanloom::cli::main()
}

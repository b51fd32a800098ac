//! Finds sources and gives their bytes as blocks of whole lines. Knows nothing of log formats.

mod blocks;
mod buffers;
mod codec;
mod decode;
mod feed;

pub use buffers::{Block, Buffers, DEFAULT_KEPT_BYTES};

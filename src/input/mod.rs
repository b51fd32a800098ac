//! Finds sources and gives their bytes as blocks of whole lines. Knows nothing of log formats.

mod archive;
mod blocks;
mod buffers;
mod charset;
mod codec;
mod content;
mod decode;
mod feed;
mod meter;
mod tar;
mod zip;

pub use buffers::{Block, Buffers, DEFAULT_KEPT_BYTES};
pub use meter::MaxExpansion;

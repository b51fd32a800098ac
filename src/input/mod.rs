//! Finds sources and gives their bytes as blocks of whole lines. Knows nothing of log formats.

mod archive;
mod blocks;
mod buffers;
mod charset;
mod codec;
mod content;
mod dates;
mod decode;
mod feed;
mod instance;
mod meter;
mod naming;
mod rotation;
mod tar;
mod zip;

pub use buffers::{Block, Buffers, DEFAULT_KEPT_BYTES};
pub use instance::{split_instance, split_pod};
pub use meter::MaxExpansion;
pub use naming::{DateHint, Hints};

//! Compressed data and archives for tests.

use std::io::Write;

use super::decode::Compression;

/// Compresses with checksums, in small blocks where there is a choice.
pub(super) fn compress(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    const WRITES: &str = "memory can be written";
    match compression {
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).expect(WRITES);
            encoder.finish().expect(WRITES)
        }
        Compression::Deflate => {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).expect(WRITES);
            encoder.finish().expect(WRITES)
        }
        Compression::Zstd => {
            let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("a known level");
            encoder.include_checksum(true).expect("before the first byte");
            encoder.write_all(bytes).expect(WRITES);
            encoder.finish().expect(WRITES)
        }
        Compression::Bzip2 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(bytes).expect(WRITES);
            encoder.finish().expect(WRITES)
        }
        Compression::Xz => liblzma::encode_all(bytes, 0).expect(WRITES),
        Compression::Lz4 => {
            let info = lz4_flex::frame::FrameInfo::new()
                .block_size(lz4_flex::frame::BlockSize::Max64KB)
                .block_checksums(true);
            let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
            encoder.write_all(bytes).expect(WRITES);
            encoder.finish().expect(WRITES)
        }
    }
}

/// A tar archive; its files were written on 2024-05-01.
pub(super) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(1_714_564_800);
        builder.append_data(&mut header, name, *content).expect("memory can be written");
    }
    builder.into_inner().expect("memory can be written")
}

/// A zip archive of deflated members.
pub(super) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let files: Vec<_> =
        files.iter().map(|(name, content)| (*name, *content, rawzip::CompressionMethod::DEFLATE)).collect();
    zip_with(&files)
}

/// A zip archive. Members are deflated or stored, whatever method they state; a name that ends with `/` is a directory.
pub(super) fn zip_with(files: &[(&str, &[u8], rawzip::CompressionMethod)]) -> Vec<u8> {
    const WRITES: &str = "memory can be written";
    let mut bytes = Vec::new();
    let mut writer = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (name, content, method) in files {
        if name.ends_with('/') {
            writer.new_dir(*name).create().expect(WRITES);
            continue;
        }
        let (mut entry, config) = writer.new_file(name).compression_method(*method).start().expect(WRITES);
        let descriptor = if *method == rawzip::CompressionMethod::DEFLATE {
            let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast());
            let mut data = config.wrap(encoder);
            data.write_all(content).expect(WRITES);
            let (encoder, descriptor) = data.finish().expect(WRITES);
            encoder.finish().expect(WRITES);
            descriptor
        } else {
            let mut data = config.wrap(&mut entry);
            data.write_all(content).expect(WRITES);
            data.finish().expect(WRITES).1
        };
        entry.finish(descriptor).expect(WRITES);
    }
    writer.finish().expect(WRITES);
    bytes
}

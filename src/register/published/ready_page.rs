//! A page as it is sent: its bytes and their compressed forms, each made once, each with an entity tag of its own.

use std::io::Write;

use brotli::enc::BrotliEncoderParams;
use bytes::Bytes;
use flate2::write::GzEncoder;
use tokio::sync::OnceCell;

use crate::domain::values::{hex, sha256};
use crate::register::commands::Failure;

/// Pages of this many bytes are compressed on another thread, because compressing them would hold up other requests.
const LONG: usize = 32 * 1024;
/// Pages below this many bytes are not compressed, because they fit into one packet anyway.
const GAINS_FROM: usize = 1024;
/// At effort 5, Brotli takes about as long as gzip at its usual level and makes fewer bytes. More effort takes many
/// times as long.
const BROTLI_EFFORT: i32 = 5;
/// A window of 2^18 bytes (256 KiB), as long as most pages.
const BROTLI_WINDOW: i32 = 18;

/// A compression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Coding {
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
}

/// Bytes as they are sent.
pub struct Representation {
    pub body: Bytes,
    /// Their entity tag: half of the SHA-256 of these very bytes.
    pub etag: Bytes,
}

/// A page as it is sent. It never changes.
pub struct ReadyPage {
    pub media_type: &'static str,
    /// Its bytes, uncompressed.
    pub identity: Representation,
    gzip: OnceCell<Representation>,
    brotli: OnceCell<Representation>,
}

impl From<Bytes> for Representation {
    fn from(body: Bytes) -> Self {
        let digest = sha256(&body);
        let short = digest.get(..16).unwrap_or_default();
        Self { etag: format!("\"{}\"", hex(short)).into(), body }
    }
}

impl ReadyPage {
    /// A page of these bytes.
    #[must_use]
    pub fn new(media_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { media_type, identity: body.into().into(), gzip: OnceCell::new(), brotli: OnceCell::new() }
    }

    /// Whether compressing it saves anything.
    #[must_use]
    pub fn gains(&self) -> bool {
        self.identity.body.len() >= GAINS_FROM
    }

    /// The compressed page. The first caller compresses it, later callers wait for it.
    pub async fn coded(&self, coding: Coding) -> Result<&Representation, Failure> {
        let made = match coding {
            Coding::Gzip => &self.gzip,
            Coding::Brotli => &self.brotli,
        };
        if let Some(made) = made.get() {
            return Ok(made);
        }
        let make = async || {
            let body = self.identity.body.clone();
            if body.len() < LONG {
                return Ok(coding.compress(&body));
            }
            let compressed = tokio::task::spawn_blocking(move || coding.compress(&body));
            compressed.await.map_err(|_| Failure::Broken)
        };
        // In a box, because the future of every request would otherwise have room for it.
        Box::pin(made.get_or_try_init(make)).await
    }
}

impl Coding {
    /// Its name in the headers of HTTP.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }

    /// Compresses to the same bytes on every machine: neither an instant nor a system stands in them. Writing to memory
    /// cannot fail, so errors are dropped.
    fn compress(self, body: &[u8]) -> Representation {
        let compressed = match self {
            Self::Gzip => {
                let mut writer = GzEncoder::new(Vec::new(), flate2::Compression::default());
                writer.write_all(body).and_then(|()| writer.finish()).unwrap_or_default()
            }
            Self::Brotli => {
                let usual = BrotliEncoderParams::default();
                let parameters = BrotliEncoderParams { quality: BROTLI_EFFORT, lgwin: BROTLI_WINDOW, ..usual };
                let mut compressed = Vec::new();
                let _ = brotli::BrotliCompress(&mut &*body, &mut compressed, &parameters);
                compressed
            }
        };
        Bytes::from(compressed).into()
    }
}

/// A text as it is stored.
pub(super) fn compressed(text: &[u8]) -> Vec<u8> {
    Coding::Brotli.compress(text).body.into()
}

/// Reads a stored text; `None` if it is none.
pub(super) fn decompressed(stored: &[u8]) -> Option<String> {
    let mut text = Vec::new();
    brotli::BrotliDecompress(&mut &*stored, &mut text).ok()?;
    String::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn plain_of(coding: Coding, compressed: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        match coding {
            Coding::Gzip => drop(flate2::read::GzDecoder::new(compressed).read_to_end(&mut plain).unwrap()),
            Coding::Brotli => brotli::BrotliDecompress(&mut &*compressed, &mut plain).unwrap(),
        }
        plain
    }

    #[test]
    fn compress_and_back_gives_the_same_bytes_and_names_no_instant() {
        for length in [0, 1, 1000, 1_000_000] {
            // Digits that do not repeat.
            let body: Vec<u8> =
                (0..length).map(|n: u32| b'0' + (n.wrapping_mul(2_654_435_761) >> 24) as u8 % 10).collect();
            for coding in [Coding::Gzip, Coding::Brotli] {
                let compressed = coding.compress(&body);
                assert!(plain_of(coding, &compressed.body) == body, "{length} {coding:?}");
                assert_eq!(compressed.etag, coding.compress(&body).etag);
            }
            // RFC 1952: MTIME 0 is none, OS 255 unknown.
            let gzip = Coding::Gzip.compress(&body).body;
            assert_eq!((&gzip[4..8], gzip[9]), (&[0; 4][..], 255));
        }
    }

    #[test]
    fn read_in_a_coding_twice_gives_the_same_allocation() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            for length in [2000, 2 * LONG] {
                let page = ReadyPage::new("text/plain", vec![b'x'; length]);
                let (one, other) = tokio::join!(page.coded(Coding::Brotli), page.coded(Coding::Brotli));
                assert_eq!(one.unwrap().body.as_ptr(), other.unwrap().body.as_ptr());
                assert_ne!(page.coded(Coding::Gzip).await.unwrap().etag, page.identity.etag);
            }
        });
    }
}

//! Bodies in slices. actix-http copies what a body gives into the buffer of the connection, whole, and asks for more only when
//! there is room, so a long body that comes in one piece stands there once for each caller who does not read.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::Bytes;

/// The bytes that are copied at a time.
const SLICE: usize = 16 * 1024;

/// Shared bytes, given in slices, and something that is held until all are given or nobody wants them any more.
struct Slices<H> {
    left: Bytes,
    _held: Option<H>,
}

impl<H: Unpin> MessageBody for Slices<H> {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.left.len() as u64)
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let length = self.left.len().min(SLICE);
        let slice = self.left.split_to(length);
        Poll::Ready((length > 0).then_some(Ok(slice)))
    }
}

/// Cuts a long body into slices. A short one stays as it is, unless something is to be `held` until it is sent.
pub fn in_slices<H: Unpin + 'static>(body: BoxBody, held: Option<H>) -> BoxBody {
    match body.size() {
        BodySize::Sized(length) if length > SLICE as u64 || (length > 0 && held.is_some()) => {
            body.try_into_bytes().map_or_else(|body| body, |left| BoxBody::new(Slices { left, _held: held }))
        }
        _ => body,
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    #[test]
    fn cut_a_body_gives_the_same_bytes_in_slices_and_holds_until_it_is_dropped() {
        let bytes: Bytes = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        let held = Rc::new(());
        let mut body = in_slices(BoxBody::new(bytes.clone()), Some(held.clone()));
        assert_eq!(body.size(), BodySize::Sized(100_000));
        let (mut given, mut context) = (Vec::new(), Context::from_waker(std::task::Waker::noop()));
        while let Poll::Ready(Some(slice)) = Pin::new(&mut body).poll_next(&mut context) {
            let slice = slice.unwrap();
            assert!(slice.len() <= SLICE);
            given.extend_from_slice(&slice);
        }
        assert!(given == bytes);
        assert_eq!(Rc::strong_count(&held), 2);
        drop(body);
        assert_eq!(Rc::strong_count(&held), 1);
    }

    #[test]
    fn cut_a_short_body_leaves_it_in_one_piece() {
        for length in [0, 1, SLICE] {
            let body = in_slices::<()>(BoxBody::new(Bytes::from(vec![b'x'; length])), None);
            assert_eq!(body.size(), BodySize::Sized(length as u64));
            assert_eq!(body.try_into_bytes().unwrap().len(), length);
        }
    }
}

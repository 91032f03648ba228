//! Pages that are made when they are first asked for. The first caller makes a page, later callers wait for it, and the
//! cache keeps the last 64, of 16 MiB together.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

use crate::register::commands::Failure;

use super::ready_page::ReadyPage;

/// Pages kept at a time. One page more drops the page that was asked for longest ago.
const MOST: usize = 64;

/// Bytes kept at a time, uncompressed. The page that was made last is kept in any case.
const MOST_BYTES: usize = 16 << 20;

/// A page, or why it could not be made.
type Made = Result<Arc<ReadyPage>, Failure>;

/// Pages by their keys, in the order in which they were last asked for.
#[derive(Default)]
pub struct PageCache(Mutex<Vec<(String, Arc<OnceCell<Made>>)>>);

impl PageCache {
    /// The page of a key. The first caller's `make` runs; if it fails, all callers that wait for it fail, and the next
    /// caller tries again. Check the request before calling this, because others are told of a failure, too.
    pub async fn get(
        &self,
        key: impl Into<String>,
        make: impl Future<Output = Result<ReadyPage, Failure>>,
    ) -> Result<Arc<ReadyPage>, Failure> {
        let place = self.place(key.into());
        let made = place.get_or_init(|| async { make.await.map(Arc::new) }).await.clone();
        if made.is_err() {
            self.places().retain(|(_, other)| !Arc::ptr_eq(other, &place));
        } else {
            self.let_go();
        }
        made
    }

    /// Drops pages that were asked for longest ago, while all together are too long.
    fn let_go(&self) {
        let length = |place: &OnceCell<Made>| {
            place.get().and_then(|made| made.as_ref().ok()).map_or(0, |page| page.identity.body.len())
        };
        let mut places = self.places();
        let mut bytes: usize = places.iter().map(|(_, place)| length(place)).sum();
        while bytes > MOST_BYTES && places.len() > 1 {
            let (_, gone) = places.remove(0);
            bytes -= length(&gone);
        }
    }

    /// The page of a key, if it is made. Asking for it keeps it, as asking by `get` does.
    #[must_use]
    pub fn made(&self, key: &str) -> Option<Arc<ReadyPage>> {
        let mut places = self.places();
        let at = places.iter().position(|(other, _)| other == key)?;
        let asked = places.remove(at);
        let page = asked.1.get().and_then(|made| made.as_ref().ok()).cloned();
        places.push(asked);
        page
    }

    fn place(&self, key: String) -> Arc<OnceCell<Made>> {
        let mut places = self.places();
        let known = places.iter().position(|(other, _)| *other == key);
        let (key, place) = match known {
            Some(at) => places.remove(at),
            None => (key, Arc::default()),
        };
        if places.len() >= MOST {
            places.remove(0);
        }
        places.push((key, place.clone()));
        place
    }

    fn places(&self) -> MutexGuard<'_, Vec<(String, Arc<OnceCell<Made>>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test);
    }

    /// Lets the others go first, as an answer of the database does.
    async fn made(count: &Cell<u32>, body: &'static str) -> Result<ReadyPage, Failure> {
        count.set(count.get() + 1);
        tokio::task::yield_now().await;
        if body.is_empty() { Err(Failure::Unavailable) } else { Ok(ReadyPage::new("text/plain", body)) }
    }

    #[test]
    fn get_by_two_at_once_is_made_once() {
        run(async {
            let (pages, count) = (PageCache::default(), Cell::new(0));
            let (one, other) = tokio::join!(pages.get("a", made(&count, "one")), pages.get("a", made(&count, "other")));
            assert_eq!((one.unwrap().identity.body.as_ref(), count.get()), (&b"one"[..], 1));
            assert!(Arc::ptr_eq(&other.unwrap(), &pages.get("a", made(&count, "again")).await.unwrap()));
        });
    }

    #[test]
    fn get_that_fails_fails_for_all_who_wait_and_is_tried_again_for_the_next() {
        run(async {
            let (pages, count) = (PageCache::default(), Cell::new(0));
            let (one, other) = tokio::join!(pages.get("a", made(&count, "")), pages.get("a", made(&count, "other")));
            assert_eq!([one.err(), other.err()], [Some(Failure::Unavailable), Some(Failure::Unavailable)]);
            assert_eq!((count.get(), pages.get("a", made(&count, "next")).await.is_ok()), (1, true));
        });
    }

    #[test]
    fn get_by_one_who_goes_away_is_made_for_who_waits() {
        run(async {
            let (pages, count) = (PageCache::default(), Cell::new(0));
            let mut gone = Box::pin(pages.get("a", made(&count, "one")));
            assert!(asked_once(&mut gone).await.is_none());
            drop(gone);
            assert_eq!(pages.get("a", made(&count, "two")).await.unwrap().identity.body, "two");
        });
    }

    /// The output of a future that is ready when it is polled once.
    async fn asked_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        std::future::poll_fn(|context| {
            let polled = std::pin::Pin::new(&mut *future).poll(context);
            std::task::Poll::Ready(match polled {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }

    #[test]
    fn get_of_long_pages_keeps_no_more_bytes_than_it_may() {
        run(async {
            let pages = PageCache::default();
            let long = |length: usize| async move { Ok(ReadyPage::new("text/plain", vec![b'x'; length])) };
            for n in 0..5 {
                pages.get(n.to_string(), long(MOST_BYTES / 3)).await.unwrap();
            }
            let kept = |pages: &PageCache| (0..6).filter(|n| pages.made(&n.to_string()).is_some()).collect::<Vec<_>>();
            assert_eq!(kept(&pages), [2, 3, 4]);
            pages.get("5", long(2 * MOST_BYTES)).await.unwrap();
            assert_eq!(kept(&pages), [5], "what was made last is kept in any case");
        });
    }

    #[test]
    fn get_of_more_than_are_kept_lets_go_of_what_was_asked_for_longest_ago() {
        run(async {
            let (pages, count) = (PageCache::default(), Cell::new(0));
            for n in 0..=MOST {
                // The first is asked for all the time, made once and then as what is there.
                assert_eq!(pages.made("0").is_some(), n > 0);
                pages.get(n.to_string(), made(&count, "x")).await.unwrap();
            }
            assert_eq!(pages.places().len(), MOST);
            let before = count.get();
            pages.get("0", made(&count, "x")).await.unwrap();
            assert_eq!(count.get(), before, "it is still there");
            pages.get("1", made(&count, "x")).await.unwrap();
            assert_eq!(count.get(), before + 1, "it had to go");
        });
    }
}

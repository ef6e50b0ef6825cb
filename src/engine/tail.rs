//! What a background command printed of late, for the steps that are judged by it (`expect: { of: STEP }`).
//!
//! At most 1 MiB, in memory only and unmasked, as the judge needs it; nothing of it is recorded from here. The command's pump
//! writes, each judging step reads from where the output stood when it began, and is told where it read too late.

use crate::model::output::Stream;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Bytes that are kept.
const KEPT: usize = 1 << 20;

/// Bytes of the largest piece: what is let go is let go in pieces.
const PIECE: usize = 64 * 1024;

/// The newest output of one command. A clone is the same tail.
#[derive(Clone, Default)]
pub struct Tail(Arc<Shared>);

#[derive(Default)]
struct Shared {
    inner: Mutex<Inner>,
    news: Notify,
}

#[derive(Default)]
struct Inner {
    pieces: VecDeque<(Stream, Arc<[u8]>)>,
    held: usize,
    /// How many pieces were let go.
    gone: u64,
    ended: bool,
}

/// What was printed since a reader looked last.
#[derive(Debug, Default)]
pub struct News {
    /// In the order in which it came.
    pub pieces: Vec<(Stream, Arc<[u8]>)>,
    /// Some of it is gone already.
    pub lost: bool,
    /// The command is over: no more comes.
    pub ended: bool,
}

/// The one who writes: when it is gone, no more comes.
pub struct TailWriter(pub Tail);

impl Drop for TailWriter {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// A place in a tail.
pub struct TailReader {
    tail: Tail,
    next: u64,
}

impl Tail {
    /// A tail of which nothing was printed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what was printed.
    pub fn push(&self, stream: Stream, bytes: &[u8]) {
        {
            let mut inner = self.lock();
            for piece in bytes.chunks(PIECE) {
                inner.held += piece.len();
                inner.pieces.push_back((stream, piece.into()));
            }
            while inner.held > KEPT {
                let Some((_, old)) = inner.pieces.pop_front() else { break };
                inner.held -= old.len();
                inner.gone += 1;
            }
        }
        self.0.news.notify_waiters();
    }

    /// No more comes.
    pub fn end(&self) {
        self.lock().ended = true;
        self.0.news.notify_waiters();
    }

    /// Reads what is printed from now on.
    pub fn from_now(&self) -> TailReader {
        let inner = self.lock();
        TailReader { tail: self.clone(), next: inner.gone + inner.pieces.len() as u64 }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing is half done when a holder panics: each change is one of plain values.
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TailReader {
    /// Waits for news. Once the command is over it returns at once, each time. Nothing is lost where it is given up.
    pub async fn news(&mut self) -> News {
        let tail = self.tail.clone();
        loop {
            let changed = tail.0.news.notified();
            tokio::pin!(changed);
            // Before looking, so that what comes in between wakes it.
            changed.as_mut().enable();
            let news = self.look();
            if !news.pieces.is_empty() || news.lost || news.ended {
                return news;
            }
            changed.await;
        }
    }

    /// What there is now.
    pub fn look(&mut self) -> News {
        let inner = self.tail.lock();
        let lost = self.next < inner.gone;
        let from = usize::try_from(self.next.saturating_sub(inner.gone)).unwrap_or(usize::MAX);
        let pieces = inner.pieces.iter().skip(from).cloned().collect();
        let ended = inner.ended;
        self.next = inner.gone + inner.pieces.len() as u64;
        News { pieces, lost, ended }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(news: &News) -> String {
        news.pieces.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    #[test]
    fn a_reader_sees_what_came_after_it_began_once() {
        let tail = Tail::new();
        tail.push(Stream::Out, b"before");
        let (mut one, mut other) = (tail.from_now(), tail.from_now());
        tail.push(Stream::Out, b"after ");
        tail.push(Stream::Err, b"that");
        assert_eq!(text(&one.look()), "after that");
        assert_eq!(text(&one.look()), "");
        assert_eq!(text(&other.look()), "after that");
    }

    #[test]
    fn a_flood_keeps_one_mebibyte_and_tells_who_read_too_late() {
        let tail = Tail::new();
        let (mut late, chunk) = (tail.from_now(), vec![b'x'; 200_000]);
        for _ in 0..50 {
            tail.push(Stream::Out, &chunk);
            assert!(tail.lock().held <= KEPT);
        }
        let news = late.look();
        assert!(news.lost && !news.pieces.is_empty());
        tail.push(Stream::Out, b"y");
        let news = late.look();
        assert!(!news.lost && text(&news) == "y");
    }

    #[tokio::test]
    async fn a_reader_wakes_for_news_and_for_the_end() {
        let tail = Tail::new();
        let mut reader = tail.from_now();
        let (news, ()) = tokio::join!(reader.news(), async { tail.push(Stream::Out, b"a") });
        assert_eq!((text(&news), news.ended), ("a".into(), false));
        let (news, ()) = tokio::join!(reader.news(), async { tail.end() });
        assert!(news.ended && news.pieces.is_empty());
    }
}

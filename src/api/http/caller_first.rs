//! Refusals in their order: 401 and 403 come before what is wrong with a path, a query or a body. actix-web
//! polls the extractors of a handler side by side and answers with the first refusal, so that a bad body
//! would answer a caller whose token is still being checked.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::{HttpMessage, HttpRequest};
use tokio::sync::Semaphore;

use super::problems::ApiError;

/// A gate that holds back refusals of path, query and body until the caller is authorised, because 401 and 403 come
/// first.
#[derive(Clone)]
pub struct CallerGate(Rc<Semaphore>);

impl CallerGate {
    /// Shuts the gate of a request. The extractor of a caller does so before anything is polled.
    pub fn shut(request: &HttpRequest) -> Self {
        let gate = Self(Rc::new(Semaphore::new(0)));
        request.extensions_mut().insert(gate.clone());
        gate
    }

    /// Opens the gate, for good.
    pub fn open(&self) {
        self.0.close();
    }

    /// Waits until the gate is open. A request that asks for no caller has none, and does not wait.
    pub async fn pass(request: &HttpRequest) {
        let gate = request.extensions().get::<Self>().cloned();
        if let Some(Self(gate)) = gate {
            // Nobody adds a permit: this ends when the gate is closed for good.
            let _ = gate.acquire().await;
        }
    }
}

/// What an extractor gives: a value at once, a refusal once the caller is known.
pub enum CallerFirst<T> {
    /// The value, until it is taken.
    Value(Option<T>),
    /// The refusal.
    Refusal(Pin<Box<dyn Future<Output = ApiError>>>),
}

impl<T> CallerFirst<T> {
    /// Lets a refusal wait for the caller of the request.
    pub fn of(request: &HttpRequest, result: Result<T, ApiError>) -> Self {
        match result {
            Ok(value) => Self::Value(Some(value)),
            Err(refusal) => {
                let request = request.clone();
                Self::Refusal(Box::pin(async move {
                    CallerGate::pass(&request).await;
                    refusal
                }))
            }
        }
    }
}

impl<T: Unpin> Future for CallerFirst<T> {
    type Output = Result<T, ApiError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Value(value) => Poll::Ready(value.take().ok_or(ApiError::Internal)),
            Self::Refusal(refusal) => refusal.as_mut().poll(context).map(Err),
        }
    }
}

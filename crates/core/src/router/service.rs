//! The router as a [`tower_service::Service`], for services that are built of such.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::{Answer, Request, Router};
use crate::error::Error;
use crate::labels::Caller;

/// A request with who asks it.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is asked.
    pub request: Request,
    /// Who asks.
    pub caller: Arc<Caller>,
}

impl tower_service::Service<Call> for Router {
    type Response = Answer;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        // Whether there is room is known per caller and target only: the queue inside answers for it.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let router = self.clone();
        Box::pin(async move { router.chat(call.request, &call.caller).await })
    }
}

//! The client that a request acts for, noted on the request so that the middleware can log it.

/// The id of the client that a request was authorised as; absent where nobody was.
#[derive(Clone)]
pub struct ActingClient(pub String);

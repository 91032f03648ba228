//! Waiting for the answer of the writer, but not for ever.

use std::time::Duration;

use tokio::sync::oneshot;

use crate::register::commands::Failure;

/// A submitted request without an outcome after this long is answered "unknown": it may still be carried out, and sending it again is
/// safe. Short enough that a service which is told to stop answers everybody within its 30 seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// The writer's answer, or `OutcomeUnknown` when it does not come in time.
pub async fn answer_in_time<T>(answer: oneshot::Receiver<T>) -> Result<T, Failure> {
    answer_within(ANSWER_WITHIN, answer).await
}

/// The writer's answer, or `OutcomeUnknown` after `limit`, because a writer that hangs must not keep callers for ever.
async fn answer_within<T>(limit: Duration, answer: oneshot::Receiver<T>) -> Result<T, Failure> {
    if let Ok(answer) = tokio::time::timeout(limit, answer).await {
        // The writer ended before it answered, maybe after the commit.
        return answer.map_err(|_| Failure::OutcomeUnknown);
    }
    tracing::error!("the writer did not answer in time; what was asked may still be done");
    Err(Failure::OutcomeUnknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::commands::Done;

    #[test]
    fn wait_for_a_writer_that_hangs_ends_as_unknown() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (answer, answered) = oneshot::channel::<Result<Done, Failure>>();
            let waited = answer_within(Duration::from_millis(10), answered).await;
            assert!(matches!(waited, Err(Failure::OutcomeUnknown)));
            // The request is carried out, although its caller has gone.
            assert!(answer.send(Ok(Done::Administered)).is_err());
        });
    }

    #[test]
    fn wait_for_a_writer_that_answers_gives_its_answer() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (answer, answered) = oneshot::channel();
            answer.send(Ok::<_, Failure>(Done::Administered)).unwrap();
            assert!(matches!(answer_within(ANSWER_WITHIN, answered).await, Ok(Ok(Done::Administered))));
        });
    }
}

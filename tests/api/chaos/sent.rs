//! What is sent, and what was acknowledged.

use std::collections::{BTreeSet, VecDeque};

use crate::support::Reply;

/// Something that is to be sent.
#[derive(Debug)]
pub enum Work {
    Register(usize),
    Verify(String),
}

/// What there is to send and what was acknowledged, shared by those who write.
#[derive(Default)]
pub struct Sent {
    /// Where the processes answer at present.
    pub addresses: [String; 2],
    /// What was not acknowledged is sent again.
    pub again: VecDeque<Work>,
    begun: usize,
    /// The external ids of acknowledged homes.
    pub homes: BTreeSet<String>,
    /// The ids of installations whose verification was acknowledged.
    pub verified: BTreeSet<String>,
    pub ends: bool,
}

impl Sent {
    pub fn next(&mut self) -> Option<Work> {
        if let Some(work) = self.again.pop_front() {
            return Some(work);
        }
        self.begun += 1;
        (!self.ends).then_some(Work::Register(self.begun))
    }

    /// Notes what was acknowledged; everything else is sent again.
    pub fn note(&mut self, work: Work, reply: Option<Reply>) {
        let done = reply.as_ref().filter(|reply| reply.status < 300);
        match (done, work) {
            (Some(reply), Work::Register(number)) => {
                let installation = &reply.body["data"]["installation"];
                self.homes.insert(installation["external_id"].as_str().unwrap().to_owned());
                if number % 3 == 0 {
                    self.again.push_back(Work::Verify(installation["id"].as_str().unwrap().to_owned()));
                }
            }
            (Some(_), Work::Verify(id)) => {
                self.verified.insert(id);
            }
            (None, work) => {
                let told = reply.map_or((503, String::new()), |reply| (reply.status, reply.text));
                assert!([401, 503].contains(&told.0), "{work:?}: {told:?}");
                self.again.push_back(work);
            }
        }
    }

    pub fn acknowledged(&self) -> usize {
        self.homes.len() + self.verified.len()
    }
}

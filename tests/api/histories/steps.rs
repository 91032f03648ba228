//! What can happen, and how often.

use chrono::{Days, NaiveDate};
use green_homes::domain::reference::Place;
use green_homes::domain::reference::ProvinceId;
use green_homes::domain::values::Tier;
use proptest::prelude::*;

pub(super) type Lines = Vec<(usize, i64)>;

/// Requests that are sent at once.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub asked: Vec<Asked>,
    /// How many times each is sent.
    pub times: usize,
}

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub step: Step,
    pub if_match: IfMatch,
    pub key: Key,
}

/// For which state of a record a correction is.
#[derive(Clone, Copy, Debug)]
pub(super) enum IfMatch {
    Any,
    Current,
    Stale,
}

/// Whether a request has an idempotency key, where one is taken.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key {
    None,
    Fresh,
    /// One that another request came with.
    Used(usize),
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Register {
        at: Option<usize>,
        facts: (usize, usize, Option<bool>),
        day: Option<u64>,
        lines: Lines,
        cost: Option<i64>,
        /// With consent and address.
        identified: bool,
    },
    Resend(usize),
    Correct {
        which: usize,
        day: Option<u64>,
        lines: Option<Lines>,
        cost: Option<i64>,
    },
    CorrectEnd(usize, u64),
    CorrectSite {
        which: usize,
        place: Option<usize>,
        kind: Option<usize>,
        remote: Option<bool>,
    },
    Complete(usize, u64),
    Verify(usize, Tier),
    Reject(usize),
    /// Verified at a tier, or rejected.
    Decide(Vec<(usize, Option<Tier>)>),
    Resubmit(usize),
    Withdraw(usize),
    Decommission(usize, u64),
    IssueCode(usize),
    /// What is said of the home of one of those who have a code.
    Dispute(usize, u8),
    CloseDispute(usize, bool),
    WithdrawConsent(usize),
    /// By the operator.
    Erase(usize),
    Suspend,
    Resume,
    /// Of the partner's client, who gets another.
    Revoke,
    /// A request that came with a key, with that key.
    Repeat(usize),
}

impl Step {
    /// Whether it happens by itself: who may call is not decided in the order of the register.
    pub(super) fn is_alone(&self) -> bool {
        matches!(self, Self::Erase(_) | Self::Suspend | Self::Resume | Self::Revoke)
    }
}

pub(super) const PROVINCES: [&str; 3] = ["01", "79", "66"];
pub(super) const MEASURES: [&str; 5] =
    ["rooftop_solar_pv", "solar_water_heater", "heat_pump_water_heater", "roof_insulation", "battery_storage"];

pub(super) fn turn() -> impl Strategy<Value = Turn> {
    let times = prop_oneof![6 => Just(1usize), 1 => Just(2)];
    let one = (asked(), times).prop_map(|(asked, times)| Turn { asked: vec![asked], times });
    let some = prop::collection::vec(asked(), 2..4).prop_map(|asked| Turn { asked, times: 1 });
    prop_oneof![3 => one, 1 => some]
}

fn asked() -> impl Strategy<Value = Asked> {
    let if_match = prop_oneof![2 => Just(IfMatch::Any), 2 => Just(IfMatch::Current), 1 => Just(IfMatch::Stale)];
    let key = prop_oneof![8 => Just(Key::None), 5 => Just(Key::Fresh), 1 => (0usize..40).prop_map(Key::Used)];
    (step(), if_match, key).prop_map(|(step, if_match, key)| Asked { step, if_match, key })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![16 => of_partners(), 8 => of_reviewers(), 5 => of_householders(), 3 => of_operators()]
}

fn lines() -> impl Strategy<Value = Lines> {
    prop::collection::btree_map(0..MEASURES.len(), 1i64..20, 1..4).prop_map(|lines| lines.into_iter().collect())
}

fn of_partners() -> impl Strategy<Value = Step> {
    let facts = (0usize..3, prop_oneof![2 => Just(0usize), 3 => 0usize..4], any::<Option<bool>>());
    let day = prop::option::weighted(0.7, 0u64..2600);
    let register = (prop::option::of(0usize..6), facts, day, lines(), any::<Option<u32>>(), any::<bool>());
    let correct = (0usize..40, prop::option::of(0u64..2600), prop::option::of(lines()), prop::option::of(1i64..9));
    let site = (0usize..20, prop::option::of(0usize..3), prop::option::of(0usize..4), any::<Option<bool>>());
    prop_oneof![
        6 => register.prop_map(|(at, facts, day, lines, cost, identified)| {
            Step::Register { at, facts, day, lines, cost: cost.map(i64::from), identified }
        }),
        1 => (0usize..40).prop_map(Step::Resend),
        3 => correct.prop_map(|(which, day, lines, cost)| Step::Correct { which, day, lines, cost }),
        1 => (0usize..40, 0u64..2600).prop_map(|(which, day)| Step::CorrectEnd(which, day)),
        2 => site.prop_map(|(which, place, kind, remote)| Step::CorrectSite { which, place, kind, remote }),
        1 => (0usize..40, 0u64..2600).prop_map(|(which, day)| Step::Complete(which, day)),
        1 => (0usize..40).prop_map(Step::Resubmit),
        1 => (0usize..40).prop_map(Step::Withdraw),
        2 => (0usize..40, 0u64..2600).prop_map(|(which, day)| Step::Decommission(which, day)),
        1 => (0usize..40).prop_map(Step::IssueCode),
        1 => (0usize..40).prop_map(Step::Repeat),
    ]
}

fn tier() -> impl Strategy<Value = Tier> {
    prop_oneof![Just(Tier::Document), Just(Tier::Inspected), Just(Tier::Metered)]
}

fn of_reviewers() -> impl Strategy<Value = Step> {
    let decisions = prop::collection::vec((0usize..40, prop::option::weighted(0.8, tier())), 1..6);
    prop_oneof![
        4 => (0usize..40, tier()).prop_map(|(which, tier)| Step::Verify(which, tier)),
        1 => (0usize..40).prop_map(Step::Reject),
        1 => decisions.prop_map(Step::Decide),
        2 => (0usize..40, any::<bool>()).prop_map(|(which, upheld)| Step::CloseDispute(which, upheld)),
    ]
}

fn of_householders() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0usize..20, 0u8..3).prop_map(|(which, what)| Step::Dispute(which, what)),
        1 => (0usize..20).prop_map(Step::WithdrawConsent),
    ]
}

fn of_operators() -> impl Strategy<Value = Step> {
    let erase = (0usize..20).prop_map(Step::Erase);
    prop_oneof![2 => erase, 2 => Just(Step::Suspend), 5 => Just(Step::Resume), 2 => Just(Step::Revoke)]
}

pub(super) fn day(offset: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2019, 7, 1).unwrap() + Days::new(offset)
}

pub(super) fn place(n: usize) -> Place {
    Place::new(ProvinceId::parse(PROVINCES[n]).unwrap(), None, None).unwrap()
}

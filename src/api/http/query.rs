//! Query strings, read like bodies: every parameter known, every fault at once.

use actix_web::{FromRequest, HttpRequest, dev::Payload};

use crate::domain::refusals::FieldFault;
use crate::domain::values::{Fault, Interval, day_before, is_hidden, without_strays};

use super::caller_first::CallerFirst;
use super::matched_route::MatchedRoute;
use super::problems::ApiError;

/// The query parameters of a request, and their faults so far.
pub struct Query {
    parameters: Vec<(String, String)>,
    read: Vec<&'static str>,
    faults: Vec<FieldFault>,
    /// Whether `from` and `to` are closes of days, so that a year lasts from the close of the year before.
    bridges_closes: bool,
}

impl Query {
    /// Splits the query string of a request.
    pub fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let parsed = actix_web::web::Query::<Vec<(String, String)>>::from_query(request.query_string());
        let mut parameters = parsed.map_err(|_| ApiError::invalid("", Fault::ForbiddenCharacter))?.into_inner();
        if MatchedRoute::of(request).is_some_and(|route| route.is_public) {
            parameters.retain(|(key, _)| !is_hung_on(key));
        }
        Ok(Self { parameters, read: Vec::new(), faults: Vec::new(), bridges_closes: false })
    }

    /// The same query, of a route whose `from` and `to` are closes of days.
    pub fn between_closes(self) -> Self {
        Self { bridges_closes: true, ..self }
    }

    /// Reads one parameter, if it is there.
    pub fn parse<T>(&mut self, name: &'static str, parse: impl FnOnce(&str) -> Result<T, Fault>) -> Option<T> {
        self.read.push(name);
        let mut given = self.parameters.iter().filter(|(key, _)| key == name);
        let value = given.next();
        if given.next().is_some() {
            self.faults.push(FieldFault::new(name, Fault::DuplicateField));
            return None;
        }
        let (_, value) = value?;
        let tidied = without_strays(value);
        match parse(tidied.as_deref().unwrap_or(value)) {
            Ok(parsed) => Some(parsed),
            Err(fault) => {
                self.faults.push(FieldFault::new(name, fault));
                None
            }
        }
    }

    /// Reads a parameter that is true or false; without it, false.
    pub fn flag(&mut self, name: &'static str) -> bool {
        let flag = |raw: &str| match raw {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Fault::UnknownValue { allowed: &["true", "false"] }),
        };
        self.parse(name, flag).unwrap_or(false)
    }

    /// Notes a fault of a parameter that depends on other parameters.
    pub fn check(&mut self, name: &'static str, fault: Option<Fault>) {
        self.faults.extend(fault.map(|fault| FieldFault::new(name, fault)));
    }

    /// Notes that a required parameter is missing, unless another fault of it was noted.
    pub fn require<T>(&mut self, name: &'static str, value: Option<T>) -> Option<T> {
        let faulty = self.faults.iter().any(|fault| fault.pointer == name);
        if value.is_none() && !faulty {
            self.faults.push(FieldFault::new(name, Fault::Missing));
        }
        value
    }

    /// Refuses the request if there is any fault; unknown parameters are faults too.
    pub fn finish(mut self) -> Result<(), ApiError> {
        let unknown = self.parameters.iter().filter(|(key, _)| !self.read.contains(&key.as_str()));
        let unknown: Vec<_> =
            unknown.map(|(key, value)| FieldFault::new(shown(key), self.fault_of_unknown(key, value))).collect();
        self.faults.extend(unknown);
        if self.faults.is_empty() { Ok(()) } else { Err(ApiError::Invalid(self.faults)) }
    }

    /// The fault of a parameter that the route does not take. One that names a period is told how the route takes periods.
    fn fault_of_unknown(&self, key: &str, value: &str) -> Fault {
        let takes = |name: &str| self.read.contains(&name);
        let is_period = Interval::parse(key).is_some();
        let names_time = is_period || key == "from" || key == "to";
        if names_time && takes("interval") {
            return Fault::IntervalInstead;
        }
        if names_time && takes("as_of") && !takes("from") {
            return Fault::AsOfInstead;
        }
        match key {
            "dry_run" => return Fault::NoDryRun,
            "as_of" => return Fault::OfNowAlone,
            _ => {}
        }
        let period = Interval::parse_name(value).filter(|_| is_period && takes("from") && takes("to"));
        period.map_or(Fault::UnknownField, |(interval, first)| {
            let (from, to) = (first.first_day(), interval.next(first).first_day());
            let (from, to) = if self.bridges_closes { (day_before(from), day_before(to)) } else { (from, to) };
            Fault::FromToInstead { from, to }
        })
    }
}

/// The query of a route without parameters: any parameter is an error.
pub struct NoQuery;

impl FromRequest for NoQuery {
    type Error = ApiError;
    type Future = CallerFirst<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let empty = request.query_string().is_empty();
        let read = if empty { Ok(Self) } else { Query::of(request).and_then(Query::finish).map(|()| Self) };
        CallerFirst::of(request, read)
    }
}

/// Whether a parameter is ignored on public routes, because social networks add it to shared links, or
/// scripts to get past caches.
fn is_hung_on(key: &str) -> bool {
    key.starts_with("utm_") || ["fbclid", "gclid", "zarsrc", "_"].contains(&key)
}

/// A parameter's name as a fault repeats it: cut to 50 characters, because it comes from outside.
fn shown(key: &str) -> String {
    key.chars().filter(|c| !is_hidden(*c)).take(50).collect()
}

/// The day of a month or a year that somebody probably means who leaves the day out.
#[derive(Clone, Copy)]
pub enum Edge {
    First,
    Last,
}

/// Reads a day as `parse` does; a month or a year alone is told how a whole day of it is written.
pub fn whole_day<T>(edge: Edge, parse: impl Fn(&str) -> Result<T, Fault>) -> impl Fn(&str) -> Result<T, Fault> {
    move |raw| match (parse(raw), Interval::parse_name(raw)) {
        (Err(Fault::NotADate), Some((interval, first))) => Err(Fault::NotAWholeDay {
            day: match edge {
                Edge::First => first.first_day(),
                Edge::Last => day_before(interval.next(first).first_day()),
            },
        }),
        (parsed, _) => parsed,
    }
}

/// Reads a parameter whose value is one of a list of codes.
pub fn coded<T>(
    parse: impl Fn(&str) -> Option<T>,
    allowed: &'static [&'static str],
) -> impl Fn(&str) -> Result<T, Fault> {
    move |raw| parse(raw).ok_or(Fault::UnknownValue { allowed })
}

/// The `limit` of a list.
pub fn limit(raw: &str, max: i64) -> Result<i64, Fault> {
    let fault = Fault::OutOfRange { min: 1, max };
    raw.parse().ok().filter(|limit| (1..=max).contains(limit)).ok_or(fault)
}

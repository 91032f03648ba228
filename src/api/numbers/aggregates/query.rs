//! What a query asks to be added up.

use std::sync::LazyLock;

use actix_web::HttpRequest;
use chrono::NaiveDate;

use crate::api::callers::Caller;
use crate::api::http::{ApiError, Query, coded};
use crate::api::numbers::methodologies::parse_methodology;
use crate::domain::counting::OwnerKind;
use crate::domain::figures::{Dimension, MOST_DIMENSIONS, Selection, Value};
use crate::domain::records::Directory;
use crate::domain::values::{Basis, Code, Fault, Month, Rule, parse_day, parse_past_day};
use crate::register::{AggregateQuery, AsOf};

use super::labels::label;

/// Groups of one answer, at most.
pub const MOST_GROUPS: usize = 10_000;
/// Years between `from` and `to`, at most.
const LONGEST_SPAN: u16 = 50;
/// What `group_by` takes: whose, and the dimensions.
static GROUPS: LazyLock<Vec<&str>> =
    LazyLock::new(|| OwnerKind::CODES.iter().chain(Dimension::CODES).copied().collect());

/// What is asked, and whether nothing was said of stages: then it is what is verified.
pub fn parse(
    request: &HttpRequest,
    caller: &Caller,
    (directory, today): (&Directory, NaiveDate),
) -> Result<(AggregateQuery, bool), ApiError> {
    let mut query = Query::of(request)?;
    let (grouped, group_by) = query.parse("group_by", parse_groups).unwrap_or_default();
    let (from, to) = (query.parse("from", parse_month), query.parse("to", parse_month));
    let mut filters = Vec::new();
    for dimension in Dimension::ALL.iter().filter(|dimension| dimension.interval().is_none()) {
        if let Some(values) = query.parse(dimension.as_str(), |raw| parse_values(*dimension, raw)) {
            filters.push((*dimension, values));
        }
    }
    // A partner is shown what is its own alone.
    let own = caller.0.partner.as_ref();
    let is_shown = |code: &Code| directory.partner(code).is_some() && own.is_none_or(|own| own == code);
    let partners = query.parse("partner", |raw| parse_codes(raw, is_shown, Fault::UnknownPartner));
    let projects = query.parse("project", |raw| parse_codes(raw, |_| true, Fault::UnknownProject));
    let methodology = query.parse("methodology", parse_methodology);
    let as_of = query.parse("as_of", |raw| parse_past_day(raw, today)).filter(|day| *day < today);
    let basis = query.parse("basis", coded(Basis::parse, Basis::CODES)).unwrap_or(Basis::InstalledOn);
    if let (Some(from), Some(to)) = (from, to) {
        query.check("to", (to <= from).then_some(Fault::EmptySpan));
        let is_too_long = to.number().saturating_sub(from.number()) > LONGEST_SPAN * 12;
        query.check("to", is_too_long.then_some(Fault::SpanTooLong { years: LONGEST_SPAN }));
    }
    let alone = |rule| Fault::NotAllowed { rule };
    let scope = match (grouped, &partners, &projects) {
        (Some(scope), ..) => Some(scope),
        (None, Some(_), _) => Some(OwnerKind::Partner),
        (None, None, Some(_)) => Some(OwnerKind::Project),
        (None, None, None) => None,
    };
    let other = match scope {
        Some(OwnerKind::Partner) => projects.is_some().then_some("project"),
        _ => (partners.is_some() && scope.is_some()).then_some("partner"),
    };
    query.check(other.unwrap_or("project"), other.map(|_| alone(Rule::OneScope)));
    query.check("as_of", (scope.is_some() && as_of.is_some()).then_some(alone(Rule::ScopesHaveNoPast)));
    let is_of_others = own.is_some() && scope == Some(OwnerKind::Project);
    query.check("project", is_of_others.then_some(alone(Rule::NotOfOthers)));
    let is_recorded = basis == Basis::RecordedOn;
    let because = if as_of.is_some() { Rule::OneTime } else { Rule::ScopesHaveNoPast };
    query.check("basis", (is_recorded && (as_of.is_some() || scope.is_some())).then_some(alone(because)));
    query.finish()?;
    if let Some(province) = caller.0.province {
        filters.push((Dimension::Province, vec![province.index().into()]));
    }
    let says_stage = |dimension: &Dimension| matches!(dimension, Dimension::Stage | Dimension::EvidenceTier);
    let only_verified = !filters.iter().map(|(dimension, _)| dimension).chain(&group_by).any(says_stage);
    if only_verified {
        filters.push((Dimension::Stage, vec![2]));
    }
    let time = match as_of {
        Some(day) => AsOf::AsOf(day),
        None if is_recorded => AsOf::Recorded(from, to),
        None => AsOf::Now,
    };
    let span = if is_recorded { (None, None) } else { (from, to) };
    let selection = Selection { group_by, filters, from: span.0, to: span.1 };
    let codes = partners.or(projects).unwrap_or_else(|| own.cloned().into_iter().collect());
    let scope = scope.map(|scope| (scope, codes));
    Ok((AggregateQuery { selection, scope, methodology, time, most: MOST_GROUPS }, only_verified))
}

/// Dimensions, and whose, each once.
fn parse_groups(raw: &str) -> Result<(Option<OwnerKind>, Vec<Dimension>), Fault> {
    let (mut scope, mut dimensions) = (None, Vec::new());
    for code in raw.split(',') {
        if let Some(whose) = OwnerKind::parse(code) {
            match scope.replace(whose) {
                None => continue,
                Some(before) if before == whose => return Err(Fault::DuplicateField),
                Some(_) => return Err(Fault::NotAllowed { rule: Rule::OneScope }),
            }
        }
        let dimension = Dimension::parse(code).ok_or(Fault::UnknownValue { allowed: &GROUPS })?;
        let second_period = |other: &Dimension| other.interval().is_some() && dimension.interval().is_some();
        if dimensions.contains(&dimension) {
            return Err(Fault::DuplicateField);
        } else if dimensions.iter().any(second_period) {
            return Err(Fault::NotAllowed { rule: Rule::OnePeriod });
        }
        dimensions.push(dimension);
    }
    let too_many = dimensions.len() > MOST_DIMENSIONS;
    if too_many { Err(Fault::TooMany { max: MOST_DIMENSIONS }) } else { Ok((scope, dimensions)) }
}

fn parse_values(dimension: Dimension, raw: &str) -> Result<Vec<Value>, Fault> {
    let known: Vec<(String, Value)> =
        dimension.values().into_iter().filter_map(|value| Some((label(dimension, value).0?, value))).collect();
    let value = |code: &str| known.iter().find(|(known, _)| known == code).map(|(_, value)| *value);
    raw.split(',').map(|code| value(code).ok_or(Fault::UnknownCode)).collect()
}

fn parse_codes(raw: &str, is_known: impl Fn(&Code) -> bool, unknown: Fault) -> Result<Vec<Code>, Fault> {
    let code = |raw: &str| Code::parse(raw).ok().filter(&is_known).ok_or(unknown);
    raw.split(',').map(code).collect()
}

/// The first day of a month.
fn parse_month(raw: &str) -> Result<Month, Fault> {
    let day = parse_day(raw)?;
    let month = Month::of(day);
    if month.first_day() == day { Ok(month) } else { Err(Fault::NotAFirstOfMonth) }
}

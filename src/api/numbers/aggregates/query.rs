//! The query of `/v1/aggregates`, read in three steps: every parameter by itself ([`Asked::read`]), then parameters beside
//! each other ([`Asked::conflicts`]), then the query that the register takes ([`Asked::into_query`]). A caller is told
//! the faults of the first two steps all at once.

use std::sync::LazyLock;

use actix_web::HttpRequest;
use chrono::NaiveDate;

use crate::api::callers::Caller;
use crate::api::http::{ApiError, Edge, Query, coded, whole_day};
use crate::api::numbers::dimension_labels::{VERIFIED, label};
use crate::api::numbers::methodologies::parse_methodology;
use crate::domain::counting::OwnerKind;
use crate::domain::figures::{Dimension, MOST_DIMENSIONS, Methodology, Selection, Value};
use crate::domain::records::{Actor, Directory, Role};
use crate::domain::reference::{FormerProvinceId, ProvinceId, parse_province};
use crate::domain::values::{Basis, Code, Fault, Month, PartnerCode, Rule, parse_day, parse_past_day};
use crate::register::{AggregateError, AggregateQuery, AsOf};

/// The most groups of one answer.
const MOST_GROUPS: usize = 10_000;
/// The most years between `from` and `to`.
const LONGEST_SPAN: u16 = 50;
/// The codes that `group_by` takes: owners and dimensions.
static GROUPS: LazyLock<Vec<&str>> =
    LazyLock::new(|| OwnerKind::CODES.iter().chain(Dimension::CODES).copied().collect());

/// A query without faults.
pub struct ParsedQuery {
    /// The query.
    pub query: AggregateQuery,
    /// Whether only verified sites are added up because the caller named no stage.
    pub only_verified: bool,
}

/// Reads the query of a request.
pub fn parse(
    request: &HttpRequest,
    caller: &Caller,
    directory: &Directory,
    today: NaiveDate,
) -> Result<ParsedQuery, ApiError> {
    let actor = &caller.0;
    let mut query = Query::of(request)?;
    let asked = Asked::read(&mut query, actor.partner.as_ref(), directory, today);
    for (parameter, fault) in asked.conflicts(actor) {
        query.check(parameter, Some(fault));
    }
    query.finish()?;
    caller.check_province(|own| asked.is_within(own))?;
    let only_verified = !asked.names_stage();
    Ok(ParsedQuery { query: asked.into_query(actor), only_verified })
}

/// The refusal of a query that has no answer.
pub fn refused(why: AggregateError) -> ApiError {
    match why {
        AggregateError::TooManyGroups => ApiError::invalid("group_by", Fault::TooMany { max: MOST_GROUPS }),
        // Points are asked for first.
        AggregateError::NothingPublished => ApiError::Internal,
        AggregateError::Database(error) => error.into(),
    }
}

/// The parameters, each read by itself.
struct Asked {
    /// The partner or project in `group_by`.
    grouped_owner: Option<OwnerKind>,
    group_by: Vec<Dimension>,
    filters: Vec<(Dimension, Vec<Value>)>,
    partners: Option<Vec<Code>>,
    projects: Option<Vec<Code>>,
    /// The first month.
    from: Option<Month>,
    /// The month after the last.
    to: Option<Month>,
    /// A day before today; today itself asks for nothing special.
    as_of: Option<NaiveDate>,
    basis: Basis,
    methodology: Option<&'static Methodology>,
}

impl Asked {
    /// Reads every parameter; `query` notes what is wrong with each. A partner (`own`) knows no partner but itself.
    fn read(query: &mut Query, own: Option<&PartnerCode>, directory: &Directory, today: NaiveDate) -> Self {
        let (grouped_owner, group_by) = query.parse("group_by", parse_groups).unwrap_or_default();
        // Who only tries things out is shown nothing else.
        let tries_out = own.and_then(|own| directory.partner(own)).is_some_and(|partner| partner.sandbox);
        let grouped_owner = grouped_owner.or(tries_out.then_some(OwnerKind::Partner));
        let month = |query: &mut Query, name| query.parse(name, whole_day(Edge::First, parse_month));
        let (from, to) = (month(query, "from"), month(query, "to"));
        let mut filters = Vec::new();
        for dimension in Dimension::ALL.iter().filter(|dimension| dimension.interval().is_none()) {
            if let Some(values) = query.parse(dimension.as_str(), |raw| parse_values(*dimension, raw)) {
                filters.push((*dimension, values));
            }
        }
        let is_shown = |code: &Code| directory.partner(code).is_some() && own.is_none_or(|own| own == code);
        let partners = query.parse("partner", |raw| parse_codes(raw, is_shown, Fault::UnknownPartner));
        let projects = query.parse("project", |raw| parse_codes(raw, |_| true, Fault::UnknownProject));
        let methodology = query.parse("methodology", parse_methodology);
        let as_of =
            query.parse("as_of", whole_day(Edge::Last, |raw| parse_past_day(raw, today))).filter(|day| *day < today);
        let basis = query.parse("basis", coded(Basis::parse, Basis::CODES)).unwrap_or(Basis::InstalledOn);
        Self { grouped_owner, group_by, filters, partners, projects, from, to, as_of, basis, methodology }
    }

    /// The owners that have rows of their own: named in `group_by`, or by a filter on their codes.
    fn owner(&self) -> Option<OwnerKind> {
        let filtered = match (&self.partners, &self.projects) {
            (Some(_), _) => Some(OwnerKind::Partner),
            (None, Some(_)) => Some(OwnerKind::Project),
            (None, None) => None,
        };
        self.grouped_owner.or(filtered)
    }

    /// The faults of parameters beside each other, in a fixed order.
    fn conflicts(&self, actor: &Actor) -> Vec<(&'static str, Fault)> {
        let (owner, is_partner) = (self.owner(), actor.partner.is_some());
        let named_owner = [(self.partners.is_some(), "partner"), (self.projects.is_some(), "project")];
        let named_owner = named_owner.into_iter().find(|(is_named, _)| *is_named).map_or("group_by", |(_, name)| name);
        let is_recorded = self.basis == Basis::RecordedOn;
        let not_allowed = |rule| Fault::NotAllowed { rule };
        let one_time = if self.as_of.is_some() { Rule::OneTime } else { Rule::ScopesHaveNoPast };
        let (is_empty, is_too_long) = self.from.zip(self.to).map_or((false, false), |(from, to)| {
            (to <= from, to.number().saturating_sub(from.number()) > LONGEST_SPAN * 12)
        });
        let other_is_partner = owner == Some(OwnerKind::Project) && self.partners.is_some();
        let other_is_project = owner == Some(OwnerKind::Partner) && self.projects.is_some();
        let rules = [
            (is_empty, "to", Fault::EmptySpan),
            (is_too_long, "to", Fault::SpanTooLong { years: LONGEST_SPAN }),
            (other_is_partner, "partner", not_allowed(Rule::OneScope)),
            (other_is_project, "project", not_allowed(Rule::OneScope)),
            (owner.is_some() && self.as_of.is_some(), "as_of", not_allowed(Rule::ScopesHaveNoPast)),
            (owner.is_some() && actor.role == Role::Dashboard, named_owner, not_allowed(Rule::ScopesAreInternal)),
            (is_partner && owner == Some(OwnerKind::Project), "project", not_allowed(Rule::NotOfOthers)),
            (is_recorded && (self.as_of.is_some() || owner.is_some()), "basis", not_allowed(one_time)),
        ];
        rules.into_iter().filter(|(is_broken, ..)| *is_broken).map(|(_, parameter, fault)| (parameter, fault)).collect()
    }

    /// Whether the caller named a stage, by a filter or in `group_by`.
    fn names_stage(&self) -> bool {
        let mut named = self.filters.iter().map(|(dimension, _)| dimension).chain(&self.group_by);
        named.any(|dimension| matches!(dimension, Dimension::Stage | Dimension::EvidenceTier))
    }

    /// Whether the filters by place ask for this province or its parts alone, or for a region that holds it.
    fn is_within(&self, province: ProvinceId) -> bool {
        self.filters.iter().all(|(dimension, values)| match dimension {
            Dimension::Province => values.iter().all(|value| *value == Value::from(province.index())),
            Dimension::FormerProvince => values.iter().all(|value| is_part(*value, province)),
            Dimension::Region => values.contains(&province.region()),
            _ => true,
        })
    }

    /// The query as the register takes it. A caller of one province is held to it, and no word on the stage means verified. Who checks
    /// the numbers sees all of them as they are now, and so does a partner its own.
    fn into_query(self, actor: &Actor) -> AggregateQuery {
        let (owner, names_stage) = (self.owner(), self.names_stage());
        let published = matches!(actor.role, Role::Dashboard | Role::Partner) && owner.is_none();
        let mut filters = self.filters;
        if let Some(province) = actor.province {
            filters.push((Dimension::Province, vec![province.index().into()]));
        }
        if !names_stage {
            filters.push((Dimension::Stage, vec![VERIFIED]));
        }
        let (time, installed) = match (self.as_of, self.basis) {
            (Some(day), _) => (AsOf::AsOf(day), (self.from, self.to)),
            (None, Basis::RecordedOn) => (AsOf::Recorded(self.from, self.to), (None, None)),
            (None, Basis::InstalledOn) => (AsOf::Now, (self.from, self.to)),
        };
        let (from, to) = installed;
        // Without codes: every partner or project, but a partner's own alone where a partner asks.
        let codes = self.partners.or(self.projects).unwrap_or_else(|| actor.partner.iter().cloned().collect());
        AggregateQuery {
            selection: Selection { group_by: self.group_by, filters, from, to },
            scope: owner.map(|owner| (owner, codes)),
            methodology: self.methodology,
            time,
            published,
            most: MOST_GROUPS,
        }
    }
}

/// Whether a value of `former_province` is a part of a province, or stands for sites without a former province.
fn is_part(former: Value, province: ProvinceId) -> bool {
    let former = u8::try_from(former).ok().and_then(FormerProvinceId::from_index);
    former.is_none_or(|former| former.former_province().province == province)
}

/// Reads `group_by`: at most one kind of owner, and dimensions, each once.
fn parse_groups(raw: &str) -> Result<(Option<OwnerKind>, Vec<Dimension>), Fault> {
    let (mut owner, mut dimensions) = (None, Vec::new());
    for code in raw.split(',') {
        if let Some(kind) = OwnerKind::parse(code) {
            match owner.replace(kind) {
                None => continue,
                Some(before) if before == kind => return Err(Fault::DuplicateField),
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
    if too_many { Err(Fault::TooMany { max: MOST_DIMENSIONS }) } else { Ok((owner, dimensions)) }
}

/// Reads the codes of a filter as values of its dimension.
fn parse_values(dimension: Dimension, raw: &str) -> Result<Vec<Value>, Fault> {
    if dimension == Dimension::Province {
        return raw.split(',').map(|code| parse_province(code).map(|province| province.index().into())).collect();
    }
    let known: Vec<(String, Value)> =
        dimension.values().into_iter().filter_map(|value| Some((label(dimension, value).code?, value))).collect();
    let value = |code: &str| known.iter().find(|(known, _)| known == code).map(|(_, value)| *value);
    raw.split(',').map(|code| value(code).ok_or(Fault::UnknownCode)).collect()
}

/// Reads codes of partners or projects, each of which has to be known.
fn parse_codes(raw: &str, is_known: impl Fn(&Code) -> bool, unknown: Fault) -> Result<Vec<Code>, Fault> {
    let code = |raw: &str| Code::parse(raw).ok().filter(&is_known).ok_or(unknown);
    raw.split(',').map(code).collect()
}

/// Reads the first day of a month.
fn parse_month(raw: &str) -> Result<Month, Fault> {
    let day = parse_day(raw)?;
    let month = Month::of(day);
    if month.first_day() == day { Ok(month) } else { Err(Fault::NotAFirstOfMonth) }
}

//! Warnings about an accepted installation, which tell a person to look at it again. Nothing here refuses.

use chrono::NaiveDate;

use crate::domain::records::{GridCode, GroupMember, Installation, MeasureLine, SiteRecord, Stage, Terms};
use crate::domain::reference::{CommuneId, FormerProvinceId, Place, target};
use crate::domain::refusals::{Overlap, Remark, Warning};
use crate::domain::values::{InstallationId, SiteKind, day_before};

use super::registration::NewInstallation;

/// The warnings about a request. `before` is its site as the register knows it, without the new installation.
#[must_use]
pub fn remarks(new: &NewInstallation, before: Option<&SiteRecord>) -> Vec<Remark> {
    let others = before.into_iter().flat_map(|record| &record.installations);
    let mut remarks = second_look(&Look {
        installed_on: new.installed_on,
        stage: Some(if new.installed_on.is_some() { Stage::Reported } else { Stage::Pledged }),
        registered: (i64::MAX, InstallationId::new(uuid::Uuid::nil())),
        measures: new.measures.as_slice(),
        terms: &new.terms,
        kind: before.map(|record| record.site.facts.kind).or(new.site.said().kind),
        others: others.filter(|one| one.external_id != new.external_id).collect(),
    });
    let mut add = |pointer: &str, warning| remarks.push(Remark { pointer: pointer.to_owned(), warning });
    if let Some(warning) = new.private.grid_customer_code.as_ref().and_then(GridCode::warning) {
        add("/site/grid_customer_code", warning);
    }
    for pointer in before.map(|record| site_differences(new, record)).unwrap_or_default() {
        add(pointer, Warning::SiteDiffers);
    }
    remarks
}

/// The warnings about a recorded installation.
#[must_use]
pub fn standing_remarks(record: &SiteRecord, installation: &Installation) -> Vec<Remark> {
    second_look(&Look {
        installed_on: installation.state.installed_on(),
        stage: installation.state.credited().filter(|span| span.ended_on.is_none()).map(|span| span.stage),
        registered: (installation.registered_version, installation.id),
        measures: installation.measures.as_slice(),
        terms: &installation.terms,
        kind: Some(record.site.facts.kind),
        others: record.installations.iter().filter(|one| one.id != installation.id).collect(),
    })
}

/// An installation, new or recorded, and the other installations at its site.
struct Look<'a> {
    installed_on: Option<NaiveDate>,
    /// `None` where it ended, or was rejected or withdrawn.
    stage: Option<Stage>,
    /// Its place in the order of registration; of a new installation, the last.
    registered: (i64, InstallationId),
    measures: &'a [MeasureLine],
    terms: &'a Terms,
    kind: Option<SiteKind>,
    others: Vec<&'a Installation>,
}

/// The warnings that new and recorded installations have in common.
fn second_look(look: &Look<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut add = |pointer: String, warning| remarks.push(Remark { pointer, warning });
    if look.installed_on.is_some_and(|day| day < target().counted_from) {
        add("/installed_on".to_owned(), Warning::PreProgramme);
    }
    for (index, line) in look.measures.iter().enumerate() {
        if let Some(warning) = look.kind.and_then(|kind| line.warning(kind)) {
            add(format!("/measures/{index}/quantity"), warning);
        }
        if look.is_repeated(line) {
            add(format!("/measures/{index}"), Warning::PossibleDuplicate);
        } else {
            let pointer = format!("/measures/{index}/measure");
            look.overlaps(line)
                .into_iter()
                .for_each(|overlap| add(pointer.clone(), Warning::OverlappingMeasure(overlap)));
        }
    }
    if !look.measures.iter().any(MeasureLine::counts_for_site) {
        add("/measures".to_owned(), Warning::CountsNoSite);
    }
    let often_sold = look.measures.iter().any(|line| line.measure.measure().often_sold());
    if often_sold && look.terms.attributes_sold.is_none() {
        add("/attributes_sold".to_owned(), Warning::AttributesSoldUnknown);
    }
    if look.terms.cost.zip(look.terms.support).is_some_and(|(cost, support)| support > cost) {
        add("/support_vnd".to_owned(), Warning::SupportAboveCost);
    }
    remarks
}

impl Look<'_> {
    /// Whether another installation at the site has the same measure, of the same size and day.
    fn is_repeated(&self, line: &MeasureLine) -> bool {
        let others = self.others.iter();
        let same_day = others.filter(|i| i.state.credited().is_some() && i.state.installed_on() == self.installed_on);
        same_day.flat_map(|i| i.measures.as_slice()).any(|other| other == line)
    }

    /// The other measures of the exclusive group of a line, at the site or beside the line, and which of the two loses its credit:
    /// the line itself once, by the one that ends it first, and each that it ends. What stands no longer still ends what came before it.
    fn overlaps(&self, line: &MeasureLine) -> Vec<Overlap> {
        let Some(this) = self.member(line) else { return Vec::new() };
        let others = self.others.iter().filter_map(|one| Some((*one, one.state.credited()?)));
        let elsewhere = others.flat_map(|(one, span)| {
            let member = move |line| (Some(one.id), span.ended_on, GroupMember::of(one, line, span));
            one.measures.as_slice().iter().map(member)
        });
        let beside = self.measures.iter().filter_map(|other| Some((None, None, self.member(other)?)));
        let members: Vec<_> = elsewhere.chain(beside).collect();
        let is_over = |ended_on: Option<NaiveDate>, rival: &GroupMember| {
            let earlier = members.iter().any(|(.., one)| one.displaces(rival) && one.installed_on < this.installed_on);
            earlier || ended_on.is_some_and(|end| Some(end) < this.installed_on)
        };
        let (mut own, mut found): (Option<Overlap>, Vec<Overlap>) = (None, Vec::new());
        for &(installation, ended_on, ref rival) in members.iter().filter(|(.., one)| one.is_rival_of(&this)) {
            let overlap = |loses, from: Option<NaiveDate>| Overlap {
                with: rival.measure,
                installation,
                loses,
                until: from.map(day_before),
            };
            if rival.displaces(&this) {
                let loss = overlap(Some(this.measure), rival.installed_on);
                own = own.filter(|known| known.until <= loss.until).or(Some(loss));
            } else if this.displaces(rival) {
                let loss = overlap(Some(rival.measure), this.installed_on);
                found.extend(Some(loss).filter(|_| !is_over(ended_on, rival)));
            } else if ended_on.is_none() {
                found.push(overlap(None, None));
            }
        }
        own.into_iter().chain(found).collect()
    }

    fn member(&self, line: &MeasureLine) -> Option<GroupMember> {
        let (stage, installed_on) = (self.stage?, self.installed_on);
        Some(GroupMember { measure: line.measure, stage, installed_on, registered: self.registered })
    }
}

/// Pointers to the facts in which the request and the recorded site differ.
fn site_differences(new: &NewInstallation, record: &SiteRecord) -> Vec<&'static str> {
    let said = new.site.said();
    let facts = &record.site.facts;
    let place = |get: fn(&Place) -> Option<u64>| differs(said.place.as_ref().and_then(get), get(&facts.place));
    let (sent, kept) = (&new.private, &record.private);
    let checks = [
        ("/site/kind", differs(said.kind, Some(facts.kind))),
        ("/site/province_code", place(|p| Some(p.province().index().into()))),
        ("/site/commune_code", place(|p| p.commune().map(commune_number))),
        ("/site/former_province_code", place(|p| p.former().map(former_number))),
        ("/site/low_income", differs(said.flags.low_income, facts.flags.low_income)),
        ("/site/remote", differs(said.flags.remote, facts.flags.remote)),
        ("/site/woman_headed", differs(said.flags.woman_headed, facts.flags.woman_headed)),
        ("/site/address", differs(sent.address.as_ref(), kept.address.as_ref())),
        ("/site/grid_customer_code", differs(sent.grid_customer_code.as_ref(), kept.grid_customer_code.as_ref())),
        ("/site/location", differs(sent.location, kept.location)),
        ("/consent", differs(sent.consent, kept.consent)),
    ];
    checks.into_iter().filter(|(_, differs)| *differs).map(|(pointer, _)| pointer).collect()
}

/// Whether a sent fact differs from the recorded fact. A fact that is not in the request cannot differ.
fn differs<T: PartialEq + Copy>(sent: Option<T>, recorded: Option<T>) -> bool {
    sent.is_some() && sent != recorded
}

fn commune_number(commune: CommuneId) -> u64 {
    commune.code().parse().unwrap_or_default()
}

fn former_number(former: FormerProvinceId) -> u64 {
    former.index().into()
}

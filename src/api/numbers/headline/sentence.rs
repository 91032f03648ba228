//! The headline as sentences that a newspaper can quote as they are, in Vietnamese and in English: one text of the counts, which
//! move at once, and one of the figures, which move at publication points.
//!
//! Each clause is made apart and left out where it has nothing to say: the counts and what waits; the evidence, rooftop solar and
//! emissions. The counts name the publisher. The address of the number stands beside the text, not in it, because an address may change.

use chrono::{DateTime, Datelike, TimeDelta, Utc};

use crate::api::http::number_format;
use crate::domain::counting::Progress;
use crate::domain::figures::{Methodology, WholeAmount};
use crate::domain::reference::{Target, target_on};
use crate::domain::values::{Language, Tier, units};
use crate::register::{Figures, PublicSettings};

/// The limits of the numbers, in Vietnamese and in English.
pub const SCOPE_NOTE: (&str, &str) = (
    "Chỉ gồm các công trình đã đăng ký với chương trình, không phải toàn bộ điện mặt trời mái nhà của Việt Nam. Lượng phát thải \
     tránh được là ước tính về phần đóng góp, không phải tín chỉ carbon; cùng một lượng giảm có thể cũng được tính trong NDC, trong \
     thống kê của ngành điện và trong báo cáo của chủ công trình.",
    "Only what was registered with the programme, not all rooftop solar in Viet Nam. Avoided emissions are estimates of a \
     contribution, not carbon credits; the same reduction may also stand in the NDC, in the statistics of the utility and in the \
     report of the owner.",
);

/// The counts as text, ready to quote.
pub fn of_counts(figures: &Figures, settings: &PublicSettings, language: Language) -> String {
    let text = Text { figures, language };
    let publisher = &settings.publisher;
    let source = language.choose(format!("Nguồn: {publisher}."), format!("Source: {publisher}."));
    joined([Some(text.counts()), text.waiting(), Some(source)])
}

/// The figures as text, ready to quote after the counts.
pub fn of_figures(figures: &Figures, language: Language) -> String {
    let text = Text { figures, language };
    joined([Some(text.details()), text.solar(), text.emissions()])
}

fn joined<const N: usize>(clauses: [Option<String>; N]) -> String {
    clauses.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The text of figures in one language.
struct Text<'a> {
    figures: &'a Figures,
    language: Language,
}

impl Text<'_> {
    fn target(&self) -> &'static Target {
        target_on(self.figures.day)
    }

    /// The verified sites and their share of the target.
    fn counts(&self) -> String {
        let (when, verified) = (self.when(), self.progress().sites.verified);
        if verified == 0 {
            return self.language.choose(
                format!("{when}, chương trình Triệu Ngôi Nhà Xanh chưa xác minh công trình nào."),
                format!("{when}, the programme Million Green Homes has not verified any site."),
            );
        }
        let (percent, by) = (self.percent(), self.target().by.year());
        let count = self.count(verified);
        let sites = if verified == 1 {
            "site (home, building, office or factory)"
        } else {
            "sites (homes, buildings, offices and factories)"
        };
        self.language.choose(
            format!(
                "{when}, chương trình Triệu Ngôi Nhà Xanh đã xác minh {count} công trình (nhà ở, tòa nhà, văn phòng, cơ sở sản xuất) \
                 có áp dụng giải pháp xanh, bằng {percent}% mục tiêu một triệu công trình đến năm {by}."
            ),
            format!(
                "{when}, the programme Million Green Homes has verified {count} {sites} with green measures, {percent}% of its \
                 target of one million sites by {by}."
            ),
        )
    }

    /// How many verified sites the figures are of, and the evidence behind them.
    fn details(&self) -> String {
        let (when, verified) = (self.when(), self.progress().sites.verified);
        if verified == 0 {
            return self.language.choose(
                format!("{when}, số liệu chi tiết chưa có công trình nào đã xác minh."),
                format!("{when}, the details hold no verified site yet."),
            );
        }
        let (count, evidence) = (self.count(verified), self.evidence());
        let sites = if verified == 1 { "site" } else { "sites" };
        self.language.choose(
            format!("{when}, số liệu chi tiết gồm {count} công trình đã xác minh{evidence}."),
            format!("{when}, the details cover {count} verified {sites}{evidence}."),
        )
    }

    /// The sites with rooftop solar and the solar capacity.
    fn solar(&self) -> Option<String> {
        let sites = Some(self.progress().sites_with_rooftop_solar.verified).filter(|sites| *sites > 0)?;
        let capacity = units(self.figures.output.capacity_wp.verified);
        let (count, capacity) = (self.count(sites), number_format::number(capacity, 1, self.language));
        let has = if sites == 1 { "has" } else { "have" };
        Some(self.language.choose(
            format!(
                "Trong số công trình đã xác minh, {count} công trình có điện mặt trời mái nhà; tổng công suất điện mặt trời đã xác minh, kể cả hệ thống độc lập, là {capacity} kWp."
            ),
            format!("Of the verified sites, {count} {has} rooftop solar; the verified solar capacity, off-grid systems included, is {capacity} kWp."),
        ))
    }

    /// The emissions that what is verified avoids in a year, with their range and what of them was sold.
    fn emissions(&self) -> Option<String> {
        let WholeAmount { avoided_kg, low_kg, high_kg, sold_kg, provisional_kg, .. } =
            Some(self.figures.output.verified.annual).filter(|annual| annual.avoided_kg > 0)?;
        let [avoided, low, high, sold] = [avoided_kg, low_kg, high_kg, sold_kg].map(|kg| self.tonnes(kg));
        let Methodology { version, .. } = self.figures.methodology;
        let (vi_method, en_method) = if self.figures.restated {
            (
                format!(" bằng phương pháp {version} (không phải phương pháp đang áp dụng)"),
                format!(", by methodology {version} (not the one in force),"),
            )
        } else {
            Default::default()
        };
        let year = self.figures.methodology.newest_factor().year;
        let (vi_factor, en_factor) = if provisional_kg > 0 {
            (
                format!("; phần điện năng tính theo hệ số phát thải lưới điện năm {year}"),
                format!("; electricity by the grid emission factor of {year}"),
            )
        } else {
            Default::default()
        };
        let (vi_sold, en_sold) = Self::sold((sold_kg, &sold), (avoided_kg, &avoided));
        Some(self.language.choose(
            format!(
                "Theo ước tính{vi_method}, các giải pháp đã xác minh giúp tránh phát thải khoảng {avoided} tấn CO2 tương đương mỗi \
                 năm (khoảng tin cậy 95%: từ {low} đến {high} tấn{vi_factor}).{vi_sold}"
            ),
            format!(
                "The verified measures are estimated{en_method} to avoid about {avoided} tonnes of CO2 equivalent a year (95% \
                 range: {low} to {high} tonnes{en_factor}).{en_sold}"
            ),
        ))
    }

    /// What of the avoided emissions was sold, in Vietnamese and in English. Part and whole may read alike.
    fn sold((sold_kg, sold): (i64, &str), (avoided_kg, avoided): (i64, &str)) -> (String, String) {
        let (vi, en) = if sold_kg <= 0 {
            return Default::default();
        } else if sold_kg == avoided_kg {
            ("toàn bộ lượng này".to_owned(), "all of this".to_owned())
        } else if sold == avoided {
            ("gần như toàn bộ lượng này".to_owned(), "nearly all of this".to_owned())
        } else {
            (format!("khoảng {sold} tấn trong số đó"), format!("about {sold} of these tonnes"))
        };
        (
            format!(" Quyền lợi môi trường của {vi} đã được bán cho bên khác."),
            format!(" The environmental attributes of {en} were sold to others."),
        )
    }

    /// The sites that wait to be verified.
    fn waiting(&self) -> Option<String> {
        let sites = Some(self.progress().sites.reported).filter(|sites| *sites > 0)?;
        let (count, is_all) = (self.count(sites), self.progress().sites.verified == 0);
        let en = match (sites, is_all) {
            (1, true) => "A partner has reported one site, which is waiting to be verified.".to_owned(),
            (1, false) => "One further site reported by a partner is waiting to be verified.".to_owned(),
            (_, true) => format!("Partners have reported {count} sites, which are waiting to be verified."),
            (_, false) => format!("A further {count} sites reported by partners are waiting to be verified."),
        };
        let there_are = if is_all { "Có" } else { "Ngoài ra còn" };
        Some(self.language.choose(format!("{there_are} {count} công trình do đối tác báo cáo, đang chờ xác minh."), en))
    }

    /// The day that is over, or the minute of the newest entry of a day that is not.
    fn when(&self) -> String {
        let day = number_format::day(self.figures.day, self.language);
        if self.figures.closed {
            return self.language.choose(format!("Tính đến hết ngày {day}"), format!("As of the end of {day}"));
        }
        let at = clock_in_ha_noi(self.figures.generated_at());
        self.language.choose(
            format!("Tính đến {} ngày {day} (giờ Hà Nội), số liệu chưa chốt", at.format("%H giờ %M")),
            format!("As of {} on {day} (Hanoi time), figures not yet final", at.format("%H:%M")),
        )
    }

    /// The percentage of the target. It has four decimals below 0.01 %, because the first hundred sites must not read as 0 %. What
    /// falls short of the target never reads as 100 %.
    fn percent(&self) -> String {
        const ALMOST: f64 = 99.99;
        let percent = self.progress().percent_of(self.target());
        let shown = if percent < 100.0 { percent.min(ALMOST) } else { percent };
        let text = number_format::number(shown, if percent < 0.01 { 4 } else { 2 }, self.language);
        text.trim_end_matches('0').trim_end_matches(['.', ',']).to_owned()
    }

    /// The verified sites by their best evidence, the strongest first. Some may have none that is published.
    fn evidence(&self) -> String {
        let counts = self.progress().by_evidence_tier.iter().rev().filter(|(_, sites)| **sites > 0);
        let counts: Vec<(i64, (&str, &str))> = counts.map(|(tier, sites)| (*sites, by(*tier))).collect();
        match counts[..] {
            [] => String::new(),
            [(1, (vi, en))] if self.progress().sites.verified == 1 => {
                self.language.choose(format!("; công trình này được xác minh {vi}"), format!("; it was verified {en}"))
            }
            [(sites, (vi, en))] if sites == self.progress().sites.verified => {
                self.language.choose(format!("; tất cả đều được xác minh {vi}"), format!("; all verified {en}"))
            }
            _ => {
                let named = |(sites, (vi, en)): &(i64, (&str, &str))| {
                    let count = self.count(*sites);
                    self.language.choose(format!("{count} công trình {vi}"), format!("{count} {en}"))
                };
                let all = counts.iter().map(named).collect::<Vec<_>>().join(", ");
                let untold = self.progress().sites.verified - counts.iter().map(|(sites, _)| sites).sum::<i64>();
                let rest = self.count(untold);
                let (vi_rest, en_rest) = if untold > 0 {
                    (format!(", còn {rest} công trình chưa công bố chi tiết"), format!(", {rest} not yet detailed"))
                } else {
                    Default::default()
                };
                self.language.choose(format!("; trong đó xác minh {all}{vi_rest}"), format!("; of them {all}{en_rest}"))
            }
        }
    }

    fn count(&self, count: i64) -> String {
        number_format::count(count, self.language)
    }

    fn tonnes(&self, kilograms: i64) -> String {
        number_format::three_digits(units(kilograms), self.language)
    }

    fn progress(&self) -> &Progress {
        &self.figures.progress
    }
}

/// How a tier of evidence verifies.
fn by(tier: Tier) -> (&'static str, &'static str) {
    match tier {
        Tier::Metered => ("qua số đo", "by meter readings"),
        Tier::Inspected => ("tại chỗ", "by inspection on site"),
        Tier::Document => ("qua hồ sơ", "by documents"),
        Tier::Sampled => ("qua chọn mẫu", "by sampling"),
    }
}

fn clock_in_ha_noi(at: DateTime<Utc>) -> DateTime<Utc> {
    at + TimeDelta::hours(7)
}

#[cfg(test)]
#[path = "sentence_tests.rs"]
mod tests;

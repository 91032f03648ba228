//! The headline as a sentence that a newspaper can quote as it is, in Vietnamese and in English.

use chrono::Datelike;

use crate::api::http::number_format;
use crate::domain::reference::target;
use crate::domain::values::{Language, units};
use crate::register::{Figures, PublicSettings};

use super::permalink::permalink;

/// The limits of the numbers, in Vietnamese and in English.
pub const SCOPE_NOTE: (&str, &str) = (
    "Chỉ gồm các công trình đã đăng ký với chương trình, không phải toàn bộ điện mặt trời mái nhà của Việt Nam. Lượng phát thải \
     tránh được là ước tính, không phải tín chỉ carbon.",
    "Only what was registered with the programme, not all rooftop solar in Viet Nam. Avoided emissions are estimates, not \
     carbon credits.",
);

/// The sentence that states the headline, ready to quote.
pub fn sentence(figures: &Figures, settings: &PublicSettings, language: Language) -> String {
    let (progress, output, target) = (&figures.progress, &figures.output, target());
    let count = |value: i64| number_format::count(value, language);
    let number = |value: f64, decimals: usize| number_format::number(value, decimals, language);
    let percent = progress.percent_of_target();
    // Four decimals below 0.01 %, because the first hundred sites must not read as 0.00 %.
    let percent = number(percent, if percent < 0.01 { 4 } else { 2 });
    let day = number_format::day(figures.day, language);
    let (verified, waiting) = (count(progress.sites.verified), count(progress.sites.installed));
    let (solar, by) = (count(progress.sites_with_rooftop_solar.verified), target.by.year());
    let capacity = number(units(output.capacity_wp.verified), 1);
    let annual = output.verified.annual;
    let [avoided, low, high] = [annual.avoided_tco2e, annual.low, annual.high].map(|tonnes| number(tonnes, 1));
    let (publisher, link) = (&settings.publisher, format!("{}{}", settings.public_url, permalink(figures)));
    language.choose(
        format!(
            "Tính đến hết ngày {day}, chương trình Triệu Ngôi Nhà Xanh đã xác minh {verified} công trình (nhà ở, tòa nhà, văn phòng, \
             cơ sở sản xuất) áp dụng giải pháp xanh, trong đó {solar} công trình có điện mặt trời mái nhà, đạt {percent}% mục tiêu \
             một triệu công trình vào năm {by}. Ngoài ra, {waiting} công trình do đối tác báo cáo đang chờ xác minh. Công suất điện \
             mặt trời đã xác minh: {capacity} kWp. Các công trình đã xác minh ước tính tránh được {avoided} tCO2e mỗi năm (khoảng \
             {low} đến {high}). Nguồn: {publisher}, {link}."
        ),
        format!(
            "As of {day}, the programme Million Green Homes has verified {verified} sites (homes, buildings, offices, production \
             sites) with green solutions, {solar} of them with rooftop solar: {percent}% of the target of one million sites by \
             {by}. Another {waiting} sites reported by partners wait to be verified. Verified solar capacity: {capacity} kWp. What \
             is verified avoids an estimated {avoided} tCO2e a year (range {low} to {high}). Source: {publisher}, {link}."
        ),
    )
}

//! Student's t, as a table, because every process must come to the same bytes.

/// The degrees of freedom of the first entry of the table.
const FIRST: u16 = 5;

/// The t that 90 % of the distribution lie within (from −t to t), for 5 to 23 degrees of freedom.
const WITHIN_90_PERCENT: [f64; 19] = [
    2.015_048, 1.943_180, 1.894_579, 1.859_548, 1.833_113, 1.812_461, 1.795_885, 1.782_288, 1.770_933, 1.761_310,
    1.753_050, 1.745_884, 1.739_607, 1.734_064, 1.729_133, 1.724_718, 1.720_743, 1.717_144, 1.713_872,
];

/// The t that 90 % of Student's distribution lie within. `None` where the table has no such degrees of freedom.
pub fn student_t(degrees_of_freedom: u16) -> Option<f64> {
    WITHIN_90_PERCENT.get(usize::from(degrees_of_freedom.checked_sub(FIRST)?)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The integral of cos^power from 0 to `end`, by Simpson's rule.
    fn integral(power: i32, end: f64) -> f64 {
        let (steps, f) = (2_000, |angle: f64| angle.cos().powi(power));
        let width = end / f64::from(steps);
        let weight = |step: i32| if step % 2 == 1 { 4.0 } else { 2.0 };
        let inner: f64 = (1..steps).map(|step| weight(step) * f(width * f64::from(step))).sum();
        (f(0.0) + inner + f(end)) * width / 3.0
    }

    #[test]
    fn table_holds_the_t_that_90_percent_lie_within() {
        for degrees in 5..=23_u16 {
            // With x = √ν · tan θ the density of ν degrees of freedom is that of cos^(ν − 1) θ.
            let within = |t: f64| {
                let power = i32::from(degrees) - 1;
                let end = (t / f64::from(degrees).sqrt()).atan();
                integral(power, end) / integral(power, std::f64::consts::FRAC_PI_2)
            };
            let t = student_t(degrees).unwrap();
            assert!(within(t - 6e-7) < 0.9 && 0.9 < within(t + 6e-7), "{degrees}: {} within {t}", within(t));
        }
        assert_eq!((student_t(4), student_t(24)), (None, None));
    }
}

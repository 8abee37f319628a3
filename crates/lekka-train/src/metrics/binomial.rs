//! Upper bounds on an error rate from counted errors.

use super::CONFIDENCE;

/// The one-sided upper bound of Clopper and Pearson (1934) on an error rate, at the confidence
/// `confidence` (0 to 1, both excluded), from `errors` among `total` independent trials: the
/// greatest rate at which so few errors have at least the probability `1 - confidence`. Without
/// trials, and when all of them are errors, it is 1.
///
/// Without errors it is about `3 / total` at 95 %. Counts need not be whole, for the sizes of
/// samples that are worth less than they are large.
///
/// ```
/// use lekka_train::metrics::clopper_pearson_upper;
/// let bound = clopper_pearson_upper(0.0, 30_000.0, 0.95);
/// assert!((bound - 9.985e-5).abs() < 1e-8);
/// ```
pub fn clopper_pearson_upper(errors: f64, total: f64, confidence: f64) -> f64 {
    if errors >= total {
        return 1.0;
    }
    increasing_root(confidence, (0.0, 1.0), |rate| {
        incomplete_beta(errors + 1.0, total - errors, rate)
    })
}

/// Trials and errors of one group, such as the digits of one writer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Group {
    /// Trials.
    pub total: usize,
    /// Errors among them.
    pub errors: usize,
}

/// The one-sided upper bound on an error rate at 95 % from groups whose trials depend on one
/// another, as those of one writer do: Clopper and Pearson's bound with the sample size that
/// is left after the design effect and the degrees of freedom, of which there are only as many as
/// groups less one (E. L. Korn and B. I. Graubard 1998, Survey Methodology 24, 193-201).
///
/// The design effect is the variance of the rate between groups over that of independent trials,
/// at least 1 here, so that the bound is never below the binomial one. It takes the groups for a
/// random sample of all groups. **Without errors, or with errors in few groups, it cannot see how
/// far errors gather in a group**; then it is hardly above the binomial bound.
///
/// Groups without trials are passed over; with fewer than two others the bound is 1.
pub fn clustered_upper(groups: &[Group]) -> f64 {
    let used = || groups.iter().filter(|group| group.total > 0);
    let count = used().count() as f64;
    let total = used().map(|group| group.total).sum::<usize>() as f64;
    let errors = used().map(|group| group.errors).sum::<usize>() as f64;
    if count < 2.0 || errors >= total {
        return 1.0;
    }
    let rate = errors / total;
    // Variance of a ratio of sums over groups, by linearisation.
    let squares: f64 = used()
        .map(|group| (group.errors as f64 - rate * group.total as f64).powi(2))
        .sum();
    let between = count / (count - 1.0) * squares / (total * total);
    let independent = rate * (1.0 - rate) / total;
    let effect = if errors > 0.0 {
        (between / independent).max(1.0)
    } else {
        1.0
    };
    let freedom = (student_quantile(total - 1.0) / student_quantile(count - 1.0)).powi(2);
    let size = total / effect * freedom.min(1.0);
    clopper_pearson_upper(rate * size, size, CONFIDENCE)
}

/// The 95 % point of Student's distribution with `freedom` degrees of freedom, at least 1.
fn student_quantile(freedom: f64) -> f64 {
    // P(T > t) is half of I_{f / (f + t^2)}(f / 2, 1 / 2).
    increasing_root(CONFIDENCE, (0.0, 1e3), |t| {
        1.0 - 0.5 * incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t))
    })
}

/// Where an increasing function reaches a value, by bisection; an end of the range when it does
/// not.
fn increasing_root(value: f64, range: (f64, f64), function: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = range;
    // Until halves of 1 are as small as the numbers beside 1e-6 that f64 tells apart.
    for _ in 0..70 {
        let middle = f64::midpoint(low, high);
        if function(middle) < value {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The regularised incomplete beta function `I_x(a, b)` for positive `a` and `b`: the probability
/// of a value below `x` in the beta distribution.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let logarithm =
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * x.ln() + b * (-x).ln_1p();
    let factor = logarithm.exp();
    // The fraction converges fast below the mean.
    if x < (a + 1.0) / (a + b + 2.0) {
        factor * continued_fraction(a, b, x) / a
    } else {
        1.0 - factor * continued_fraction(b, a, 1.0 - x) / b
    }
}

/// The continued fraction of the incomplete beta function (NIST DLMF 8.17.22) by the algorithm of
/// Lentz.
fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    /// In place of 0 in a denominator.
    const TINY: f64 = 1e-300;
    // Its length grows with the root of a + b; this is enough for far more digits than there are.
    const TERMS: u32 = 10_000;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for m in (1..TERMS).map(f64::from) {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = value;
        for term in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + term * d);
            c = away_from_zero(1.0 + term / c);
            value *= c * d;
        }
        if (value / before - 1.0).abs() < 1e-14 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(found: f64, expected: f64) {
        assert!(
            (found / expected - 1.0).abs() < 1e-8,
            "{found} instead of {expected}"
        );
    }

    /// `SciPy` 1.17.1: `scipy.stats.beta.ppf(0.95, errors + 1, total - errors)`.
    #[test]
    fn clopper_pearson_matches_scipy() {
        for (errors, total, expected) in [
            (0.0, 1.0, 0.95),
            (0.0, 100.0, 0.029_513_049_607_039_925),
            (1.0, 100.0, 0.046_559_811_453_538_935),
            (5.0, 1_000.0, 0.010_484_076_911_415_651),
            (0.0, 30_000.0, 9.985_275_683_338_813e-5),
            (3.0, 30_000.0, 2.584_347_414_502_882_5e-4),
            (600.0, 60_000.0, 0.010_694_333_319_859_453),
        ] {
            assert_close(clopper_pearson_upper(errors, total, 0.95), expected);
        }
        assert_close(clopper_pearson_upper(0.0, 0.0, 0.95), 1.0);
        assert_close(clopper_pearson_upper(7.0, 7.0, 0.95), 1.0);
    }

    /// `SciPy` 1.17.1: `scipy.special.betainc(a, b, x)` and `scipy.stats.t.ppf(0.95, freedom)`.
    #[test]
    fn distributions_match_scipy() {
        assert_close(incomplete_beta(2.5, 70.25, 0.03), 0.496_353_346_143_967_53);
        assert_close(
            incomplete_beta(601.0, 59_400.0, 0.0107),
            0.951_361_658_273_086_3,
        );
        for (freedom, expected) in [
            (1.0, 6.313_751_514_675_037),
            (5.0, 2.015_048_373_333_023_3),
            (46.0, 1.678_660_413_556_865),
            (1_000.0, 1.646_378_817_285_464_3),
        ] {
            assert_close(student_quantile(freedom), expected);
        }
    }

    #[test]
    fn errors_that_gather_in_one_group_widen_the_bound() {
        let groups = |errors: [usize; 10]| errors.map(|errors| Group { total: 100, errors });
        // Evenly spread, the design effect would be below 1: only the degrees of freedom cost.
        // t(999) and t(9) at 95 % are 1.646380 and 1.833113, so 806.653 of 1000 trials count.
        let even = clustered_upper(&groups([1; 10]));
        let size = 1_000.0 * (1.646_380_345_427_535_f64 / 1.833_112_932_656_237).powi(2);
        assert_close(even, clopper_pearson_upper(size / 100.0, size, 0.95));
        assert!(even > clopper_pearson_upper(10.0, 1_000.0, 0.95));
        // All ten in one group: squares are 9 * 1 + 81 = 90, so the variance is 10 / 9 * 90 / 1e6,
        // and the effect 1e-4 / (0.01 * 0.99 / 1000) = 10.101.
        let size = size / (1e-4 / 9.9e-6);
        let gathered = clustered_upper(&groups([10, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        assert_close(gathered, clopper_pearson_upper(size / 100.0, size, 0.95));
    }

    #[test]
    fn one_group_tells_nothing_of_others() {
        let one = Group {
            total: 1_000,
            errors: 0,
        };
        assert_close(clustered_upper(&[one, Group::default()]), 1.0);
        assert!(clustered_upper(&[one, one]) < 1.0);
    }
}

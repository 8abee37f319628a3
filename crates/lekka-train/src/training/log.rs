//! The lines of a run's log.

use super::event::TrainEvent;
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// The line of an event, if it is worth one.
pub(crate) fn line(event: &TrainEvent) -> Option<String> {
    let text = match event {
        TrainEvent::Started(start) => {
            let sets: Vec<_> = start
                .validation
                .iter()
                .map(|(name, images)| format!("{images} of '{name}'"))
                .collect();
            let mut text = format!(
                "{} images to train on, {} to validate, {} epochs of {} steps, {} weights",
                start.training_images,
                if sets.is_empty() {
                    "none".to_owned()
                } else {
                    sets.join(" and ")
                },
                start.epochs,
                start.steps_per_epoch,
                start.parameters
            );
            if let Some((epochs, step)) = start.resumed_after {
                let _ = write!(text, "; resumed after {epochs} epochs and {step} steps");
            }
            text
        }
        TrainEvent::EpochFinished(epoch) => {
            let mut text = format!(
                "epoch {}: rate {:e}, training loss {:.4} accuracy {:.2} %",
                epoch.epoch,
                epoch.learning_rate,
                epoch.train_loss,
                100.0 * epoch.train_accuracy
            );
            for set in &epoch.validation {
                let _ = write!(
                    text,
                    ", '{}' loss {:.4} accuracy {:.2} %",
                    set.name,
                    set.loss,
                    100.0 * set.accuracy
                );
            }
            let _ = write!(text, ", {:.0} images/s", epoch.images_per_second);
            text
        }
        TrainEvent::StoppedEarly { epoch } => format!("stopped early after epoch {epoch}"),
        TrainEvent::Interrupted { epoch, step } => {
            format!("interrupted in epoch {epoch} after step {step}")
        }
        TrainEvent::Finished(summary) => {
            let mut text = format!(
                "finished: mean training accuracy {:.2} %",
                100.0 * summary.mean_train_accuracy
            );
            if let Some(accuracy) = summary.mean_validation_accuracy {
                let _ = write!(text, ", mean validation accuracy {:.2} %", 100.0 * accuracy);
            }
            let _ = write!(text, ", best epoch {}", summary.best_epoch);
            text
        }
        TrainEvent::Step(_) | TrainEvent::Validating { .. } | TrainEvent::CheckpointSaved(_) => {
            return None;
        }
    };
    Some(format!("{} {text}", timestamp(SystemTime::now())))
}

/// A point in time as `2026-01-31T23:59:59Z`.
fn timestamp(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days to a date, with years that begin in March so that leap days are last
    // (H. Hinnant, "chrono-compatible low-level date algorithms").
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn timestamps_are_utc_dates() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
        ] {
            assert_eq!(
                timestamp(UNIX_EPOCH + Duration::from_secs(seconds)),
                expected
            );
        }
    }
}

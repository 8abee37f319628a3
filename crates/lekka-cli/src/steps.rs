//! Options for the steps that a page goes through before it is read.

use clap::{Args, ValueEnum};
use lekka::{Preparation, Steps, Strokes, Threshold, When};

/// Options of the commands that prepare pages.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Preparation")]
pub(crate) struct StepArgs {
    /// Enlarge pages of small writing, such as scans of 100 dots per inch
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    enlarge: WhenName,
    /// Even out shadows and stains
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    light: WhenName,
    /// Take out specks by a median filter of 3 x 3 pixels
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    median: WhenName,
    /// How ink is told from paper
    #[arg(long, value_name = "METHOD", default_value = "auto")]
    threshold: ThresholdName,
    /// Turn skewed pages upright, up to 45 degrees either way
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    upright: WhenName,
    /// Turn pages that lie on their side or upside down, by what reads better
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    quarter_turns: WhenName,
    /// Leave long ruled lines in on pages without a grid
    #[arg(long)]
    keep_rules: bool,
    /// Take the slant out of each line of writing; the built-in weights read worse so
    #[arg(long)]
    slant: bool,
    /// Thin strokes to skeletons; the built-in weights read much worse so
    #[arg(long)]
    thin: bool,
}

/// When a step is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum WhenName {
    /// Where the page needs it.
    Auto,
    /// On every page.
    Always,
    /// On no page.
    Never,
}

/// Methods to tell ink from paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ThresholdName {
    /// Otsu's, or Sauvola's where Otsu's takes much paper for ink.
    Auto,
    /// One threshold for the page.
    Otsu,
    /// One for each pixel.
    Sauvola,
}

impl From<WhenName> for When {
    fn from(name: WhenName) -> Self {
        match name {
            WhenName::Auto => Self::Auto,
            WhenName::Always => Self::Always,
            WhenName::Never => Self::Never,
        }
    }
}

impl StepArgs {
    /// The steps that were asked for.
    pub(crate) fn steps(self) -> Steps {
        Steps {
            page: Preparation {
                polarity: None,
                enlarge: self.enlarge.into(),
                light: self.light.into(),
                median: self.median.into(),
                threshold: match self.threshold {
                    ThresholdName::Auto => Threshold::Auto,
                    ThresholdName::Otsu => Threshold::Otsu,
                    ThresholdName::Sauvola => Threshold::Sauvola,
                },
                upright: self.upright.into(),
            },
            keep_rules: self.keep_rules,
            strokes: Strokes {
                upright: self.slant,
                thin: self.thin,
            },
            quarter_turns: self.quarter_turns.into(),
        }
    }
}

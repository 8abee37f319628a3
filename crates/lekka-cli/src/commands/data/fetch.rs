//! `lekka data fetch`: downloads the official files from their author's repository.

use super::SplitName;
use crate::failure::Exit;
use crate::output::print;
use crate::terminal::Console;
use anyhow::Result;
use clap::Args;
use lekka_train::data::{
    DataFolder, FetchEvent, OFFICIAL_SOURCE, Split, download, fetch, fetch_plan,
};
use std::path::PathBuf;

/// Options of `lekka data fetch`.
#[derive(Debug, Args)]
#[command(
    after_help = "What is already there and right is not downloaded again. Proxies are taken \
from the environment.

Examples:
  lekka data fetch --data data/
  lekka data fetch --data data/ --split test --split dig"
)]
pub(crate) struct FetchArgs {
    /// Folder for the files
    #[arg(
        long,
        value_name = "DIR",
        env = "LEKKA_DATA_DIR",
        hide_env_values = true
    )]
    data: PathBuf,
    /// Only this part; may be repeated
    #[arg(long, value_name = "PART")]
    split: Vec<SplitName>,
    /// Address of the folder to download from
    #[arg(long, value_name = "URL", default_value = OFFICIAL_SOURCE)]
    source: String,
}

pub(crate) fn run(args: &FetchArgs, console: &Console) -> Result<Exit> {
    let splits: Vec<Split> = match args.split[..] {
        [] => Split::ALL.to_vec(),
        _ => args.split.iter().map(|&split| split.into()).collect(),
    };
    // Where later commands will look: a folder kannada-mnist in it, if there is one.
    let folder = DataFolder::open(&args.data).map_or(args.data.clone(), |f| f.path().to_path_buf());
    let plan = fetch_plan(&args.source, &splits);
    let files = fetch(&folder, &plan, download, |event| match event {
        FetchEvent::Present(path) => console.note(format_args!("{} is there", path.display())),
        FetchEvent::Downloading(item) => console.note(format_args!("downloading {}", item.url)),
        FetchEvent::Saved { path, bytes } => {
            console.note(format_args!(
                "{}, {bytes} bytes, sum checked",
                path.display()
            ));
        }
        _ => (),
    })?;
    print(&format!(
        "{} official files in {}\n",
        files.len(),
        folder.display()
    ))?;
    Ok(Exit::Success)
}

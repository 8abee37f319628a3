use crate::failure::Exit;
use crate::terminal::Console;
#[derive(Debug, clap::Args)]
pub(crate) struct FetchArgs {}
pub(crate) fn run(_args: &FetchArgs, _console: &Console) -> anyhow::Result<Exit> {
    Ok(Exit::Success)
}

use crate::failure::Exit;
use crate::terminal::Console;
#[derive(Debug, clap::Args)]
pub(crate) struct ReadArgs {}
pub(crate) fn run(_args: &ReadArgs, _console: &Console) -> anyhow::Result<Exit> {
    Ok(Exit::Success)
}

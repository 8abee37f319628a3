use crate::failure::Exit;
use crate::terminal::Console;
#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {}
pub(crate) fn run(_args: &BenchArgs, _console: &Console) -> anyhow::Result<Exit> {
    Ok(Exit::Success)
}

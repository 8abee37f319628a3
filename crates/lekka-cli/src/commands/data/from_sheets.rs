use crate::failure::Exit;
use crate::terminal::Console;
#[derive(Debug, clap::Args)]
pub(crate) struct FromSheetsArgs {}
pub(crate) fn run(_args: &FromSheetsArgs, _console: &Console) -> anyhow::Result<Exit> {
    Ok(Exit::Success)
}

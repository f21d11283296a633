//! `promptopt lsp`: the language server.

use clap::Args;

/// How the language server starts.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LspArgs {
    /// The model of prompts that name none
    #[arg(long, short, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Speak over standard input and output, as is done anyway
    #[arg(long, hide = true)]
    pub(crate) stdio: bool,
}

const EXAMPLES: &str = "\
Editors start it themselves; in Neovim:
  vim.lsp.start({ name = 'promptopt', cmd = { 'promptopt', 'lsp' }, root_dir = vim.fn.getcwd() })
in Helix (languages.toml):
  [language-server.promptopt]
  command = \"promptopt\"
  args = [\"lsp\"]";

//! `promptopt models import`: another project's price list becomes a price file of one's own.

use std::path::{Path, PathBuf};

use promptopt::catalog::import::Imported;
use promptopt::catalog::load::Part;
use promptopt::catalog::render::render;
use promptopt::catalog::{Catalog, ModelSpec};
use promptopt::error::{Error, Kind, Result};

use super::read;
use crate::args::ImportArgs;
use crate::commands::Outcome;
use crate::render::clean;
use crate::render::page::{Page, Style};
use crate::render::words::{count, plural};
use crate::settings::{Settings, today};
use crate::{output, overlay};

/// Notes that are listed before "and so many more".
const MOST_NOTES: usize = 20;

/// Imports.
pub(super) fn run(args: &ImportArgs, settings: &Settings) -> Result<Outcome> {
    let embedded = Catalog::embedded();
    let list = read::list(&args.file, args.observed.unwrap_or_else(today), embedded)?;
    let is_known =
        |row: &ModelSpec| embedded.find(Some(&row.host), &row.id).is_some_and(|ours| read::is_named(ours, &row.id));
    let (n_listed, n_priced) = (list.models.len(), list.models.iter().filter(|row| !row.prices.is_empty()).count());
    let rows: Vec<ModelSpec> =
        list.models.iter().filter(|row| !row.prices.is_empty() && (args.replace || !is_known(row))).cloned().collect();
    let head = format!(
        "Made by `promptopt models import {}` from a price list of {}. These rows lie over the catalogue; edit them, or\nremove \
         the file to be rid of them.",
        read::source_name(&args.file),
        list.format
    );
    let text = render(&head, &list.sources, &rows);
    // Better now than at the next estimate.
    embedded.with_overlay(Part::new(rows.clone(), list.sources.clone()))?;
    if args.out.as_deref() == Some(Path::new("-")) {
        output::write(&text, None)?;
        return Ok(Outcome::default());
    }
    let path = match &args.out {
        Some(path) => path.clone(),
        None => own_file(args, settings)?,
    };
    output::write(&text, Some(&path))?;
    output::write(&summary(&list, &rows, (n_listed, n_priced), &path, settings), None)?;
    Ok(Outcome::default())
}

/// The list's name in the user's folder of price files, which is made if need be.
fn own_file(args: &ImportArgs, settings: &Settings) -> Result<PathBuf> {
    let folder = overlay::folder(settings).ok_or_else(|| {
        Error::new(Kind::Config, "there is no configuration folder").help("say with --out where to write")
    })?;
    std::fs::create_dir_all(&folder).map_err(|cause| {
        Error::new(Kind::Io, format!("cannot make the folder `{}`", folder.display())).because(cause)
    })?;
    Ok(folder.join(read::source_name(&args.file)).with_extension("toml"))
}

fn summary(list: &Imported, rows: &[ModelSpec], counts: (usize, usize), path: &Path, settings: &Settings) -> String {
    let mut page = Page::new(settings.width, settings.color_on_stdout);
    let n = |n: usize| count(n as u64);
    let taken = plural(rows.len() as u64, "model", "models");
    page.paragraph(&format!("{taken} written to {}", clean(&path.display().to_string())), 0, Style::Bold);
    let (n_listed, n_priced) = counts;
    page.paragraph(
        &format!(
            "{} in the list ({}): {} without a price, {} that the catalogue has already (--replace takes them too)",
            n(n_listed),
            list.format,
            n(n_listed - n_priced),
            n(n_priced - rows.len())
        ),
        0,
        Style::Dim,
    );
    if !list.notes.is_empty() {
        page.heading("Not taken as it stands", "");
    }
    for note in list.notes.iter().take(MOST_NOTES) {
        page.paragraph(&format!("{}: {}", clean(&note.entry), clean(&note.what)), 2, Style::Plain);
    }
    if list.notes.len() > MOST_NOTES {
        page.paragraph(&format!("and {} more", n(list.notes.len() - MOST_NOTES)), 2, Style::Dim);
    }
    page.finish()
}

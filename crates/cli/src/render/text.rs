//! The report on one screen of a terminal, in the order of a reader's questions: what does it cost, where does it go,
//! when, for what kind of request, what would save how much, and what was not counted.

use promptopt::estimate::Report;

use super::View;
use super::page::Page;

mod breakdown;
mod headline;
mod remarks;
mod savings;
mod time;

pub(crate) use savings::what_if_limits;

/// The screen.
pub(crate) fn text(report: &Report, view: &View) -> String {
    let mut page = Page::new(view.width, view.color);
    headline::draw(report, &mut page);
    breakdown::models(report, view, &mut page);
    breakdown::sections(report, view, &mut page);
    breakdown::tags(report, view, &mut page);
    time::draw(report, view, &mut page);
    breakdown::templates(report, view, &mut page);
    savings::steps(report, view, &mut page);
    savings::what_if(report, view, &mut page);
    remarks::draw(report, view, &mut page);
    page.finish()
}

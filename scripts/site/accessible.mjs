// Mends what axe-core finds in the pages of typedoc's default theme.

/** Headings whose level is more than one deeper than that of the heading before it get the next level. */
function levels(html) {
  let before = 0;
  return html.replace(/<h([1-6])(?=[ >])/g, (tag, digit) => {
    const level = Math.min(Number(digit), before + 1);
    before = level;
    return level === Number(digit) ? tag : `${tag} aria-level="${level}"`;
  });
}

/** A page as the theme makes it, so that axe-core has no objections. */
export function accessible(html) {
  return (
    levels(html)
      // The page has one main part.
      .replace('<div class="col-content">', '<div class="col-content" role="main">')
      .replace(
        '<div class="col-sidebar">',
        '<div class="col-sidebar" role="complementary" aria-label="Contents">',
      )
      // A link inside of a summary cannot be reached: the summary is a control itself.
      .replace(/<summary[^]*?<\/summary>/g, (summary) =>
        summary.replace(/<a [^>]*class="tsd-anchor-icon"[^]*?<\/a>/g, ''),
      )
      // Whoever has no mouse scrolls a wide program or signature by its focus.
      .replaceAll('<pre>', '<pre tabindex="0">')
      .replaceAll('<div class="tsd-signature', '<div tabindex="0" class="tsd-signature')
      // A cell without text heads no column.
      .replace(/<th( [^>]*)?><\/th>/g, '<td$1></td>')
  );
}

/** Rules that all elements share. A theme sets the custom properties; the defaults have enough contrast on white. */
export const SHARED = `
:host {
  --accent: var(--forecourt-accent, #1a4fb4);
  --on-accent: var(--forecourt-on-accent, #fff);
  --muted: var(--forecourt-muted, #595959);
  --border: var(--forecourt-border, #808080);
  --error: var(--forecourt-error, #b3261e);
  --surface: var(--forecourt-surface, #fff);
  --radius: var(--forecourt-radius, 6px);
  --gap: var(--forecourt-gap, 12px);
  display: block; color: var(--forecourt-text, inherit); font: inherit; line-height: 1.4;
}
:host([hidden]) { display: none; }
*, ::before, ::after { box-sizing: border-box; }
p, ul, h2, h3, fieldset, dl, dd { margin: 0; padding: 0; border: 0; min-inline-size: 0; list-style: none; }
h2, h3 { font-size: 1.1em; }
button, input {
  font: inherit; color: inherit; min-block-size: 44px; padding: 8px 14px; background: var(--surface);
  border: 1px solid var(--border); border-radius: var(--radius);
}
button { cursor: pointer; }
button.main { background: var(--accent); color: var(--on-accent); border-color: var(--accent); font-weight: 600; }
button[aria-disabled=true] { cursor: default; color: var(--muted); border-style: dashed; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.row { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
.stack { display: grid; gap: var(--gap); }
.muted, small { color: var(--muted); font-size: .9em; }
.error { color: var(--error); }
.error:empty, .status:empty { display: none; }
.panel { padding: var(--gap); border: 1px solid var(--border); border-radius: var(--radius); }
.hidden { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: no-preference) { button { transition: background .1s, border-color .1s; } }
`;

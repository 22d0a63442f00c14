export const CSS = `
.head { justify-content: space-between; flex-wrap: nowrap; }
.line { display: grid; gap: 8px; padding-block: 12px; border-block-end: 1px solid var(--border); }
.line input { inline-size: 4em; text-align: center; }
.line .total { margin-inline-start: auto; }
[aria-busy=true] .total, [aria-busy=true] > b { opacity: .6; }
.saving { min-block-size: 1.4em; }
h2:focus, .problems:focus { outline: none; }
:host([drawer]) { display: inline-block; }
dialog {
  margin: 0 0 0 auto; padding: 0; border: 0; inline-size: min(28rem, 100vw); max-inline-size: 100vw; block-size: 100dvh;
  max-block-size: 100dvh; color: var(--forecourt-text, #1a1a1a); background: var(--surface);
}
dialog::backdrop { background: rgb(0 0 0 / .45); }
.inner { padding: 16px; min-block-size: 100%; align-content: start; }
`;

export const CSS = `
:host { display: grid; gap: calc(var(--gap) * 2); }
.title { margin-block-end: 6px; }
.values { display: flex; flex-wrap: wrap; gap: 8px; }
.values button { text-align: start; }
.values button small { display: inline; }
[data-state=selected] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
[data-state=selected] .name { font-weight: 600; }
[data-state=alternative] { border-style: dashed; }
[data-state=impossible] .name { text-decoration: line-through; }
.price { font-size: 1.5em; font-weight: 600; min-block-size: 1.4em; }
.price[aria-busy=true] { opacity: .6; }
input[type=number] { inline-size: 5.5em; }
.link input { inline-size: 100%; }
`;

var l=(r,e={},...t)=>({tag:r,props:e,children:t}),p=new WeakMap,h=r=>r.flatMap(e=>Array.isArray(e)?h(e):e===!1||e===null||e===void 0||e===""?[]:[typeof e=="number"?`${e}`:e]),g=r=>p.get(r)?.key;function y(r,e){let t=p.get(r)??{};for(let o of Object.keys({...t,...e})){let s=e[o];if(o!=="key")if(o.startsWith("on"))r[o]=s??null;else if(o==="value"){let n=r,i=r.getRootNode().activeElement===r;(t.value!==s||!i)&&(n.value=`${s??""}`)}else{if(s===t[o])continue;s===!1||s===null||s===void 0?r.removeAttribute(o):r.setAttribute(o,s===!0?"":`${s}`)}}p.set(r,e)}function f(r,...e){let t=h(e),o=new Set(t.map(i=>typeof i=="string"?void 0:i.props.key)),s=new Map;for(let i of[...r.childNodes]){let a=g(i);a!==void 0&&(o.has(a)?s.set(a,i):i.remove())}let n=r.firstChild;for(let i of t){let a;if(typeof i=="string")a=n?.nodeType===Node.TEXT_NODE?n:document.createTextNode(""),a.nodeValue!==i&&(a.nodeValue=i);else{let{tag:u,props:d}=i;n!==null&&g(n)===d.key&&n.localName===u?a=n:d.key!==void 0&&(a=s.get(d.key)),a??=document.createElement(u),f(a,i.children),y(a,d)}a===n?n=n.nextSibling:r.insertBefore(a,n)}for(;n;){let i=n.nextSibling;n.remove(),n=i}}var b=`
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
`;var m=class{constructor(e,t){this.page=e;this.host=t;this.shop=e.shop}page;host;shop;root;stop(){}render(){if(!this.root){this.root=this.host.shadowRoot??this.host.attachShadow({mode:"open"});let e=new CSSStyleSheet;e.replaceSync(b+this.css),this.root.adoptedStyleSheets=[e]}f(this.root,...this.content())}find(e){return this.root?.querySelector(e)??null}emit(e,t){let o=new CustomEvent(`forecourt:${e}`,{bubbles:!0,composed:!0,detail:t});this.host.dispatchEvent(o)}t(e,t={}){let{texts:o,locale:s}=this.page,n=o,i=()=>`${e}_${new Intl.PluralRules(s).select(Number(t.count))}`;return(n[e]??n[i()]??n[`${e}_other`]??e).replace(/\{(\w+)\}/g,(u,d)=>{let c=t[d]??"";return typeof c=="number"?this.number(c):c})}number(e){return new Intl.NumberFormat(this.page.locale).format(e)}money(e,t,o="auto"){let s=new Intl.NumberFormat(this.page.locale,{style:"currency",currency:t,signDisplay:o});return s.format(e/10**(s.resolvedOptions().maximumFractionDigits??2))}points(e){return this.t("points",{count:e})}date(e){return new Intl.DateTimeFormat(this.page.locale,{dateStyle:"long"}).format(new Date(e))}list(e){return new Intl.ListFormat(this.page.locale).format(e)}status(e,t="status"){return l("p",{role:"status",part:t,class:t},e)}alert(e){return l("p",{role:"alert",part:"error",class:"error"},e)}button(e,t,o={}){return l("button",{type:"button",part:"button",...o,onclick:()=>{t()}},e)}};function N(r,e){let{code:t,message:o,details:s}=r;return s?.queued?e("queued"):t?o:void 0}export{l as a,m as b,N as c};

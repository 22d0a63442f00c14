/** A small virtual DOM: a view says what it shows, and `patch` changes what differs, so that focus, caret and
 * scroll position stay where they are. */

type Handler = (event: never) => void;
type Value = string | number | boolean | null | undefined | Handler;

/** Attributes, handlers (`onclick`), and `key`, which identifies one of several siblings. `value` and `open` are
 * set as properties. */
export type Props = Record<string, Value>;

export interface VNode {
  tag: string;
  props: Props;
  children: Child[];
}

export type Child = VNode | string | number | false | null | undefined | Child[];

export const h = (tag: string, props: Props = {}, ...children: Child[]): VNode =>
  ({ tag, props, children });

/** What each element was last patched with. */
const patched = new WeakMap<Node, Props>();

const flat = (children: Child[]): (VNode | string)[] =>
  children.flatMap((child): (VNode | string)[] => {
    if (Array.isArray(child)) return flat(child);
    if (child === false || child === null || child === undefined || child === '') return [];
    return [typeof child === 'number' ? `${child}` : child];
  });

const keyOf = (node: Node) => patched.get(node)?.key;

function setProps(element: HTMLElement, props: Props): void {
  const before = patched.get(element) ?? {};
  for (const name of Object.keys({ ...before, ...props })) {
    const value = props[name];
    if (name === 'key') continue;
    if (name.startsWith('on')) {
      (element as unknown as Record<string, unknown>)[name] = value ?? null;
    } else if (name === 'value') {
      const input = element as HTMLInputElement;
      // What is being typed is not overwritten.
      const isTyping = (element.getRootNode() as ShadowRoot).activeElement === element;
      if (before.value !== value || !isTyping) input.value = `${value ?? ''}`;
    } else if (value === before[name]) {
      continue;
    } else if (value === false || value === null || value === undefined) {
      element.removeAttribute(name);
    } else {
      element.setAttribute(name, value === true ? '' : `${value as string}`);
    }
  }
  patched.set(element, props);
}

/** Makes the children of `parent` those. */
export function patch(parent: Node, ...children: Child[]): void {
  const next = flat(children);
  const keys = new Set(next.map((one) => (typeof one === 'string' ? undefined : one.props.key)));
  const keyed = new Map<Value, Node>();
  for (const node of [...parent.childNodes]) {
    const key = keyOf(node);
    if (key === undefined) continue;
    // First, so that what stays need not move, which would take its focus.
    if (keys.has(key)) keyed.set(key, node);
    else node.remove();
  }
  let at = parent.firstChild;
  for (const child of next) {
    let node: Node | undefined;
    if (typeof child === 'string') {
      node = at?.nodeType === Node.TEXT_NODE ? at : document.createTextNode('');
      if (node.nodeValue !== child) node.nodeValue = child;
    } else {
      const { tag, props } = child;
      const isIt = at !== null && keyOf(at) === props.key && (at as Element).localName === tag;
      if (isIt) node = at!;
      else if (props.key !== undefined) node = keyed.get(props.key);
      node ??= document.createElement(tag);
      // Children first: the value of a `select` is one of them.
      patch(node, child.children);
      setProps(node as HTMLElement, props);
    }
    if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
  }
  while (at) {
    const rest: ChildNode | null = at.nextSibling;
    at.remove();
    at = rest;
  }
}

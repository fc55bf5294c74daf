import type { Child, El } from '../shared/node.js';

const SVG = 'http://www.w3.org/2000/svg';

/** An element of the page from data. Text stays text. */
function render(child: Child, isSvg = false): Node {
  if (typeof child === 'string') return document.createTextNode(child);
  const inSvg = isSvg || child.tag === 'svg';
  const element = inSvg ? document.createElementNS(SVG, child.tag) : document.createElement(child.tag);
  for (const [name, value] of Object.entries(child.attrs)) {
    // The policy of the page forbids the attribute, and allows the property.
    if (name === 'style') (element as HTMLElement).style.cssText = String(value);
    else element.setAttribute(name, String(value));
  }
  element.append(...child.children.map((each) => render(each, inSvg)));
  return element;
}

export function element<T extends HTMLElement = HTMLElement>(el: El): T {
  return render(el) as T;
}

/** Puts new content in the place of all that was there. */
export function fill(host: Element, ...children: (Child | Node)[]): void {
  host.replaceChildren(...children.map((child) => (child instanceof Node ? child : render(child))));
}

/** A select element with options by number. */
export function select(
  label: string,
  options: readonly (readonly [value: number, text: string])[],
  value: number,
): HTMLSelectElement {
  const list = document.createElement('select');
  list.setAttribute('aria-label', label);
  for (const [each, text] of options) list.add(new Option(text, String(each), false, each === value));
  return list;
}

import { h } from '../shared/node.js';
import { element } from './dom.js';
import type { Drawn, Page, View } from './page.js';

interface Place {
  view: View;
  section: HTMLElement;
  body: HTMLElement;
  link: HTMLElement;
  drawn: Drawn | undefined;
  isNear: boolean;
  isStale: boolean;
}

/** All views below each other. A view is made and drawn only once it comes near the window, so a large report opens at once. */
export class Shelf {
  readonly element: HTMLElement;
  readonly #places: Place[];
  readonly #page: Page;
  #isPrint = false;
  #isAsked = false;

  constructor(views: readonly View[], page: Page) {
    this.#page = page;
    this.#places = views.map(placeOf);
    const nav = element(h('nav', { 'aria-label': 'Views' }));
    nav.append(...this.#places.map(({ link }) => link));
    const main = element(h('main', {}));
    main.append(...this.#places.map(({ section }) => section));
    this.element = element(h('div', { class: 'columns' }));
    this.element.append(nav, main);
    this.#watch();
  }

  /** Draws what is in sight with the next frame, and the rest when it comes into sight. */
  redraw(): void {
    for (const place of this.#places) {
      place.isStale = true;
      delete place.section.dataset['drawn'];
    }
    if (this.#isPrint) this.#drawNow();
    else this.#ask();
  }

  /** Makes all views anew, for another pool. */
  mountAll(): void {
    for (const place of this.#places) {
      place.drawn = undefined;
      place.body.replaceChildren();
    }
  }

  /** Paper shows all views at once, with all tables open. */
  setPrint(isPrint: boolean): void {
    this.#isPrint = isPrint;
    for (const { section } of this.#places) {
      for (const box of section.querySelectorAll('details')) {
        if (isPrint && !box.open) box.dataset['print'] = '';
        if (isPrint) box.open = true;
        else if (box.dataset['print'] !== undefined) {
          box.open = false;
          delete box.dataset['print'];
        }
      }
    }
  }

  /** Scrolls to the next or the previous view. */
  go(step: 1 | -1): void {
    const heads = this.#places.map(({ section }) => section.getBoundingClientRect().top);
    const line = this.#topLine + 4;
    const now = heads.reduce((last, top, i) => (top <= line ? i : last), -1);
    const next = this.#places[Math.max(0, Math.min(this.#places.length - 1, now + step))];
    next?.section.scrollIntoView({ block: 'start' });
    next?.section.focus({ preventScroll: true });
  }

  /** Where the bar at the top ends. */
  get #topLine(): number {
    return Number.parseFloat(getComputedStyle(this.#places[0]?.section ?? document.body).scrollMarginTop) || 0;
  }

  #watch(): void {
    const near = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const place = this.#places.find(({ section }) => section === target);
          if (place !== undefined) place.isNear = isIntersecting;
        }
        this.#ask();
      },
      { rootMargin: '400px 0px' },
    );
    const inSight = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries)
          this.#places.find(({ section }) => section === target)?.link.classList.toggle('in-sight', isIntersecting);
      },
      { rootMargin: '-100px 0px -40% 0px' },
    );
    for (const { section } of this.#places) {
      near.observe(section);
      inSight.observe(section);
    }
  }

  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => this.#drawNow());
  }

  #drawNow(): void {
    this.#isAsked = false;
    for (const place of this.#places) {
      if (!place.isStale || !(place.isNear || this.#isPrint)) continue;
      place.isStale = false;
      place.drawn ??= place.view.mount(place.body, this.#page);
      place.drawn.draw();
      place.section.dataset['drawn'] = '';
    }
    if (this.#isPrint) this.setPrint(true);
  }
}

function placeOf(view: View): Place {
  const body = element(h('div', { class: 'body' }));
  const why = element(
    h(
      'details',
      { class: 'why' },
      h('summary', { title: 'Why these numbers' }, 'why this number'),
      view.why.map((line) => h('p', {}, line)),
    ),
  );
  const section = element(h('section', { id: view.id, class: 'view', tabindex: -1, 'aria-label': view.title }));
  const head = element(h('div', { class: 'head' }, h('h2', {}, view.title)));
  head.append(why);
  section.append(head, body);
  const link = element(h('a', { href: `#${view.id}` }, view.title));
  // The address holds the state of the page, not a place in it.
  link.addEventListener('click', (event) => {
    event.preventDefault();
    section.scrollIntoView({ block: 'start' });
  });
  return { view, section, body, link, drawn: undefined, isNear: false, isStale: true };
}

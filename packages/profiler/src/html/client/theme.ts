import { forgetColours } from './colours.js';
import type { State } from './state.js';

const ORDER = ['auto', 'light', 'dark'] as const;

export function nextTheme(theme: State['theme']): State['theme'] {
  return ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length] ?? 'auto';
}

export const THEME_WORDS: Record<State['theme'], string> = { auto: 'as the system', light: 'light', dark: 'dark' };

/** Puts the colours of a theme on the page. Paper is light. */
export function applyTheme(theme: State['theme'], isPrint: boolean): void {
  const { dataset } = document.documentElement;
  const shown = isPrint ? 'light' : theme;
  if (shown === 'auto') delete dataset['theme'];
  else dataset['theme'] = shown;
  forgetColours();
}

/** Tells of changes from outside: the system's colours, and print. */
export function watchMedia(onChange: (isPrint: boolean) => void): void {
  const print = matchMedia('print');
  const tell = () => onChange(print.matches);
  for (const media of [print, matchMedia('(prefers-color-scheme: dark)')]) media.addEventListener('change', tell);
  // Browsers lay paper out before the media query says so.
  addEventListener('beforeprint', () => onChange(true));
  addEventListener('afterprint', () => onChange(false));
}

/** Milliseconds with three digits or so, in µs, ms, s or min. */
export function ms(value: number): string {
  if (!(value > 0)) return '0';
  if (value < 0.9995) return `${digits(value * 1000)} µs`;
  if (value < 999.5) return `${digits(value)} ms`;
  if (value < 599_500) return `${digits(value / 1000)} s`;
  return `${digits(value / 60_000)} min`;
}

export function bytes(value: number): string {
  if (!(value > 0)) return '0';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  return `${step === 0 ? Math.round(value) : digits(value / 1024 ** step)} ${units[step]}`;
}

export function share(value: number): string {
  return `${(value * 100).toFixed(value > 0 && value < 0.0995 ? 1 : 0)} %`;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

export function rate(perSecond: number): string {
  return `${perSecond < 99.5 ? digits(perSecond) : count(perSecond)}/s`;
}

function digits(value: number): string {
  return value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : count(value);
}

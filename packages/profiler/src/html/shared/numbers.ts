/** Numbers for people: about three digits, a narrow space between thousands, the unit behind. */
const NARROW = '\u202f';

export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(?:\d{3})+$)/g, NARROW);
}

/** About three digits: two decimals below 10, one below 100. */
export function digits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 9.995) return value.toFixed(size < 0.0995 ? 3 : 2);
  if (size < 99.95) return value.toFixed(1);
  return count(value);
}

export function ms(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  if (size < 0.00005) return '0';
  if (Math.round(size * 1000) < 1000) return `${digits(value * 1000)}${NARROW}µs`;
  if (Math.round(size) < 1000) return `${digits(value)}${NARROW}ms`;
  if (size < 119_500) return `${digits(value / 1000)}${NARROW}s`;
  if (size < 7_170_000) return `${digits(value / 60_000)}${NARROW}min`;
  return `${digits(value / 3_600_000)}${NARROW}h`;
}

export function share(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  const percent = value * 100;
  if (percent === 0) return `0${NARROW}%`;
  if (Math.abs(percent) < 0.05) return `<0.1${NARROW}%`;
  return `${Math.abs(percent) < 9.95 ? percent.toFixed(1) : count(percent)}${NARROW}%`;
}

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'];

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  let size = value;
  let unit = 0;
  for (; Math.abs(size) >= 999.5 && unit < SIZES.length - 1; unit++) size /= 1000;
  return `${unit === 0 ? count(size) : digits(size)}${NARROW}${SIZES[unit] ?? ''}`;
}

export function rate(perSecond: number): string {
  return `${digits(perSecond)}/s`;
}

/** A value with a unit of `Evidence`. */
export function withUnit(value: number, unit: string): string {
  switch (unit) {
    case 'ms':
      return ms(value);
    case 's':
      return ms(value * 1000);
    case 'share':
      return share(value);
    case 'bytes':
      return bytes(value);
    case 'per second':
      return rate(value);
    case 'count':
      return Number.isInteger(value) ? count(value) : digits(value);
    default:
      return `${digits(value)}${NARROW}${unit}`;
  }
}

const UNITS = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/** A size as text: a number and a unit, such as "512 MiB" or "1.5GiB". */
export const SIZE_PATTERN = new RegExp(`^(\\d+(?:\\.\\d+)?) ?(${Object.keys(UNITS).join('|')})$`);

/** A size as written, in bytes. @param size a number of bytes, or a text that matches SIZE_PATTERN */
export function bytesOf(size: number | string): number {
  if (typeof size === 'number') return size;
  const [, count, unit] = SIZE_PATTERN.exec(size) ?? [];
  return Math.max(1, Math.round(Number(count) * UNITS[unit as keyof typeof UNITS]));
}

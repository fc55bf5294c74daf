/** Numbers as a sentence has them. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value >= 10 || value === 0 ? Math.round(value) : value.toFixed(1)} %`;
}

export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return 'an unknown time';
  if (ms >= 172_800_000) return `${Math.round(ms / 86_400_000)} days`;
  if (ms >= 3_600_000) return `${(ms / 3_600_000).toFixed(1)} h`;
  if (ms >= 120_000) return `${(ms / 60_000).toFixed(1)} min`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(ms >= 10_000 ? 1 : 2)} s`;
  if (ms >= 1) return `${ms.toFixed(ms >= 100 ? 0 : 1)} ms`;
  return `${(ms * 1000).toFixed(ms >= 0.01 ? 0 : 1)} µs`;
}

export function bytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${value >= 10 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? 'B'}`;
}

export function count(value: number, one: string, many = `${one}s`): string {
  const rounded = Math.abs(value) < 10 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
  return `${rounded} ${rounded === '1' ? one : many}`;
}

/** A name that came from the program, short enough for a sentence. */
export function named(name: string): string {
  const plain = name.replace(/[\u0000-\u001f\u007f]/g, ' ');
  return `"${plain.length > 60 ? `${plain.slice(0, 59)}…` : plain}"`;
}

/** What a sentence calls a function, which may have no name. */
export function code({ functionName, file, line }: { functionName: string; file: string; line: number }): string {
  if (functionName !== '') return functionName;
  return file === '' ? 'a function without a name' : `the function at ${file.slice(file.lastIndexOf('/') + 1)}:${line}`;
}

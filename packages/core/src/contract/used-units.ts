/** Most units of a report, and the longest name of one. More would only be work for the program. */
const MOST_UNITS = 16;
const LONGEST_UNIT = 200;

/** A copy of what a handler reports. @throws TypeError for anything but a few units with finite numbers of 0 or more */
export function checkUsed(used: unknown): Record<string, number> {
  const isObject = typeof used === 'object' && used !== null && !Array.isArray(used);
  const units = isObject ? Object.entries(used) : [];
  const isRight = ([unit, amount]: [string, unknown]): boolean =>
    unit.length <= LONGEST_UNIT && Number.isFinite(amount) && (amount as number) >= 0;
  if (units.length > 0 && units.length <= MOST_UNITS && units.every(isRight)) return Object.fromEntries(units);
  throw new TypeError(
    `ctx.report takes an object of 1 to ${MOST_UNITS} units with finite numbers of 0 or more, such as { tokens: 1200 }.`,
  );
}

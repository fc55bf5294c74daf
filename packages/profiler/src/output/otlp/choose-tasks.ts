import type { Try } from '../tries.js';

/**
 * The tries of at most `most` tasks, in order of their submits. Those that failed or were tried again come first, then an even choice of
 * the others. Tries of one task stand together, in order.
 */
export function chooseTasks(tries: readonly Try[], most: number): Try[][] {
  const byTask = new Map<number, Try[]>();
  for (const each of tries) {
    const own = byTask.get(each.taskId) ?? [];
    own.push(each);
    byTask.set(each.taskId, own);
  }
  const all = [...byTask.values()].map((own) => own.sort((a, b) => a.attempt - b.attempt));
  if (all.length <= most) return all;
  const isSpecial = (own: readonly Try[]) => own.length > 1 || own.some(({ outcome }) => outcome !== 'ok');
  const special = all.filter(isSpecial).slice(0, most);
  const plain = all.filter((own) => !isSpecial(own));
  const room = most - special.length;
  const chosen = new Set([
    ...special,
    ...Array.from({ length: room }, (_, i) => plain[Math.floor((i * plain.length) / room)] ?? []),
  ]);
  return all.filter((own) => chosen.has(own));
}

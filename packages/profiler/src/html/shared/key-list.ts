/** What a page does on a key. The help lists them, and tests press them. */
export const KEYS: readonly (readonly [key: string, what: string])[] = [
  ['?', 'this help'],
  ['j', 'next view'],
  ['k', 'previous view'],
  ['+', 'see less time, larger'],
  ['-', 'see more time'],
  ['ArrowLeft', 'earlier'],
  ['ArrowRight', 'later'],
  ['0', 'the whole run'],
  ['n', 'next task name alone'],
  ['w', 'next worker alone'],
  ['a', 'all names, all workers'],
  ['t', 'light, dark, or as the system'],
  ['Escape', 'close the help'],
];

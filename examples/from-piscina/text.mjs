export const LINES = [
  'The mill stands still until the water comes.',
  'A pond behind the dam keeps the wheel turning.',
  'Nobody counts the turns.',
];

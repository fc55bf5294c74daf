export const max = 7;

/** Control characters, halves of surrogate pairs, ends of lines, and marks that turn the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/gu;

/** A name of users' making as one line of text: '�' stands for each character that a terminal would obey. */
export function printable(name: string): string {
  return name.replace(UNPRINTABLE, '�');
}

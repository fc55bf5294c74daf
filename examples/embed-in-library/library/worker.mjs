// Ships with the library. Names begin with the library's name, because a program may export them beside its own.

export function wordCounterCount(text) {
  return text.split(/\s+/).filter(Boolean).length;
}

// What do all peers have in common?
import { PLURAL } from '../kinds.mjs';

/**
 * A peer as it comes, and with settings that its documentation offers for speed. The best setting depends on the question, so
 * all of them take part.
 * @param settings `[name, options]` each; the first is the default, the last is the one of quick runs
 * @param load imports the library, by a name that tools can see
 * @param create `(module, workers, options) => { run(task, input) }`; workers start as early as they can
 */
export function peer(library, kind, settings, load, create) {
  return settings.map(([name, options], index) => ({
    name: [`${library} ${PLURAL[kind]}`, name].filter(Boolean).join(', '),
    library,
    kind,
    role: 'peer',
    isForQuick: index === settings.length - 1,
    load,
    create: (module, { workers }) => create(module, workers, options),
  }));
}

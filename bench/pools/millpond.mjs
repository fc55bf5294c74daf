// How is Millpond started, and with which of its options?
const TASKS = new URL('../workloads/tasks.mjs', import.meta.url);
const PLURAL = { process: 'processes', thread: 'threads' };

/** As it comes, or with `options`, which `setting` names. */
export function millpond(kind, setting, options) {
  return {
    name: [`Millpond ${PLURAL[kind]}`, setting].filter(Boolean).join(', '),
    kind,
    role: 'subject',
    load: () => import('@millpond/core'),
    create({ Pool }, { workers }) {
      const pool = new Pool(TASKS, { kind, workers, ...options });
      return {
        run: (task, input) => pool.run(task, input),
        hold: () => pool.pause(),
        map: (task, inputs) => pool.map(task, inputs),
      };
    },
  };
}

/** With each codec this version has. */
export async function millpondWithCodecs(kind) {
  const { Pool, isPoolError } = await import('@millpond/core');
  const hasCodec = (codec) => {
    try {
      // Inline and at once destroyed: nothing is started to ask.
      void new Pool(TASKS, { kind: 'inline', codec }).destroy();
      return true;
    } catch (error) {
      if (isPoolError(error, 'ERR_OPTION')) return false;
      throw error;
    }
  };
  return ['msgpack', 'json'].filter(hasCodec).map((codec) => millpond(kind, codec, { codec }));
}

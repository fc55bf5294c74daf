// Kinds of workers, as the names of contestants and the heads of tables have them.
export const PLURAL = { process: 'processes', thread: 'threads' };

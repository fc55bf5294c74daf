// A worker module with batches as a user writes it; only its types are looked at.
import { batch, type BatchContext, defineWorker } from '@millpond/core/worker';

interface Row {
  readonly id: number;
  readonly text: string;
}

export const worker = defineWorker({ setup: () => ({ table: 'rows' }) });

export const insert = batch({ maxSize: 10, key: (row) => row.id }, (rows: Row[]) => rows.map(({ id }) => id));

export const load = batch(
  { maxWaitMs: 5, size: 'auto' },
  async (ids: string[], ctx: BatchContext<typeof worker>): Promise<(Row | Error)[]> =>
    ids.map((id, index) => {
      if (ctx.items[index]?.signal.aborted === true) return new Error(ctx.data.table);
      return { id: Number(id), text: id };
    }),
);

export const slow = batch({}, (numbers: number[]) => numbers.map(async (number) => number > 0));

export const picky = batch({}, (numbers: number[]) =>
  numbers.map((number) => (number > 0 ? `${number}` : batch.failed({ number }))),
);

// A worker module that says which workerData it takes; only its types are looked at.
import { defineWorker, type TaskContext } from '@millpond/core/worker';

export interface Settings {
  readonly path: string;
  readonly rows: number;
}

export const worker = defineWorker({
  async setup({ workerData }: { workerData: Settings }) {
    return new Map<string, number>([[workerData.path, workerData.rows]]);
  },
  warmup({ workerData, data }) {
    data.set(workerData.path, workerData.rows);
  },
});

export function find(word: string, ctx: TaskContext<typeof worker>): number | undefined {
  return ctx.data.get(word) ?? ctx.workerData.rows;
}

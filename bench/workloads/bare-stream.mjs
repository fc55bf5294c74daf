// A thread without a pool: sends the values of an async generator by its port, within a credit.
import { parentPort, workerData } from 'node:worker_threads';
import * as streams from './streams.mjs';

const { name, input, credit, batchSize } = workerData;
let left = credit;
let goOn = () => {};

parentPort.on('message', (taken) => {
  left += taken;
  goOn();
});

let batch = [];
for await (const value of streams[name](input)) {
  if (batchSize === 1) parentPort.postMessage(value);
  else {
    batch.push(value);
    if (batch.length === batchSize) {
      parentPort.postMessage(batch);
      batch = [];
    }
  }
  if (--left === 0) await new Promise((resolve) => (goOn = resolve));
}

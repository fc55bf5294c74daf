import { withRows } from '../../replay/what-if.js';
import { type Candidate, cause, evidence, STEP } from '../candidate.js';
import { type PoolView, setOption, share } from '../view.js';
import { count } from '../words.js';

interface NativeThreads {
  /** In one process. */
  size: number;
  /** Tasks that share them. */
  tasks: number;
  /** Whether they compute all the time, with more tasks than threads. */
  isFull: boolean;
}

/** Native threads of the workers, and whether tasks wait for them. */
export function nativeThreadsOf(view: PoolView): NativeThreads {
  const { pool, workers, places } = view;
  const { meanNative, nativeThreads: size } = pool.asked.cores;
  const isOwn = pool.kind === 'process';
  const tasks = isOwn ? Math.max(1, pool.asked.concurrency.now) : places;
  const used = share((meanNative ?? 0) * pool.wallMs, pool.activeMs * size * (isOwn ? workers : 1));
  return { size, tasks, isFull: tasks > size && used >= NATIVE_FULL };
}

/** Part of the time of native threads from which on they are what tasks wait for. */
const NATIVE_FULL = 0.75;

/** R15 again: handlers wait for native threads, which are fewer than the cores. */
export function nativeThreads(view: PoolView): Candidate[] {
  const { size, tasks, isFull } = nativeThreadsOf(view);
  const { pool, execution, executionMs, cores } = view;
  const perProcess = pool.kind === 'process' ? cores / view.workers : cores;
  const wanted = Math.min(tasks, Math.max(size, Math.ceil(perProcess)));
  if (!isFull || wanted <= size) return [];
  const option = 'env.UV_THREADPOOL_SIZE';
  const text =
    pool.kind === 'process'
      ? `Give each worker ${wanted} native threads: ${option} = '${wanted}'.`
      : `Start the program with UV_THREADPOOL_SIZE=${wanted}: its threads share one set of native threads.`;
  return [
    cause({
      id: 'R15',
      title: 'NATIVE THREADS ARE TOO FEW',
      text: `${count(size, 'native thread')} computed for up to ${count(tasks, 'task')} at a time, without a pause. Handlers waited for them, and cores were free.`,
      evidence: [
        evidence('waiting', share(execution.loopIdleMs, executionMs), 'share', null, 'idle event loop ÷ execution'),
        evidence('native threads', size, 'count', null, 'UV_THREADPOOL_SIZE, 4 by default'),
        evidence(
          'cores used by them',
          pool.asked.cores.meanNative ?? 0,
          'count',
          NATIVE_FULL * size,
          'time of native threads ÷ time',
        ),
      ],
      advice: [pool.kind === 'process' ? setOption(view, option, String(wanted), text, String(size)) : { text }],
      step: STEP.resource,
      explains: ['R01', 'R22', 'R16'],
      suppresses: ['R01', 'R16'],
      // A task with t others on n threads takes t ÷ n times as long as alone.
      without: withRows((rows, row) => (rows.wait[row]! *= share(tasks / wanted - 1, tasks / size - 1))),
    }),
  ];
}

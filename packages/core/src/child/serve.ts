import { hostNowMs, systemClock } from '../base/clock.js';
import { nextTick, printError, setTimeout } from '../base/natives.js';
import { openDecoder } from '../codec/open-codec.js';
import { MOST_ITEMS } from '../contract/batch-shape.js';
import { beginWithValues, endWithValues, lazyValues } from '../contract/lazy-values.js';
import type { PressureLevel } from '../contract/worker-module.js';
import { setWorkerData } from '../contract/worker-scope.js';
import { TEST_ID } from '../wire/claim-board.js';
import { errorToWire } from '../wire/error-wire.js';
import { FRAME, type ParentKind, PROTOCOL_VERSION } from '../wire/frame.js';
import { frameRouter } from '../wire/frame-router.js';
import type { InitMessage, StartFailedMessage } from '../wire/messages.js';
import { Requests } from '../wire/requests.js';
import { readStartValue } from '../wire/start-value.js';
import type { ParentTopics, WorkerTopics } from '../wire/topics.js';
import { rulesOf, withLists } from './batch-handlers.js';
import { BusyPoll } from './busy-poll.js';
import { systemThreadId } from './cpu-time.js';
import { FlowTable } from './flow-table.js';
import type { Host, Served, Shared } from './host.js';
import { OwnCache } from './own-cache.js';
import { Profiling } from './profile/profiling.js';
import { askWhenTaken, ProgressSender } from './progress.js';
import { ProgressLink } from './progress-link.js';
import { relieve } from './relief.js';
import { ReportTimer } from './report-timer.js';
import { ResultWriter } from './result-writer.js';
import type { WorkerScope } from './running-task.js';
import { SectionRecorder } from './section-recorder.js';
import { SelfReport } from './self-report.js';
import { withSyntaxErrorPlace } from './syntax-error-place.js';
import { TaskLoop } from './task-loop.js';
import { TaskUse } from './task-use.js';
import { sendUsage, UsageReports } from './usage-reports.js';
import { runWarmupTasks } from './warm-up.js';
import { type LoadedModule, loadWorkerModule } from './worker-module.js';

/**
 * Length from which inputs are marked on the board before they are decoded, at 0.7 µs. At 5 ns a byte
 * (dispatch/frame-filling.ts) they take 80 µs to decode, so the mark is 1 %. Decoding may take all memory left to the
 * worker. Then the input is to blame, not a handler. A module's codec may do anything, so all its inputs count.
 */
const HEAVY_BYTES = 16 * 1024;

/**
 * Time limit of a teardown once the parent is gone, or after a failed start; it may hang. The fault tests hold workers to an end
 * within 2 s of the parent's.
 */
const LATE_TEARDOWN_MS = 1000;

/** The whole life of a worker, seen from inside: init → load → setup → warmup → ready → tasks → teardown. */
export function serve(host: Host): Served {
  const { channel } = host;
  let loop: TaskLoop | undefined;
  let reports: ReportTimer | undefined;
  let module: LoadedModule | undefined;
  let scope: WorkerScope | undefined;
  const cache = new OwnCache();
  let flows: FlowTable | undefined;
  let starting: Promise<void> | undefined;
  let ending = false;
  let mayHaveValues = false;
  const profiling = new Profiling(channel, host);

  const requests = new Requests<WorkerTopics, ParentTopics>({
    channel,
    clock: systemClock,
    answers: {
      relieve: (asked) => {
        cache.relieve(asked.level);
        return relieve(asked, pressureHook());
      },
      measure: () => void profiling.measure(),
    },
  });

  channel.onFrame = frameRouter<ParentKind>('The parent', {
    [FRAME.init]: ({ body }) => {
      starting = start(body);
    },
    [FRAME.tasks]: (frame) => {
      loop?.accept(frame);
      reports?.keepComing();
      profiling.keepComing();
    },
    [FRAME.cancel]: ({ body }) => loop?.cancel(body),
    [FRAME.tune]: ({ body }) => loop?.tune(body.concurrency),
    [FRAME.pressure]: ({ body }) => onPressure(body.level),
    [FRAME.stop]: () => void stop(),
    [FRAME.profile]: ({ body }) => profiling.apply(body.terms),
    ...requests.handlers,
    [FRAME.flow]: (frame) => flows?.handlers[FRAME.flow](frame),
    [FRAME.credit]: (frame) => flows?.handlers[FRAME.credit](frame),
    [FRAME.sourceEnd]: (frame) => flows?.handlers[FRAME.sourceEnd](frame),
  });
  channel.onFault = (error) => {
    // A bug of ours, or a damaged link. The worker ends as with any uncaught error, so that the parent gets the reason.
    nextTick(() => {
      throw error;
    });
  };
  channel.onClose = () => {
    requests.end();
    end();
    // The parent is gone, or has released us, and needs no results. Quick teardowns still run.
    if (ending) return;
    setTimeout(() => host.endOrphaned(), LATE_TEARDOWN_MS).unref();
    void teardown().finally(() => host.endOrphaned());
  };

  async function start(init: InitMessage): Promise<void> {
    let phase: StartFailedMessage['phase'] = 'load';
    try {
      if (init.protocol !== PROTOCOL_VERSION) {
        throw new Error(
          `Parent speaks protocol ${init.protocol}, worker ${PROTOCOL_VERSION}: two versions of @millpond/core meet.`,
        );
      }
      // Before the first await: the next frame may have arrived with this one.
      const shared = host.open(init);
      if (init.guard) host.startGuard();
      const { encoder, log, arena, board } = shared;
      // Before the module: its clients of servers are watched from their first connection on.
      if (init.profile !== undefined) profiling.apply(init.profile);
      const results = new ResultWriter({ channel, encoder, log, arena });
      const sections = new SectionRecorder((path) => {
        board?.noteSection(path);
        profiling.hooks?.section(path);
      });
      profiling.watch(sections);
      const progress = new ProgressSender(new ProgressLink(channel, encoder), askWhenTaken(requests));
      flows = new FlowTable(channel, encoder, () => openDecoder(init.codec));
      const workerData = readStartValue(init.workerData);
      scope = {
        workerId: init.workerId,
        slot: init.slot,
        workerData,
        data: undefined,
        cache,
        sections,
        progress,
        flows,
        usage: new UsageReports(sendUsage(requests)),
      };
      setWorkerData(workerData);
      beginWithValues();
      mayHaveValues = true;
      const loaded = await loadWorkerModule(init.moduleUrl, host.load);
      if (ending) return;
      module = loaded;
      cache.limit(loaded.hooks.cache);
      channel.send(FRAME.warming, undefined);
      phase = 'setup';
      scope.data = await module.hooks.setup?.(scope);
      phase = 'warmup';
      await module.hooks.warmup?.(scope);
      await runWarmupTasks(init.warmup, module, scope);
      // The parent has revoked this id. A shared board refuses the claim, and shows the parent that it was tried.
      const seesBoard = board?.claim(TEST_ID, hostNowMs()) === false;
      loop = makeLoop(init, module, scope, shared, results);
      const handlers = module.handlers.map(([name]) => name);
      const hasTeardown = module.hooks.teardown !== undefined || lazyValues().hasAny;
      const batches = rulesOf(module);
      channel.send(FRAME.ready, { handlers, batches, hasTeardown, seesBoard, systemThreadId: systemThreadId() });
      // Only now: the parent already hands out the first task while this worker reads its memory.
      reports?.now();
    } catch (error) {
      ending = true;
      const wire = errorToWire(await withSyntaxErrorPlace(error, init.moduleUrl), channel.clones);
      channel.send(FRAME.startFailed, { phase, error: wire });
      const limit = new Promise<void>((resolve) => setTimeout(resolve, LATE_TEARDOWN_MS).unref());
      await Promise.race([endValues(), limit]);
      host.restoreTicks();
      await channel.flushed();
      host.exit(1);
    }
  }

  function makeLoop(
    init: InitMessage,
    loaded: LoadedModule,
    workerScope: WorkerScope,
    { decoder, arena, board }: Shared,
    results: ResultWriter,
  ): TaskLoop {
    const poll = new BusyPoll(init.busyPollMs, hostNowMs);
    const uses = loaded.handlers.map(() => new TaskUse());
    const report = new SelfReport(workerScope.sections, poll, uses, profiling);
    const made = new TaskLoop({
      channel,
      results,
      decoder,
      arena,
      module: { ...loaded, handlers: loaded.handlers.map((each) => withLists(each, loaded, workerScope)) },
      scope: workerScope,
      board,
      heavyBytes: typeof init.codec === 'object' ? 0 : HEAVY_BYTES,
      concurrency: init.concurrency,
      poll,
      profiling,
      uses,
      mostRows: loaded.handlers.map(([name]) => (loaded.batches?.has(name) === true ? MOST_ITEMS : 1)),
      // Ahead of the results. The parent may have read the last ones from the log by then.
      beforeFlush(idle) {
        const message = report.due(idle);
        if (message !== undefined) channel.send(FRAME.report, message);
      },
    });
    reports = new ReportTimer(made, report, channel);
    profiling.serve({
      handlers: loaded.handlers.map(([name]) => name),
      uses,
      concurrency: () => made.concurrency,
      isIdle: () => made.idle,
      report() {
        const message = report.now();
        channel.send(FRAME.report, message);
      },
    });
    return made;
  }

  function pressureHook(): ((level: PressureLevel) => unknown) | undefined {
    const hooks = module?.hooks;
    const given = scope;
    if (hooks?.onMemoryPressure === undefined || given === undefined) return undefined;
    return (level) => hooks.onMemoryPressure?.(level, given);
  }

  /** A hook that fails must not end the worker. It was only asked for help, and memory is as short as before. */
  function onPressure(level: PressureLevel): void {
    cache.relieve(level);
    const failed = (error: unknown): void => printError('onMemoryPressure failed:', error);
    try {
      Promise.resolve(pressureHook()?.(level)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  async function stop(): Promise<void> {
    ending = true;
    // A load or setup that has begun is completed, so that it can be torn down.
    await starting;
    loop?.flush();
    profiling.end();
    await teardown();
    host.restoreTicks();
    await channel.flushed();
    await host.outputWritten();
    host.exit(0);
  }

  async function teardown(): Promise<void> {
    if (module === undefined || scope === undefined) return;
    try {
      await module.hooks.teardown?.(scope);
    } catch (error) {
      // No promise is left to reject; the parent keeps the text of stderr.
      printError('teardown failed:', error);
    }
    // Afterwards: teardown may use them.
    await endValues();
  }

  /** Frees the lazy values of the module, once it has begun to load. */
  async function endValues(): Promise<void> {
    if (!mayHaveValues) return;
    mayHaveValues = false;
    await endWithValues((error) => printError('A lazy value could not be disposed of:', error));
  }

  function end(): void {
    loop?.end();
    profiling.end();
  }

  function flush(): void {
    loop?.flush();
    profiling.end();
  }

  return { flush, end, isHandling: () => loop?.isHandling === true };
}

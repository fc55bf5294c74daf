import { hostNowMs } from '@millpond/core/internal';
import { Attachments, type ProfiledPool, standingOf } from './attach.js';
import { buildMeasured } from './build/build.js';
import { poolReport } from './build/pool-report.js';
import { sum } from './build/sums.js';
import { ParentProfile } from './cpu/parent-profile.js';
import { ProfileRecorder } from './cpu/profile-recorder.js';
import { judge } from './findings/judge.js';
import { count } from './findings/words.js';
import type { LiveSource } from './live/live-state.js';
import { PoolsSource, type WatchedPool } from './live/pools-source.js';
import type { CpuReport } from './model/cpu.js';
import type { ReportData } from './model/report-data.js';
import { Date, nodeTiming, process, totalmem } from './natives.js';
import type { ResolvedProfilerOptions } from './options.js';
import type { RawProfiles } from './output/chrome/profiles.js';
import { CoreClock } from './record/core-clock.js';
import { ParentRecorder } from './record/parent-recorder.js';
import type { Measured } from './replay/record-of.js';
import type { ProgramMarks } from './sections/marks.js';
import type { ProgramSections } from './sections/parent-sections.js';

/** Time limit for the last measurements of workers, ms. A worker that computes without a pause may not answer. */
const COLLECT_WITHIN_MS = 1000;

/**
 * All that measures, from the construction to the end: the attached pools, the main thread, its CPU profile. It starts what measures the
 * main thread with the first pool, and stops all of it at the end.
 */
export class Measuring {
  readonly attachments: Attachments;
  readonly #options: ResolvedProfilerOptions;
  readonly #sections: ProgramSections;
  readonly #marks: ProgramMarks;
  readonly #startedAt = new Date().toISOString();
  readonly #startMs = hostNowMs();
  readonly #idleAtStartMs = nodeTiming.idleTime;
  readonly #cores: CoreClock | undefined;
  #hasStopped = false;
  #parent: ParentRecorder | undefined;
  #profile: ParentProfile | undefined;
  readonly #parentProfiles = new ProfileRecorder(this.#startMs);
  /** Lines about data that did not arrive. */
  readonly #remarks: string[] = [];

  constructor(options: ResolvedProfilerOptions, sections: ProgramSections, marks: ProgramMarks) {
    this.#marks = marks;
    this.#options = options;
    this.#sections = sections;
    const { level, io, sampleUs, heap } = options;
    this.#cores = level === 'off' ? undefined : new CoreClock();
    this.attachments = new Attachments(level, level === 'off' ? undefined : { level, io, sampleUs, heap }, hostNowMs);
  }

  /** @throws ERR_OPTION */
  attach(pool: ProfiledPool): void {
    const { level, sampleUs } = this.#options;
    this.attachments.add(pool);
    if (level === 'off' || this.#parent !== undefined) return;
    this.#parent = new ParentRecorder(hostNowMs, (sample) => {
      for (const { recorder } of this.attachments.all) recorder.curves.parentWas(sample);
    });
    if (level !== 'cpu') return;
    this.#profile = new ParentProfile(sampleUs, (message) => this.#parentProfiles.add(message));
    this.#profile.start();
  }

  /** Measures the same pools from now on, for itself. @param sections of the program, from now on @param marks the same */
  beginWindow(sections: ProgramSections, marks: ProgramMarks): Measuring {
    const window = new Measuring(this.#options, sections, marks);
    for (const { pool } of this.attachments.all) window.attach(pool);
    return window;
  }

  /** Has workers send what they have measured so far. */
  async collect(): Promise<void> {
    const silent = await this.attachments.collect(COLLECT_WITHIN_MS);
    if (silent > 0) {
      this.#remarks.push(
        `${count(silent, 'worker')} did not send the last measurements within ${COLLECT_WITHIN_MS} ms`,
      );
    }
  }

  /** Ends measuring, and gives the final report. The pools are let go of, whatever happens. */
  finish(): { data: ReportData; raw: RawProfiles } {
    try {
      this.#profile?.stop();
      this.#parent?.stop();
      this.#hasStopped = true;
      return { data: this.report(true), raw: this.#rawProfiles() };
    } finally {
      this.#cores?.close();
      this.attachments.detach();
    }
  }

  /** The latest profile of each worker of each pool, as V8 wrote it, and that of the main thread. */
  #rawProfiles(): RawProfiles {
    const ofPools = Array.from(this.attachments.all, ({ recorder }) =>
      (recorder.profiles?.rawProfiles() ?? []).map((raw) => ({ ...raw, pool: recorder.pool.name })),
    );
    return { originMs: this.#startMs, profiles: [...this.#parentProfiles.rawProfiles(), ...ofPools.flat()] };
  }

  /** What a live page shows of all this. A pool that cannot say enough about itself becomes a line of text on the page. */
  liveSource(): LiveSource {
    return new PoolsSource({
      pools: () =>
        Array.from(this.attachments.all, ({ pool, recorder }) => ({
          name: recorder.pool.name,
          pool: pool as unknown as WatchedPool,
        })),
      // Without single tries: it is made again and again.
      report: () => this.report(false),
      ...{ level: this.#options.level, startedAt: this.#startedAt, startMs: this.#startMs, now: hostNowMs },
    });
  }

  /** Everything up to now. @param isFull whether with single tries */
  report(isFull: boolean): ReportData {
    const measured = this.measured(isFull);
    return { ...measured, ...judge(measured, { mute: this.#options.mute }) };
  }

  /** The same without a verdict, which takes a replay of the run. */
  measured(isFull: boolean): Measured {
    const endMs = hostNowMs();
    const wallMs = endMs - this.#startMs;
    const attachments = [...this.attachments.all];
    const recorders = attachments.map(({ recorder }) => recorder);
    // Their own time counts from here on.
    for (const recorder of recorders) recorder.catchUp();
    const costs = attachments.map(({ profiling }) => profiling?.costs());
    const parent = this.#parent;
    if (isFull && !this.#hasStopped) this.#profile?.collect();
    const [parentCpu] = this.#parentProfiles.cpu();
    const idleMs = Math.min(wallMs, idleOf(nodeTiming.idleTime - this.#idleAtStartMs, wallMs, parentCpu));
    return buildMeasured({
      ...{ level: this.#options.level, startedAt: this.#startedAt, recorders },
      // Two clocks: the share may come out slightly below 0.
      busyShare: wallMs > 0 ? Math.max(0, 1 - idleMs / wallMs) : 0,
      times: {
        ...{ wallMs, idleMs },
        encodeMs: sum(costs, (cost) => cost?.encodeMs ?? 0),
        decodeMs: sum(costs, (cost) => cost?.decodeMs ?? 0),
        dispatchMs: sum(costs, (cost) => cost?.dispatchMs ?? 0),
        gcMs: parent?.gcMs ?? 0,
        profilerMs: (parent?.ownMs ?? 0) + (this.#profile?.profilerMs ?? 0) + sum(recorders, ({ ownMs }) => ownMs),
        loopDelayMaxMs: parent?.delayMaxMs ?? 0,
        loopDelayP99Ms: parent?.delayP99Ms ?? 0,
      },
      pools: attachments.map((attachment) => poolReport(attachment.recorder, endMs, standingOf(attachment), isFull)),
      coreTimes: this.#cores?.read(wallMs),
      parentSections: this.#sections.ledger,
      parentMarks: this.#marks.list,
      parentCpu: parentCpu === undefined ? {} : { cpu: parentCpu },
      openPaths: this.#sections.openPaths(),
      memoryBytes: memoryOfProgram(),
      remarks: [...this.#remarks, ...this.#marks.remarks()],
    });
  }
}

/** Memory that the program may use, bytes. Without a limit, some kernels report one beyond any machine. */
function memoryOfProgram(): number {
  const limit = process.constrainedMemory();
  return Math.min(limit > 0 ? limit : Infinity, totalmem());
}

/** Samples below this number say too little of a loop. */
const LEAST_SAMPLES = 50;

/**
 * Idle time of the main thread. The signals of its sampler make libuv forget idle time (see `LoopActivity` of the core). The samples
 * themselves say which part of the time was idle.
 */
function idleOf(countedMs: number, wallMs: number, profile: CpuReport | undefined): number {
  if (profile === undefined || profile.samples < LEAST_SAMPLES || !(profile.sampledMs > 0)) return countedMs;
  return Math.max(countedMs, (profile.idleMs / profile.sampledMs) * wallMs);
}

import { hostNowMs } from '@millpond/core/internal';
import type { ProfiledPool } from './attach.js';
import { doctor, type DoctorResult, type Run } from './findings/doctor.js';
import type { DoctorCandidate, DoctorOptions } from './findings/doctor-options.js';
import { type LiveServer, serveLive } from './live/serve.js';
import type { ServeOptions } from './live/serve-options.js';
import { Measuring } from './measuring.js';
import type { Bottleneck, ReportData } from './model/report-data.js';
import { setImmediate } from './natives.js';
import {
  type BottleneckOptions,
  type ProfilerOptions,
  refuse,
  resolveBottleneckOptions,
  resolveProfilerOptions,
  resolveSnapshotOptions,
  show,
  type SnapshotOptions,
} from './options.js';
import type { RawProfiles } from './output/chrome/profiles.js';
import { toPrometheus } from './output/metrics/to-prometheus.js';
import { Report } from './report/report.js';
import { chooseBottlenecks } from './sections/bottlenecks.js';
import { Marks } from './sections/marks.js';
import { ParentSections, type Span } from './sections/parent-sections.js';
import { type SectionSide, sectionSides, type SectionStats, sectionStats } from './sections/section-stats.js';

/**
 * Shows where the time of pools went. It measures how long tasks waited, travelled and ran, and how busy workers were. It also
 * measures the sections of the program and of its handlers.
 *
 * ```ts
 * const profiler = new Profiler().attach(pool);
 * …
 * console.log((await profiler.stop()).toText());
 * ```
 *
 * Measures from its construction to `stop`; each pool from its `attach`. Tasks submitted before may be missing. Nothing
 * happens before the first `attach` or section, and a pool without a profiler pays nothing.
 */
export class Profiler implements Disposable {
  readonly #sections: ParentSections;
  readonly #marks = new Marks(hostNowMs());
  /** Sections of both sides at the end of the measuring. */
  #lastSides: SectionSide[] | undefined;
  readonly #measuring: Measuring;
  /** The final measurements; undefined while measuring goes on. */
  #final: ReportData | undefined;
  #raw: RawProfiles | undefined;
  #stopping: Promise<Report> | undefined;
  readonly #servers = new Set<LiveServer>();
  /** Measures since the last snapshot of a window; undefined before the first one. */
  #window: Measuring | undefined;

  /** @throws ERR_OPTION for an unknown key or a wrong value */
  constructor(options?: ProfilerOptions) {
    const resolved = resolveProfilerOptions(options);
    this.#sections = new ParentSections(hostNowMs, resolved.level === 'trace' || resolved.level === 'cpu');
    this.#measuring = new Measuring(resolved, this.#sections, this.#marks);
  }

  /**
   * Listens to a pool from now on. Any number of pools can be attached; the report keeps them apart.
   * @throws ERR_OPTION if it is not a pool, is attached already, or the profiler has stopped
   */
  attach(pool: ProfiledPool): this {
    if (this.#hasStopped)
      refuse('pool', 'cannot be attached: this profiler has stopped. Make a new one for the next run.');
    this.#measuring.attach(pool);
    return this;
  }

  /**
   * Times `fn` under `name`, nested in the section it is called from, and returns what it returns. An async `fn` is
   * timed until its promise settles, and a promise of the same value comes back.
   *
   * Sections of async functions that run at the same time are kept apart and nest by their callers. A section may outlast the one
   * around it, if its promise was not awaited. The rest then counts for itself only. Self time is the time with no section open
   * inside. Self times of sections one after another add up to the whole. Those of overlapping sections may add up to more.
   * @throws ERR_SECTION if the profiler has stopped, or `fn` returned with a `start()` of its own still open
   */
  section<T>(name: string, fn: () => T): T {
    return this.#sections.section(name, fn);
  }

  /**
   * Begins a section that `end` on the returned span, or `end(name)`, ends. Spans begun within one `section`, or
   * outside of any, nest like brackets: the last begun ends first. For work that interleaves at its awaits use
   * `section`, which keeps contexts apart.
   * @throws ERR_SECTION if the profiler has stopped
   */
  start(name: string): Span {
    return this.#sections.start(name);
  }

  /**
   * Ends the innermost span of this name. Does nothing once the profiler has stopped.
   * @returns its duration, ms; 0 once the profiler has stopped
   * @throws ERR_SECTION if none is open here, or a section inside it still is
   */
  end(name: string): number {
    return this.#sections.end(name);
  }

  /**
   * Marks this moment on the time axis of the report, with a text if given. The first 1,000 marks are kept, each name and text up to
   * 200 characters.
   * @throws ERR_OPTION for a name that is no string of at least one character, or if the profiler has stopped
   */
  mark(name: string, text?: string): void {
    if (this.#hasStopped)
      refuse('name', 'cannot be marked: this profiler has stopped. Make a new one for the next run.');
    this.#marks.add(name, text, hostNowMs());
  }

  /**
   * The numbers of all sections of this name so far, wherever they are nested, of both sides and all workers. Undefined if none has
   * ended. Sections of workers arrive some times a second, and all of them with the end of the pool.
   */
  stats(name: string): SectionStats | undefined {
    if (typeof name !== 'string') refuse('name', `must be a string; received ${show(name)}.`);
    return sectionStats(name, this.#sidesNow());
  }

  /**
   * Sections of the parent and of the workers so far, most self time first, or by another measure. {@link Bottleneck} says of which
   * whole the shares are.
   * @throws ERR_OPTION for an unknown key or a wrong value
   */
  bottlenecks(options?: BottleneckOptions): Bottleneck[] {
    const choice = resolveBottleneckOptions(options);
    return chooseBottlenecks((this.#final ?? this.#measuring.measured(false)).bottlenecks, choice);
  }

  /**
   * Everything measured so far, as plain data of its own; measuring goes on. After `stop`: the data of its report.
   *
   * With `sinceLast` it is what was measured since the previous call with it, and everything at the first call. Such windows are measured
   * beside the whole, which doubles the costs of the program's thread from the first call on.
   * @throws ERR_OPTION for an unknown key or a wrong value
   */
  snapshot(options?: SnapshotOptions): ReportData {
    const { sinceLast } = resolveSnapshotOptions(options);
    if (this.#final !== undefined) return this.#final;
    if (!sinceLast) return this.#measuring.report(true);
    const data = (this.#window ?? this.#measuring).report(true);
    this.#window?.finish();
    this.#window = this.#measuring.beginWindow(this.#sections.beginWindow(), this.#marks.since(hostNowMs()));
    return data;
  }

  /**
   * Tries changes and measures them, with fresh runs of the program: see {@link doctor}. Without candidates it takes the first advice of
   * a run that names an option.
   * @param run makes a new pool with these options, and does the same work each time. It gives its time, ms, or its report
   */
  doctor(run: Run, candidates?: readonly DoctorCandidate[], options?: DoctorOptions): Promise<DoctorResult[]> {
    return doctor(run, candidates, options);
  }

  /**
   * Serves a page on this machine that shows what the attached pools do now. Its address has a secret part, and the page changes
   * nothing. Neither server nor browser keeps the program alive. `stop` ends it, and so does its `close`.
   * @throws ERR_OPTION for an unknown key or a wrong value, or if the profiler has stopped. An Error of the system if it cannot listen.
   */
  async serve(options?: ServeOptions): Promise<LiveServer> {
    const refusal = 'is not possible: this profiler has stopped. Make a new one for the next run.';
    if (this.#hasStopped) refuse('serve', refusal);
    const metrics = (): string => toPrometheus(this.#measuring.report(false));
    const server = await serveLive(this.#measuring.liveSource(), options, metrics);
    this.#servers.add(server);
    if (this.#hasStopped) {
      await this.#closeServers();
      refuse('serve', refusal);
    }
    return server;
  }

  /**
   * Ends measuring, detaches every pool and returns the report. A worker sends its sections when it becomes idle, else about
   * four times a second. The parent may read a last result before. Sections are certainly complete once the pool is closed. A
   * second call returns the same report.
   */
  stop(): Promise<Report> {
    this.#sections.stop();
    return (this.#stopping ??= this.#stopAfterTurn());
  }

  /** Ends measuring at once and detaches every pool, for `using`. `snapshot()` still returns the measurements. */
  [Symbol.dispose](): void {
    if (this.#final !== undefined) return;
    try {
      this.#lastSides = this.#sidesNow();
      this.#window?.finish();
      const { data, raw } = this.#measuring.finish();
      this.#final = data;
      this.#raw = raw;
    } finally {
      this.#sections.stop();
      void this.#closeServers();
    }
  }

  async #closeServers(): Promise<void> {
    await Promise.all(Array.from(this.#servers, (server) => server.close()));
  }

  #sidesNow(): SectionSide[] {
    return this.#lastSides ?? sectionSides(this.#sections.ledger, this.#measuring.attachments.all);
  }

  get #hasStopped(): boolean {
    return this.#final !== undefined || this.#stopping !== undefined;
  }

  async #stopAfterTurn(): Promise<Report> {
    await this.#measuring.collect();
    // One turn, so that messages already read from the workers are handed out.
    await new Promise((resolve) => setImmediate(resolve));
    this[Symbol.dispose]();
    await this.#closeServers();
    return new Report(this.snapshot(), this.#raw);
  }
}

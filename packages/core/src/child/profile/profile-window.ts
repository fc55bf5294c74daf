import { hostNowMs } from '../../base/clock.js';
import { messageOf } from '../../base/message-of.js';
import type { CpuProfile, HeapNode, ProfileMessage, ProfileTerms } from '../../contract/profile-messages.js';
import { cleanProfile } from './clean-profile.js';
import { InspectorLink } from './inspector-link.js';
import type { LabelWriter } from './label-track.js';

type Part = ProfileMessage['part'];

/** Bytes of allocation between two samples, on average. At 1 GB/s there are 4000 a second. */
const HEAP_SAMPLE_BYTES = 256 * 1024;
/** Time and labels for which a window lasts, unless it is asked for earlier. */
const WINDOW_MS = 10_000;
const LEAST_WINDOW_MS = 2000;

/**
 * CPU and heap profiles of this thread, window by window. So neither samples nor labels fill the memory in a long run. A killed worker
 * has lost one window only.
 */
export class ProfileWindows {
  readonly #labels: LabelWriter;
  #link: InspectorLink | undefined;
  #terms: ProfileTerms;
  #sinceMs = 0;
  #cpu = false;
  #heap = false;

  constructor(labels: LabelWriter, terms: ProfileTerms) {
    this.#labels = labels;
    this.#terms = terms;
  }

  get isOpen(): boolean {
    return this.#cpu;
  }

  /** Whether the window has lasted long enough. */
  get isDue(): boolean {
    const ageMs = hostNowMs() - this.#sinceMs;
    return ageMs >= WINDOW_MS || (ageMs >= LEAST_WINDOW_MS && this.#labels.isNearlyFull);
  }

  /** Time until then, ms. */
  get dueInMs(): number {
    return Math.max(0, this.#sinceMs + WINDOW_MS - hostNowMs());
  }

  /** Terms of the next window. */
  set terms(terms: ProfileTerms) {
    this.#terms = terms;
  }

  /** Begins a window. @throws without an inspector */
  open(): void {
    const link = (this.#link ??= new InspectorLink());
    const { sampleUs, heap } = this.#terms;
    link.call('Profiler.enable');
    link.call('Profiler.setSamplingInterval', { interval: sampleUs });
    this.#sinceMs = hostNowMs();
    this.#labels.take(this.#sinceMs);
    link.call('Profiler.start');
    this.#cpu = true;
    if (!heap) return;
    link.call('HeapProfiler.startSampling', {
      samplingInterval: HEAP_SAMPLE_BYTES,
      // Who allocates, also what is garbage by now.
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    this.#heap = true;
  }

  /** Ends the window. @returns what it has measured, or why there is nothing */
  close(): Part[] {
    const parts: Part[] = [];
    if (this.#cpu) parts.push(this.#part('cpu', () => this.#takeCpu()));
    if (this.#heap) parts.push(this.#part('heap', () => this.#takeHeap()));
    this.#cpu = this.#heap = false;
    return parts;
  }

  /** Lets go of the inspector. */
  end(): void {
    this.#link?.close();
    this.#link = undefined;
  }

  #takeCpu(): Part {
    const { profile } = this.#linked().call<{ profile: CpuProfile }>('Profiler.stop');
    const now = hostNowMs();
    return { kind: 'cpu', profile: cleanProfile(profile, now), labels: this.#labels.take(now) };
  }

  #takeHeap(): Part {
    const { profile } = this.#linked().call<{ profile: { head: HeapNode } }>('HeapProfiler.stopSampling');
    return { kind: 'heap', head: profile.head, sampleBytes: HEAP_SAMPLE_BYTES };
  }

  #linked(): InspectorLink {
    if (this.#link === undefined) throw new Error('The inspector is closed.');
    return this.#link;
  }

  /** A handler may use the inspector too, and stop what runs. */
  #part(what: 'cpu' | 'heap', take: () => Part): Part {
    try {
      return take();
    } catch (error) {
      return { kind: 'lost', what, fromMs: this.#sinceMs, toMs: hostNowMs(), why: messageOf(error) };
    }
  }
}

/** A function that was seen on a core. */
export interface HotFrame {
  functionName: string;
  /** Path of its source, mapped where there is a source map; '' for code of Node or V8. */
  file: string;
  /** From 1; 0 if unknown. */
  line: number;
  column: number;
  /** Time in the function itself, and with the functions that it called, ms. */
  selfMs: number;
  totalMs: number;
  /** selfMs ÷ time of all samples that were not idle. */
  share: number;
}

/** When nodes of a flame had their own time: one column a field, a node in a window each. Windows count from the attach of the pool. */
export interface FlameTimes {
  windowMs: number;
  window: number[];
  node: number[];
  ms: number[];
}

/** Samples of processor time, merged by call path. Node 0 is the root. */
export interface FlameGraph {
  /** Tables of distinct frames. */
  frames: { functionName: string; file: string; line: number }[];
  /** One column a field: index of the parent (−1 for the root), of the frame, own time in ms. */
  parent: number[];
  frame: number[];
  selfMs: number[];
  /** Left out where a page would be too large with it. */
  times?: FlameTimes;
}

/** The CPU profile of one thread, or of all of them merged. */
export interface CpuReport {
  /** 0 is the program's main thread; null is all workers together. */
  workerId: number | null;
  sampledMs: number;
  idleMs: number;
  gcMs: number;
  /** Samples, and the mean time between two of them, µs. */
  samples: number;
  intervalUs: number;
  /** Most self time first; at most 50. */
  hot: HotFrame[];
  flame: FlameGraph;
  /** By label `task` or `task › section`; '' for samples outside of tasks. At most 200. */
  byLabel: { label: string; task: string; section: string; ms: number; hot: HotFrame[]; flame: FlameGraph }[];
  /** Stretches of time without a profile, and why. */
  lost: { fromMs: number; toMs: number; why: string }[];
}

/** Allocations of one worker or of all, by place. Estimates from samples. */
export interface HeapReport {
  workerId: number | null;
  sampleBytes: number;
  totalBytes: number;
  hot: { functionName: string; file: string; line: number; bytes: number; share: number }[];
}

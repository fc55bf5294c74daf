/** Ids of the rules. Each is explained in docs/profiler.md. */
export type RuleId = `R${number}`;

export interface Evidence {
  metric: string;
  value: number;
  unit: 'ms' | 's' | 'share' | 'count' | 'bytes' | 'per second' | 'ratio' | 'workers';
  /** Value from which on the rule fires; null where there is none. */
  threshold: number | null;
  /** The formula, and where its threshold comes from. */
  source: string;
}

export interface Advice {
  text: string;
  /** Option of the pool or of a task, as code would name it: `concurrency`, `tasks.resize.batch.size`. */
  option?: string;
  value?: string | number | boolean;
  /** The present value of the option. */
  now?: string | number | boolean;
  /** Whether the program has set the option itself. */
  isSet?: boolean;
  /** Place in the source. */
  at?: { file: string; line: number; functionName?: string };
  command?: string;
}

export interface Finding {
  id: RuleId;
  /** Short, in capitals: `DISPATCHER-BOUND`. */
  title: string;
  /** One or two sentences: cause and numbers. */
  text: string;
  /** 'cause' has a predicted saving. 'risk' has a time to failure instead. 'note' did not pass the gate of materiality. */
  kind: 'cause' | 'risk' | 'note';
  scope: { pool?: string; task?: string; section?: string; workerId?: number; peer?: string };
  /**
   * Predicted by a replay of the run without the cause; null for a risk. ciMs: 95 % interval. `of`: what would be shorter. That is the
   * run, or the mean latency of a call where calls come by themselves. The run if it is left out.
   */
  saving: { ms: number; share: number; ciMs: [low: number, high: number]; of?: 'run' | 'call' } | null;
  /** Time until it would fail, ms; 0 if it fails already, null if it is no risk, or not known. */
  failsInMs: number | null;
  confidence: 'high' | 'medium' | 'low';
  evidence: Evidence[];
  advice: Advice[];
  /** Findings that this one explains: symptoms. */
  explains: RuleId[];
}

/** The first thing to know. */
export interface Verdict {
  /**
   * 'bottleneck': the first finding is the cause. 'risk': a risk comes before any cause. 'healthy': nothing is worth changing.
   * 'unknown': the measurements do not allow a verdict. 'nothing': nothing was measured.
   */
  kind: 'bottleneck' | 'risk' | 'healthy' | 'unknown' | 'nothing';
  /** One sentence. */
  sentence: string;
  /** The step to take, in one sentence. It is never empty. */
  step: string;
  /** The finding behind it, if there is one. */
  id: RuleId | null;
}

import type { CpuProfile, LabelTrack } from '@millpond/core';
import type { CpuReport } from '../model/cpu.js';
import { FlameTree, type Place } from './flame-tree.js';
import type { FrameTable } from './frame-table.js';
import { hotFrames } from './hot-frames.js';
import { LabelCursor, partsOfLabel } from './label-cursor.js';
import { eachSample, orderNodes } from './read-profile.js';

/** Nodes of the tree of one thread, and of one label. A node takes some 60 bytes. */
const MOST_NODES = 20_000;
const MOST_LABEL_NODES = 3000;
const MOST_LABELS = 200;
const MOST_LOST = 100;
const OTHER_LABEL = '(other)';

const IDLE = '(idle)';
const COLLECTOR = '(garbage collector)';
/** Code that takes the profile: its own samples say nothing about the program. */
const OWN_CODE = /\/worker-profiler\.cjs$|^node:inspector$/;

/** Its one function through which handlers are called, to tell their waits apart. What it calls is the program's. */
const CALLS_HANDLER = 'callsHandler';

export type Lost = CpuReport['lost'][number];

/** Samples of one thread, or of several together, added up as they come. */
export class CpuTotals {
  readonly #table: FrameTable;
  readonly #tree: FlameTree;
  readonly #labels = new Map<string, FlameTree>();
  readonly #root: number;
  readonly #originMs: number;
  #sampledMs = 0;
  #idleMs = 0;
  #gcMs = 0;
  #samples = 0;
  #lost: Lost[] = [];

  /** @param originMs begin of the run, host clock */
  constructor(table: FrameTable, originMs: number) {
    this.#table = table;
    this.#originMs = originMs;
    this.#root = table.of({ functionName: '(root)' });
    this.#tree = new FlameTree(this.#root, MOST_NODES);
  }

  get isEmpty(): boolean {
    return this.#samples === 0 && this.#lost.length === 0;
  }

  /** Adds a profile. Each sample goes to the label that its time has in the track. */
  add(profile: CpuProfile, track: LabelTrack): void {
    const nodes = orderNodes(profile.nodes);
    const frames = nodes.node.map(({ callFrame }) => this.#table.of(callFrame));
    const isOwn: boolean[] = [];
    for (const [at, { callFrame }] of nodes.node.entries()) {
      const { url, functionName } = callFrame;
      const isCode = OWN_CODE.test(url) && functionName !== CALLS_HANDLER;
      isOwn[at] = isCode || isOwn[nodes.parent[at] ?? -1] === true;
    }
    const labels = new LabelCursor(track);
    const whole = new Paths(this.#tree, nodes.parent, frames);
    const byLabel = new Map<FlameTree, Paths>();
    eachSample(profile, nodes, {
      sample: (node, atMs, ms) => {
        const label = labels.at(atMs);
        if (isOwn[node] === true) return;
        const name = nodes.node[node]?.callFrame.functionName;
        this.#samples++;
        this.#sampledMs += ms;
        if (name === COLLECTOR) this.#gcMs += ms;
        const sinceMs = atMs - this.#originMs;
        whole.add(node, sinceMs, ms);
        if (name === IDLE) {
          this.#idleMs += ms;
          return;
        }
        const tree = this.#treeOf(label);
        let paths = byLabel.get(tree);
        if (paths === undefined) byLabel.set(tree, (paths = new Paths(tree, nodes.parent, frames)));
        paths.add(node, sinceMs, ms);
      },
    });
    this.#found(profile.startTime / 1000, profile.endTime / 1000);
  }

  /** Notes a stretch without a profile. */
  addLost(lost: Lost): void {
    if (this.#lost.length < MOST_LOST) this.#lost.push({ ...lost });
  }

  toReport(workerId: number | null, placeOf: (frame: number) => Place): CpuReport {
    const hidden = new Set([this.#root, this.#table.of({ functionName: IDLE })]);
    const hot = (tree: FlameTree): CpuReport['hot'] =>
      hotFrames(tree, placeOf, (frame) => this.#isHidden(hidden, frame));
    const byLabel = Array.from(this.#labels, ([label, tree]) => ({
      label,
      ...partsOfLabel(label),
      ms: tree.selfMs.reduce((sum, ms) => sum + ms, 0),
      hot: hot(tree),
      flame: tree.toGraph(placeOf),
    }));
    return {
      workerId,
      sampledMs: this.#sampledMs,
      idleMs: this.#idleMs,
      gcMs: this.#gcMs,
      samples: this.#samples,
      intervalUs: this.#samples > 0 ? (this.#sampledMs * 1000) / this.#samples : 0,
      hot: hot(this.#tree),
      flame: this.#tree.toGraph(placeOf),
      byLabel: byLabel.sort((a, b) => b.ms - a.ms),
      lost: this.#lost.map((each) => ({ ...each })),
    };
  }

  /** V8 gives its own entries a place of 0, and ours come without one. */
  #isHidden(hidden: ReadonlySet<number>, frame: number): boolean {
    if (hidden.has(frame)) return true;
    const { functionName, url } = this.#table.frames[frame] ?? {};
    return url === '' && (functionName === IDLE || functionName === '(root)');
  }

  #treeOf(label: string): FlameTree {
    const known = this.#labels.get(label);
    if (known !== undefined) return known;
    if (this.#labels.size >= MOST_LABELS - 1 && label !== OTHER_LABEL) return this.#treeOf(OTHER_LABEL);
    const tree = new FlameTree(this.#root, MOST_LABEL_NODES);
    this.#labels.set(label, tree);
    return tree;
  }

  /** A profile that comes late, from a worker that was silent, is no more lost. */
  #found(fromMs: number, toMs: number): void {
    this.#lost = this.#lost.flatMap((each) => withoutPart(each, fromMs, toMs));
  }
}

/** A stretch without the part that was found after all. */
function withoutPart(lost: Lost, fromMs: number, toMs: number): Lost[] {
  if (toMs <= lost.fromMs || fromMs >= lost.toMs) return [lost];
  const rest = [
    { ...lost, toMs: Math.max(lost.fromMs, fromMs) },
    { ...lost, fromMs: Math.min(lost.toMs, toMs) },
  ];
  return rest.filter((each) => each.toMs - each.fromMs > 1);
}

/** The nodes of one profile in a tree: each path is looked up once. */
class Paths {
  readonly #tree: FlameTree;
  readonly #parent: readonly number[];
  readonly #frames: readonly number[];
  readonly #known: number[] = [];

  constructor(tree: FlameTree, parent: readonly number[], frames: readonly number[]) {
    this.#tree = tree;
    this.#parent = parent;
    this.#frames = frames;
  }

  add(node: number, atMs: number, ms: number): void {
    this.#tree.add(this.#find(node), atMs, ms);
  }

  #find(node: number): number {
    const way: number[] = [];
    let at = node;
    while (at >= 0 && this.#known[at] === undefined && (this.#parent[at] ?? -1) >= 0) {
      way.push(at);
      at = this.#parent[at] ?? -1;
    }
    // A node without a caller is the root.
    let found = this.#known[at] ?? 0;
    for (const each of way.reverse()) {
      found = this.#tree.child(found, this.#frames[each] ?? 0);
      this.#known[each] = found;
    }
    return found;
  }
}

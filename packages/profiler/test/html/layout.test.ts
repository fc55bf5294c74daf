import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameKind, hotOf, mergeFlames, narrowed } from '../../src/html/shared/flame-tree.js';
import { inTreeOrder, sectionTree } from '../../src/html/shared/section-tree.js';
import { layoutTree, visibleNodes } from '../../src/html/shared/tree-layout.js';
import type { FlameGraph } from '../../src/model/cpu.js';
import type { SectionReport } from '../../src/model/section-report.js';
import { durationsOf } from '../support/sample-report.js';

/** Trees whose nodes stand in any order: parents may lie behind their children. */
const anyTree = fc
  .array(fc.tuple(fc.nat(), fc.double({ min: 0, max: 100, noNaN: true })), { minLength: 1, maxLength: 60 })
  .chain((nodes) =>
    fc.shuffledSubarray([...nodes.keys()], { minLength: nodes.length }).map((places) => {
      const parent: number[] = [];
      const self: number[] = [];
      nodes.forEach(([above, size], i) => {
        parent[places[i] as number] = i === 0 ? -1 : (places[above % i] as number);
        self[places[i] as number] = size;
      });
      return { parent, self };
    }),
  );

describe('layout of icicle and flame', () => {
  it('is as wide as all own sizes, and keeps children below their parents, side by side', () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        const { x0, x1, depth, total, width } = layoutTree(tree);
        expect(width).toBeCloseTo(
          tree.self.reduce((sum, each) => sum + each, 0),
          6,
        );
        tree.parent.forEach((above, node) => {
          expect((x1[node] ?? 0) - (x0[node] ?? 0)).toBeCloseTo(total[node] ?? 0, 6);
          if (above < 0) return;
          expect(depth[node]).toBe((depth[above] ?? 0) + 1);
          expect(x0[node]).toBeGreaterThanOrEqual((x0[above] ?? 0) - 1e-9);
          expect(x1[node]).toBeLessThanOrEqual((x1[above] ?? 0) + 1e-6);
          tree.parent.forEach((other, sibling) => {
            if (other !== above || sibling === node) return;
            const isApart =
              (x1[node] ?? 0) <= (x0[sibling] ?? 0) + 1e-9 || (x1[sibling] ?? 0) <= (x0[node] ?? 0) + 1e-9;
            expect(isApart).toBe(true);
          });
        });
      }),
    );
  });

  it('puts the largest child first', () => {
    const { x0 } = layoutTree({ parent: [-1, 0, 0, 0], self: [0, 1, 5, 3] });
    expect([...x0]).toEqual([0, 8, 0, 5]);
  });

  it('survives parents in a circle, and parents that are not there', () => {
    const layout = layoutTree({ parent: [1, 0, 99, 3], self: [1, 1, 2, 4] });
    expect(layout.width).toBe(6);
    expect([...layout.x1]).toEqual([0, 0, 6, 4]);
  });

  it('leaves out what is narrower than a pixel, or out of sight', () => {
    const layout = layoutTree({ parent: [-1, 0, 0, 0], self: [0, 90, 9, 1] });
    expect(visibleNodes(layout, 0, 100, 2)).toEqual([0, 1, 2]);
    expect(visibleNodes(layout, 0, 50, 0)).toEqual([0, 1]);
  });
});

const frames: FlameGraph['frames'] = ['root', 'a', 'b'].map((functionName) => ({
  functionName,
  file: '/x.ts',
  line: 1,
}));

describe('flames', () => {
  it('merge by path, with the sum of the times', () => {
    const one: FlameGraph = { frames, parent: [-1, 0, 1], frame: [0, 1, 2], selfMs: [0, 2, 3] };
    const two: FlameGraph = { frames: [...frames].reverse(), parent: [-1, 0, 0], frame: [2, 1, 0], selfMs: [1, 5, 7] };
    const merged = mergeFlames([one, two]);
    const rows = merged.parent.map((parent, i) => [
      parent,
      merged.frames[merged.frame[i] ?? 0]?.functionName,
      merged.selfMs[i],
    ]);
    expect(rows).toEqual([
      [-1, 'root', 1],
      [0, 'a', 7],
      [1, 'b', 3],
      [0, 'b', 7],
    ]);
    expect(mergeFlames([]).parent).toEqual([]);
  });

  it('merge their times, in the longer of their windows', () => {
    const flame = { frames, parent: [-1, 0], frame: [0, 1], selfMs: [0, 6] };
    const one: FlameGraph = { ...flame, times: { windowMs: 50, window: [0, 1, 2], node: [1, 1, 1], ms: [1, 2, 3] } };
    const two: FlameGraph = { ...flame, times: { windowMs: 100, window: [0, 1], node: [1, 1], ms: [4, 2] } };
    expect(mergeFlames([one, two]).times).toEqual({ windowMs: 100, window: [0, 1], node: [1, 1], ms: [7, 5] });
    expect(mergeFlames([one, flame]).times).toBeUndefined();
  });

  it('have the time of a range: whole windows, and parts of those at its edges', () => {
    const times = { windowMs: 100, window: [0, 1, 2], node: [1, 1, 2], ms: [10, 20, 40] };
    const flame: FlameGraph = { frames, parent: [-1, 0, 1], frame: [0, 1, 2], selfMs: [0, 30, 40], times };
    expect(narrowed(flame, 0, 300)!.selfMs).toEqual([0, 30, 40]);
    expect(narrowed(flame, 100, 200)!.selfMs).toEqual([0, 20, 0]);
    expect(narrowed(flame, 150, 225)!.selfMs).toEqual([0, 10, 10]);
    expect(narrowed({ ...flame, times: undefined } as unknown as FlameGraph, 0, 1)).toBeUndefined();
  });

  it('have hot functions, in which recursion counts once', () => {
    const names = ['(root)', 'walk', 'read'].map((functionName, i) => ({
      functionName,
      file: i === 0 ? '' : '/a.js',
      line: i,
    }));
    const flame: FlameGraph = { frames: names, parent: [-1, 0, 1, 2], frame: [0, 1, 1, 2], selfMs: [5, 1, 2, 3] };
    expect(hotOf(flame)).toMatchObject([
      { functionName: 'walk', selfMs: 3, totalMs: 6, share: 0.5 },
      { functionName: 'read', selfMs: 3, totalMs: 3, share: 0.5 },
    ]);
  });

  it('keep all time, also of deep stacks', () => {
    const deep: FlameGraph = {
      frames,
      parent: Array.from({ length: 20_000 }, (_, i) => i - 1),
      frame: Array.from({ length: 20_000 }, (_, i) => i % 3),
      selfMs: Array.from({ length: 20_000 }, () => 1),
    };
    const merged = mergeFlames([deep, deep]);
    expect(merged.parent).toHaveLength(20_000);
    expect(merged.selfMs.reduce((sum, each) => sum + each, 0)).toBe(40_000);
  });

  it('tell code of the program from packages and from Node', () => {
    const kinds = ['/app/a.ts', '/app/node_modules/x/a.js', 'C:\\app\\node_modules\\x.js', 'node:fs', ''].map(
      frameKind,
    );
    expect(kinds).toEqual(['own', 'package', 'package', 'node', 'node']);
  });
});

function section(task: string, path: string[], selfMs: number): SectionReport & { task: string } {
  return {
    ...durationsOf([1]),
    ...{ task, name: path.at(-1) ?? '', path, selfMs, stddevMs: 0, share: 0, errors: 0, counters: {}, memory: null },
    ...{ calledMs: selfMs, awaitedMs: 0, meanConcurrency: 1, peak: 1, byWorker: [] },
  };
}

describe('the tree of sections', () => {
  it('stands below task names, and invents what lies between', () => {
    const tree = sectionTree([section('a', ['x', 'y'], 3), section('b', ['x'], 5), section('a', ['z'], 1)], 'all');
    const order = inTreeOrder(tree, layoutTree(tree).total).map(({ node, depth }) => `${depth} ${tree.label[node]}`);
    expect(order).toEqual(['0 all', '1 b', '2 x', '1 a', '2 x', '3 y', '2 z']);
    expect(tree.section.filter((each) => each !== undefined)).toHaveLength(3);
  });
});

import { describe, expect, it } from 'vitest';
import { nestingRefusal } from '../../src/backend/nesting.js';
import type { WorkerStage } from '../../src/base/lineage.js';

const SELF = 'file:///app/worker.mjs';
const OTHER = 'file:///app/other.mjs';

function refusal(stage: WorkerStage, modules: string[], moduleUrl = SELF): string | undefined {
  return nestingRefusal({
    moduleUrl,
    lineage: { modules, stage },
    loadingInline: undefined,
    calledAt: '/app/main.mjs:7',
  });
}

describe('a pool', () => {
  it('may be made outside of workers', () => {
    const place = { moduleUrl: SELF, lineage: undefined, loadingInline: undefined, calledAt: undefined };
    expect(nestingRefusal(place)).toBeUndefined();
  });

  it.each([SELF, OTHER])(
    'of %s may not be made while a worker module is loaded, and all three files are named',
    (url) => {
      const reason = refusal('loading', ['file:///app/loads.mjs'], url);
      expect(reason).toMatch(`names ${url.slice(7)}, but this pool is made at /app/main.mjs:7`);
      expect(reason).toMatch('while /app/loads.mjs is loaded as a worker module');
      expect(reason).toMatch(/Move the pool to a file .* or make it only where `inWorker` of @millpond\/core is false/);
    },
  );

  it('may not be made while an inline worker module is loaded', () => {
    const place = { moduleUrl: OTHER, lineage: undefined, loadingInline: SELF, calledAt: undefined };
    expect(nestingRefusal(place)).toMatch(
      /^names \/app\/other\.mjs, but this pool is made while \/app\/worker\.mjs is loaded/,
    );
  });

  it('may be made by a handler, three deep at most', () => {
    expect(refusal('busy', [SELF])).toBeUndefined();
    expect(refusal('busy', [SELF, OTHER])).toBeUndefined();
    expect(refusal('busy', [SELF, OTHER, SELF])).toMatch(/Pools nest 3 deep at most/);
    expect(refusal('idle', [SELF, SELF, SELF], OTHER)).toMatch(/Pools nest 3 deep at most/);
  });

  it('may not be made of a module it is within by what that began while it was loaded', () => {
    expect(refusal('idle', [SELF])).toMatch('by what /app/worker.mjs began when it was loaded');
    expect(refusal('idle', [SELF, OTHER])).toMatch('began when it was loaded');
    expect(refusal('idle', [SELF], `${SELF}?variant=2`)).toMatch('began when it was loaded');
    expect(refusal('idle', [OTHER])).toBeUndefined();
  });

  it('may not be made by a program that was started in place of a worker', () => {
    expect(refusal('foreign', [OTHER])).toMatch(
      /in a process that was started as a worker of \/app\/other\.mjs and did not become one\. .* kind "thread"/,
    );
  });
});

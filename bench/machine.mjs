// Describes the machine and the versions of a run.
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { LIBRARIES } from './contestants.mjs';

export function describeMachine() {
  return {
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    /** Over the minute before the start: shows what else was running. */
    loadAverage: loadavg()[0],
  };
}

export function describeVersions() {
  const packages = ['@millpond/core', ...LIBRARIES];
  return { node: process.versions.node, ...Object.fromEntries(packages.map((name) => [name, versionOf(name)])) };
}

/** Read from the file, because not every package exports its package.json. */
function versionOf(name) {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

import { Buffer as NodeBuffer } from 'node:buffer';
import fs from 'node:fs';
import { performance } from 'node:perf_hooks';
import nodeProcess from 'node:process';
import timers from 'node:timers';
import util from 'node:util';

/*
 * Node's own functions, taken once: handlers of kind "inline" run in this process, and may replace globals. The linter
 * keeps the globals out of all other files.
 */
export const { mkdtempSync, readFileSync, rmSync, writeFileSync } = fs;
/** Whether it is a file that can be started or read; false for what is missing. */
export const isFile = (path: string): boolean => fs.statSync(path, { throwIfNoEntry: false })?.isFile() === true;
export const { styleText } = util;
export const { setTimeout, setInterval, clearInterval, setImmediate } = timers;
export const now = performance.now.bind(performance);
export const exit = nodeProcess.exit.bind(nodeProcess);
export const kill = nodeProcess.kill.bind(nodeProcess);
export const { AbortController, Date } = globalThis;
export const process = nodeProcess;
export const Buffer = NodeBuffer;
export type Buffer = NodeBuffer;

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import type { Pool } from '@millpond/core';
import { process } from '../natives.js';
import type { Workload } from '../workload/load.js';

/** A running profile of a pool. */
export interface ProfileSession {
  /**
   * Ends profiling and writes the reports that the workload asks for.
   * @returns lines for the user: the report itself, or where it is
   * @throws the system's error if a report cannot be written
   */
  finish(): Promise<string[]>;
}

/** Starts profiling if the workload asks for it. The profiler is loaded only then. */
export async function startProfile(workload: Workload, pool: Pool): Promise<ProfileSession | undefined> {
  const { profile } = workload.content;
  if (profile?.text === undefined && profile?.json === undefined) return undefined;
  const { text, json } = profile;
  const { Profiler } = await import('@millpond/profiler');
  const profiler = new Profiler({ level: 'stats' });
  profiler.attach(pool);
  return {
    async finish() {
      const report = await profiler.stop();
      const said: string[] = [];
      if (json !== undefined)
        said.push(await write(workload.folder, json, `${JSON.stringify(report.toJSON(), null, 2)}\n`));
      if (typeof text === 'string') said.push(await write(workload.folder, text, `${report.toText().trimEnd()}\n`));
      else if (text === true) said.push(report.toText().trimEnd());
      return said;
    },
  };
}

async function write(folder: string, file: string, content: string): Promise<string> {
  const path = resolve(folder, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return `profile: ${relative(process.cwd(), path) || path}`;
}

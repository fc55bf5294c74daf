import { writeFileSync } from '../natives.js';

/** Variable by which `run --clinic` gives the program that clinic starts a note. */
export const CLINIC_NOTE = 'MILLPOND_CLINIC_NOTE';
/** Variables that clinic sets to get into a program. */
const SET_BY_CLINIC = ['NODE_OPTIONS', 'NODE_PATH'] as const;

type Environment = Record<string, string | undefined>;

/** For the program that clinic starts: the variables as they are now, and the file for its exit code. */
export function clinicNote(env: Readonly<Environment>, exitFile: string): string {
  return JSON.stringify({ exitFile, ...Object.fromEntries(SET_BY_CLINIC.map((name) => [name, env[name] ?? null])) });
}

/**
 * In the program that clinic has started: makes the variables what they were before, and removes clinic's flags of Node. Otherwise
 * each worker would be measured and would write files, some of them over those of the program.
 * @param execArgv flags of Node that workers get
 * @returns notes the exit code; undefined if clinic has not started this program
 */
export function leaveClinicToTheProgram(
  env: Environment,
  execArgv: string[],
): ((exitCode: number) => void) | undefined {
  const text = env[CLINIC_NOTE];
  if (text === undefined) return undefined;
  delete env[CLINIC_NOTE];
  const note = parsed(text);
  for (const name of SET_BY_CLINIC) {
    const value = note[name];
    if (typeof value === 'string') env[name] = value;
    else delete env[name];
  }
  for (const name of Object.keys(env)) if (name.startsWith('NODE_CLINIC_')) delete env[name];
  execArgv.length = 0;
  const { exitFile } = note;
  return (exitCode) => {
    if (typeof exitFile === 'string') writeFileSync(exitFile, String(exitCode));
  };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    // Another program has set the variable. Without clinic's variables workers start as usual.
    return {};
  }
}

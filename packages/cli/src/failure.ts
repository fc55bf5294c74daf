import type { ExitCode } from './exit-codes.js';

/** A failure that its message describes in full: `bin` prints the message without a stack, and exits with `exitCode`. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** Explains Node.js's errors for files in words that a user knows. */
export function describeSystemError(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const known = code === undefined ? undefined : SYSTEM_ERRORS.get(code);
  if (known !== undefined) return known;
  return error instanceof Error ? error.message : String(error);
}

// A Map, because a code may be any text, and an object inherits names.
const SYSTEM_ERRORS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ENOENT: 'no such file or folder',
    EACCES: 'permission denied',
    EPERM: 'operation not permitted',
    EISDIR: 'it is a folder',
    EEXIST: 'a file stands where a folder must be',
    ENOTDIR: 'a part of its path is a file, not a folder',
    ENOSPC: 'no space left on the device',
    EROFS: 'the file system is read-only',
    EMFILE: 'too many open files (raise ulimit -n)',
    EFBIG: 'the file would grow beyond the size allowed',
    EDQUOT: 'the disk quota is used up',
    EIO: 'input/output error of the device',
    ELOOP: 'too many symbolic links',
    ENAMETOOLONG: 'the name is too long',
  }),
);

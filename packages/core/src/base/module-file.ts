import { fileURLToPath } from 'node:url';

/** Stands for the URL of a worker module that the program gave as an object. */
export const GIVEN_OBJECT = 'millpond:given-object';

/** The name of a worker module in messages: the path of its file. */
export function moduleFile(moduleUrl: string): string {
  return moduleUrl === GIVEN_OBJECT ? '(the given object)' : fileURLToPath(moduleUrl);
}

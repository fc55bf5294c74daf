// Checks whether this Node.js can run a contestant. What it cannot run is listed with the reason.

/** @param needsNode the first version, such as '22.5', undefined for any @returns why not, undefined when it can */
export function whatIsMissing({ needsNode }, version = process.versions.node) {
  if (needsNode === undefined) return undefined;
  const [major, minor] = version.split('.').map(Number);
  const [neededMajor, neededMinor] = needsNode.split('.').map(Number);
  const isThere = major > neededMajor || (major === neededMajor && minor >= neededMinor);
  return isThere ? undefined : `needs Node.js ${needsNode}`;
}

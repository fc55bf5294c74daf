/**
 * Where a worker's stdout and stderr go. 'pipe': line by line to this process's own stdout and stderr, each line labelled
 * with pool and worker. A process's line above 64 KiB goes in labelled pieces. The last 8 KB of stderr are kept for crash
 * errors. 'stderr': the same, but everything goes to stderr, for programs whose stdout is data. 'inherit': straight
 * through, unlabelled, nothing kept. 'ignore': dropped, though the last of stderr is still kept. 'events': as event `output`
 * only, and printed nowhere. With 'pipe', 'stderr' and 'events', a program that ends by itself first passes on its workers'
 * output, closed or not.
 */
export type StdioOption = 'pipe' | 'stderr' | 'inherit' | 'ignore' | 'events';

/** A stream that a worker prints to. */
export type OutputStream = 'stdout' | 'stderr';

// For the other packages of Millpond, as @millpond/core/internal. It may change with any version.
export { bucketMiddleMs, Histogram } from './base/histogram.js';
export { hostNowMs } from './base/clock.js';
export { isThenable } from './base/is-thenable.js';
export { isRecord } from './contract/checks.js';
export { didYouMean, nearestName, nearestOrAll } from './base/nearest.js';
export { formatCount, plural } from './base/format-count.js';
export { BoundedNames, OTHER, type Places, shortName } from './base/bounded-names.js';
export { type MemoryGrowth, MemoryMeter } from './base/memory-meter.js';
export { OpenSection } from './base/open-section.js';
export { GcMeter } from './base/gc-meter.js';
export { ThreadClock } from './base/thread-times.js';
export { printable } from './base/printable.js';
export { SectionSums } from './base/section-sums.js';
export { PROFILING } from './contract/profile-messages.js';
export { usableCores } from './sizing/cores.js';
export { mostAtLastTask } from './sizing/recycling.js';

import type { Candidate } from '../candidate.js';
import type { PoolView } from '../view.js';
import { serialization, transport } from './bytes.js';
import { missingCache, uselessCache } from './caching.js';
import { refused } from './circuit.js';
import { blockingCalls, blockingNeighbour, waitingHandlers } from './execution.js';
import { tailOfGroups, underfed } from './feeding.js';
import { headOfLine } from './head-of-line.js';
import { hotSection } from './hot-section.js';
import { limited } from './limits.js';
import { blockedMainThread, tasksTooSmall } from './main-thread.js';
import { garbage, leak } from './memory.js';
import { nativeThreads } from './native-threads.js';
import { oneAtATime } from './one-at-a-time.js';
import { batches } from './policies.js';
import { doubts } from './quality.js';
import { unexplainedWait, unstableQueue } from './queueing.js';
import { preparing, reconnecting, resourceIdle, resourceWait } from './resources.js';
import { scalingLimit, sizing } from './scaling.js';
import { sharedResource } from './shared-resource.js';
import { coldStart, deaths } from './starts.js';
import { straggler } from './straggler.js';
import { tooFewWorkers } from './too-few-workers.js';
import { tooManyWorkers } from './too-many-workers.js';
import { slowWorker, unevenRouting } from './uneven-workers.js';
import { retryStorm, wastedWork } from './waste.js';

/** All rules, R01 to R37 but R29: that one is what is left when no other applies. */
export const RULES: readonly ((view: PoolView) => Candidate[])[] = [
  tooFewWorkers, // R01
  tooManyWorkers, // R02
  serialization, // R03
  transport, // R04
  blockedMainThread, // R05
  underfed, // R06
  tasksTooSmall, // R07
  straggler, // R08
  slowWorker, // R09
  unevenRouting, // R10
  hotSection, // R11
  garbage, // R12
  leak, // R13
  blockingNeighbour, // R14
  waitingHandlers, // R15
  nativeThreads, // R15
  blockingCalls, // R16
  coldStart, // R17
  deaths, // R18
  wastedWork, // R19
  missingCache, // R20
  unstableQueue, // R21
  unexplainedWait, // R22
  headOfLine, // R23
  tailOfGroups, // R24
  sizing, // R25
  sharedResource, // R26
  oneAtATime, // R26
  scalingLimit, // R27
  doubts, // R28
  resourceWait, // R30
  resourceIdle, // R31
  reconnecting, // R32
  preparing, // R33
  batches, // R34
  uselessCache, // R35
  limited, // R36
  refused, // R36
  retryStorm, // R37
];

/** Chance that a task has to wait with c servers under a load of a (Erlang C). It is 1 if the load is c or more. */
export function erlangC(servers: number, load: number): number {
  const c = Math.max(1, Math.floor(servers));
  if (!(load > 0)) return 0;
  if (load >= c) return 1;
  // Erlang B by its recursion, which never overflows.
  let blocked = 1;
  for (let n = 1; n <= c; n++) blocked = (load * blocked) / (n + load * blocked);
  return blocked / (1 - (load / c) * (1 - blocked));
}

/**
 * Mean wait of a queue with c servers, ms: Erlang C. The correction of Allen and Cunneen is for other spreads of arrivals and services.
 * Infinity if the load is c or more.
 */
export function expectedWaitMs(
  servers: number,
  utilization: number,
  serviceMs: number,
  arrivalCv2: number,
  serviceCv2: number,
): number {
  if (utilization >= 1) return Infinity;
  const chance = erlangC(servers, utilization * servers);
  return ((chance * serviceMs) / (servers * (1 - utilization))) * ((arrivalCv2 + serviceCv2) / 2);
}

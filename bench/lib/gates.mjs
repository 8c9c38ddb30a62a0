// Limits that a count may not pass: gates.json, { allocator: { workload: instructions per operation } }.

export function limitFor(count, percent) {
  return Math.ceil(count * (1 + percent / 100));
}

/** How many rows keep their limit, and a sentence about each that does not. */
export function checkGates(rows, gates) {
  const failures = [];
  let passed = 0;
  for (const { workload, allocator, median } of rows) {
    const limit = gates[allocator]?.[workload];
    if (limit === undefined) continue;
    if (median <= limit) passed++;
    else
      failures.push(`${allocator} ${workload}: ${median} instructions an operation, the limit is ${limit}`);
  }
  return { passed, failures };
}

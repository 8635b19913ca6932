/** Calls `one` with each number from `from` up to `to`, no more than `most` of them at the same time. */
export async function inFlight(from, to, most, one) {
  let next = from;
  const worker = async () => {
    while (next < to) await one(next++);
  };
  await Promise.all(Array.from({ length: most }, worker));
}

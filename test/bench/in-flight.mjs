/** Calls `one` so many times, with no more than `most` of them at the same time. */
export async function inFlight(count, most, one) {
  let next = 0;
  const worker = async () => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: most }, worker));
}

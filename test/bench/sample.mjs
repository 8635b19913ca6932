// One sample, in a process of its own: told what to do by one message, it answers with one.
import { takeHere } from './take-here.mjs';

process.once('message', async (job) => {
  try {
    process.send({ result: await takeHere(job) });
  } catch (error) {
    process.send({ error: error.stack ?? String(error) });
  }
  process.disconnect();
  // A peer that leaves something behind must not hold up the others.
  setTimeout(() => process.exit(), 2_000).unref();
});

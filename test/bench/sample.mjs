// One sample, in a process of its own: told what to do by one message, it answers with one.
import { takeHere } from './take-here.mjs';

// Whoever asked is gone.
process.once('disconnect', () => process.exit(1));

process.once('message', async (job) => {
  const answer = await takeHere(job).then(
    (result) => ({ result }),
    (error) => ({ error: error.stack ?? String(error) }),
  );
  // Whatever a peer leaves behind ends here.
  process.send(answer, () => process.exit());
});

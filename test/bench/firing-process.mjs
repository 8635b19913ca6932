// Fires from a process of its own: is told who and how many, and answers with when each was fired, ns.
import { fireAtARate } from './at-a-rate.mjs';
import { startPeer } from './peers/peers.mjs';

// Whoever asked is gone.
process.once('disconnect', () => process.exit(1));

process.once('message', async ({ contender, url, count }) => {
  const peer = await startPeer(contender, { url });
  const fired = await fireAtARate(peer, count);
  await peer.close();
  process.send(fired.map(String), () => process.exit());
});

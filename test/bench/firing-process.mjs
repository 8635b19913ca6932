// Fires from a process of its own: is told who and how many, and answers with when each was fired, ns.
import { fireAtARate } from './at-a-rate.mjs';
import { startPeer } from './peers/peers.mjs';

process.once('message', async ({ contender, url, count }) => {
  const peer = await startPeer(contender, { url });
  const fired = await fireAtARate(peer, count);
  process.send(fired.map(String));
  await peer.close();
  process.disconnect();
});

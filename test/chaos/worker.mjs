// A worker of a run: one listener for all APIs, which tells what it has handled.
import { now } from './shifted-clock.mjs';
import { setTimeout as delay } from 'node:timers/promises';
import { OnEvent } from '../../dist/index.js';
import { events, settings, start, tell } from './application.mjs';

const { listener, failEvery, slowEvery, slowMs } = settings;
const failed = new Set();
let handlerMs = 0;

process.on('message', (message) => {
  handlerMs = message.handlerMs ?? handlerMs;
});
process.channel?.unref();

class Listener {
  async handle(event, message) {
    const from = now();
    const { stream, nativeId, deliveryCount } = message;
    const told = () => tell({ told: { stream, nativeId, incarnation: process.pid, at: now() } });
    message.signal.addEventListener('abort', told);
    const { n } = event;
    if (n % failEvery === 0 && deliveryCount === 1 && !failed.has(stream + nativeId)) {
      failed.add(stream + nativeId);
      throw new Error('This handler fails at the first attempt, as it was told to.');
    }
    if (handlerMs > 0) await delay(handlerMs);
    else if (n % slowEvery === 0) await delay(slowMs);
    else if (n % 3 === 0) await delay(n % 11);
    const handled = { listener, stream, nativeId, deliveryCount, incarnation: process.pid };
    tell({ handled: { ...handled, aborted: message.signal.aborted, from, to: now() } });
    message.signal.removeEventListener('abort', told);
  }
}
const descriptor = Object.getOwnPropertyDescriptor(Listener.prototype, 'handle');
OnEvent(events, { listenerName: listener })(Listener.prototype, 'handle', descriptor);

// A process that gets no time to run stands still, whoever the reason is.
let last = now();
setInterval(() => {
  const to = now();
  if (to - last > 500) tell({ stalled: { incarnation: process.pid, from: last, to } });
  last = to;
}, 100).unref();

await start({}, [Listener], []);

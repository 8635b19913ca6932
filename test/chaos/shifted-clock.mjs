// The wall clock of a process of a run, which the test sets forward and back while the process runs:
// `Date.now()` and `new Date()` follow, timers and `performance.now()` don't. To be imported first.
const RealDate = Date;
let shiftMs = 0;

/** The time of the run, by the clock that nobody sets: for facts. */
export const now = () => RealDate.now();

const shifted = () => RealDate.now() + shiftMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length > 0 ? args : [shifted()], newTarget),
  apply: () => new RealDate(shifted()).toString(),
  get: (target, key) => (key === 'now' ? shifted : Reflect.get(target, key)),
});
RealDate.prototype.constructor = globalThis.Date;

process.on('message', (message) => {
  shiftMs = message.shiftMs ?? shiftMs;
});
// Only this listens: it keeps no process alive.
process.channel?.unref();

/** How one listener has stopped. */
export interface Stopped {
  readonly listener: string;
  /** How many events stay pending with it because their handlers did not finish in time. */
  readonly unfinished: number;
}

/** What stopping the listeners has come to, in `ms` milliseconds: `Drained in 0.3 s: 2 listeners.` */
export function describeDrained(ms: number, stopped: readonly Stopped[]): string {
  const late = stopped.filter(({ unfinished }) => unfinished > 0);
  const events = late.reduce((sum, { unfinished }) => sum + unfinished, 0);
  const names = late.map(({ listener }) => listener).join(', ');
  const rest =
    events === 0 ? '' : ` ${count(events, 'event')} left pending, not finished in time (${names}).`;
  return `Drained in ${(ms / 1000).toFixed(1)} s: ${count(stopped.length, 'listener')}.${rest}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

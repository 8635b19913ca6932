// Taken in by a process that is measured: as it ends, it tells the peak of its memory, MB, to whoever
// started it. Linux knows it; `maxRSS` would be that of the process that started it, if that is larger.
import { readFileSync, writeSync } from 'node:fs';

const TO_PARENT = 3;

process.on('exit', () => writeSync(TO_PARENT, String(peak())));

function peak() {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1_000;
  } catch {
    return NaN;
  }
}

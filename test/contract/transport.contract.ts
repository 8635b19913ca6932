import { afterEach, beforeEach, describe } from '@jest/globals';
import { describeAppending } from './appending.contract.js';
import { describeClaiming } from './claiming.contract.js';
import { describeClosing } from './closing.contract.js';
import type { TransportUnderTest } from './contract-fixtures.js';
import { describeDeadLetters } from './dead-letter.contract.js';
import { describeGroups } from './groups.contract.js';
import { describeLeases } from './leases.contract.js';
import { describeOnce } from './once.contract.js';
import { describePending } from './pending.contract.js';
import { describeRange } from './range.contract.js';
import { describeWaiting } from './waiting.contract.js';

/** Everything that `EventTransport` promises, as tests that hold for each implementation. */
export function describeTransportContract(
  name: string,
  setup: () => Promise<TransportUnderTest>,
): void {
  describe(`${name} as an EventTransport`, () => {
    let underTest: TransportUnderTest;
    const current = () => underTest;

    beforeEach(async () => {
      underTest = await setup();
    });

    afterEach(() => underTest.cleanup());

    describeAppending(current);
    describeOnce(current);
    describeRange(current);
    describeLeases(current);
    describeGroups(current);
    describePending(current);
    describeClaiming(current);
    describeDeadLetters(current);
    describeWaiting(current);
    describeClosing(current);
  });
}

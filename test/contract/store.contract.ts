import { afterEach, beforeEach, describe } from '@jest/globals';
import { describeAppending } from './appending.contract.js';
import { describeClaiming } from './claiming.contract.js';
import { describeClosing } from './closing.contract.js';
import type { StoreUnderTest } from './contract-fixtures.js';
import { describeDeadLetters } from './dead-letter.contract.js';
import { describeFinding } from './finding.contract.js';
import { describeGroups } from './groups.contract.js';
import { describeLeases } from './leases.contract.js';
import { describeOnce } from './once.contract.js';
import { describePending } from './pending.contract.js';
import { describeRange } from './range.contract.js';
import { describeWaiting } from './waiting.contract.js';

/** Everything that `EventStore` promises, as tests that hold for each implementation. */
export function describeStoreContract(name: string, setup: () => Promise<StoreUnderTest>): void {
  describe(`${name} as an EventStore`, () => {
    let underTest: StoreUnderTest;
    const current = () => underTest;

    beforeEach(async () => {
      underTest = await setup();
    });

    afterEach(() => underTest.cleanup());

    describeAppending(current);
    describeOnce(current);
    describeRange(current);
    describeFinding(current);
    describeLeases(current);
    describeGroups(current);
    describePending(current);
    describeClaiming(current);
    describeDeadLetters(current);
    describeWaiting(current);
    describeClosing(current);
  });
}

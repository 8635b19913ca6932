import { afterEach, beforeEach, describe } from '@jest/globals';
import { describeAttempts } from './attempts.contract.js';
import { describeListening } from './listening.contract.js';
import { describeNames } from './names.contract.js';
import { describeAppending } from './appending.contract.js';
import { describeClaiming } from './claiming.contract.js';
import { describeClosing } from './closing.contract.js';
import type { StoreUnderTest } from './contract-fixtures.js';
import { describeDeadLetters } from './dead-letter.contract.js';
import { describeEntities } from './entities.contract.js';
import { describeExpectations } from './expectations.contract.js';
import { describeFinding } from './finding.contract.js';
import { describeInspection } from './inspection.contract.js';
import { describeGroups } from './groups.contract.js';
import { describeHeads } from './heads.contract.js';

import { describeVanishedHistory } from './vanished-history.contract.js';
import { describeOnce } from './once.contract.js';
import { describePending } from './pending.contract.js';
import { describeRange } from './range.contract.js';
import { describeRetirement } from './retirement.contract.js';
import { describeSnapshots } from './snapshots.contract.js';

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
    describeEntities(current);
    describeExpectations(current);
    describeSnapshots(current);
    describeRange(current);
    describeHeads(current);
    describeNames(current);
    describeFinding(current);
    describeGroups(current);
    describePending(current);
    describeAttempts(current);
    describeClaiming(current);
    describeVanishedHistory(current);
    describeDeadLetters(current);
    describeRetirement(current);
    describeInspection(current);
    describeListening(current);
    describeClosing(current);
  });
}

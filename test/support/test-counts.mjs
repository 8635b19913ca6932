import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

/** @typedef {{ passed: number, failed: number }} Counts */

/**
 * What Jest has counted (`--json --outputFile`). A test file that can't be loaded has no tests of its
 * own to fail; a run that was stopped has told nothing, or half of it.
 *
 * @param {string} file
 * @param {boolean} isSuccess whether Jest ended with 0.
 * @returns {Counts}
 */
export function countsIn(file, isSuccess) {
  let results = {};
  try {
    results = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    console.log(`== no results of the tests: ${error.message}`);
  }
  const { numPassedTests = 0, numFailedTests = 0, numRuntimeErrorTestSuites = 0 } = results;
  for (const name of failedIn(results)) console.log(`== failed: ${name}`);
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  const isGood = isSuccess && numPassedTests > 0;
  return { passed: numPassedTests, failed: isGood ? failed : Math.max(failed, 1) };
}

/** The names of the failed tests, and of the files that could not be run: at the end of all output. */
function failedIn({ testResults = [] }) {
  return testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, assertionResults = [] }) => {
      const failed = assertionResults.filter(({ status }) => status === 'failed');
      const file = relative(process.cwd(), name);
      return failed.length > 0 ? failed.map(({ fullName }) => `${file}: ${fullName}`) : [file];
    });
}

/** @param {readonly Counts[]} counts */
export function sum(counts) {
  return counts.reduce(
    (all, { passed, failed }) => ({ passed: all.passed + passed, failed: all.failed + failed }),
    { passed: 0, failed: 0 },
  );
}

/** @param {Counts} counts */
export function inWords({ passed, failed }) {
  return `${passed} passed, ${failed} failed`;
}

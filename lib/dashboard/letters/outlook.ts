import type { GroupDetails } from '../../store/inspection.js';
import { redriveOutlook } from '../../operations/redrive-outlook.js';
import type { WhenHandled } from '../views/models.js';

/**
 * When events that are redriven will be handled.
 *
 * @param groups a listener on each of its streams.
 */
export function outlookOf(groups: readonly GroupDetails[]): WhenHandled {
  const outlook = redriveOutlook(groups);
  switch (outlook.kind) {
    case 'no_worker':
      return { kind: 'no_worker' };
    case 'after':
      return { kind: 'after_failure', failure: outlook.failing };
    case 'now': {
      const [worker] = outlook.workers;
      return { kind: 'at_once', worker: worker?.name ?? '' };
    }
  }
}

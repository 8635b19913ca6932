import type { EventBus, EventMessage } from 'nestjs-lightbus';
import { page } from './pages/firing.js';

/** The function of this name in `docs/firing.md`. */
export type FireUntilStored = (bus: EventBus, events: object[]) => Promise<EventMessage<object>[]>;

/** Loads it as it stands. */
export async function loadFireUntilStored(): Promise<FireUntilStored> {
  const module = await page.load<{ fireUntilStored: FireUntilStored }>('fire-until-stored.ts');
  return module.fireUntilStored;
}

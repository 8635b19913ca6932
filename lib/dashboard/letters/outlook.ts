import { Injectable } from '@nestjs/common';
import { Inspections, type InspectedGroup } from '../inspections.js';
import type { WhenHandled } from '../views/models.js';

/** When events that are driven again will be handled. */
@Injectable()
export class Outlook {
  constructor(private readonly inspections: Inspections) {}

  /** @throws TransportError */
  async of(group: string): Promise<WhenHandled | null> {
    return this.ofGroups(await this.inspections.group(group));
  }

  /** @param groups a listener on each of its streams. */
  ofGroups(groups: readonly InspectedGroup[]): WhenHandled | null {
    return groups.length === 0 ? { kind: 'no_worker' } : null;
  }
}

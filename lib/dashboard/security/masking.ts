import { Inject, Injectable } from '@nestjs/common';
import { DASHBOARD_SETTINGS, type LightbusDashboardSettings } from '../dashboard-options.js';

/** What may be shown, searched and downloaded of a payload. */
export type Shown =
  | { readonly kind: 'payload'; readonly payload: unknown }
  /** Nothing of it, and why. */
  | { readonly kind: 'hidden'; readonly reason: string };

/** Asks the application's `mask` before anything of a payload is shown: every page gets payloads by this. */
@Injectable()
export class Masking {
  constructor(@Inject(DASHBOARD_SETTINGS) private readonly settings: LightbusDashboardSettings) {}

  /** Whether something may be hidden: then what `mask` is not asked about is not shown either. */
  get isOn(): boolean {
    return this.settings.mask !== undefined;
  }

  /**
   * @param event `'<api>.<event>'`; `null` where the entry is none that can be read.
   * @param payload its parameters, and nobody else's: `mask` may change them. Of what is no event, what there is.
   */
  show(event: string | null, payload: unknown): Shown {
    const { mask } = this.settings;
    if (!mask) return { kind: 'payload', payload };
    if (event === null) {
      return hidden(
        "this is no event that can be read, so 'mask' can't say what of it is personal",
      );
    }
    try {
      const masked = mask(event, payload as Readonly<Record<string, unknown>>);
      // A promise would be shown as nothing, and its failure would end the process.
      if (!(masked instanceof Promise)) return { kind: 'payload', payload: masked };
      masked.catch(() => undefined);
      return hidden("'mask' returned a promise; it must return what is to be shown");
    } catch {
      // Its words may quote the payload.
      return hidden("'mask' failed for this event");
    }
  }
}

function hidden(reason: string): Shown {
  return { kind: 'hidden', reason };
}

import { Injectable } from '@nestjs/common';
import { deserialize } from '../wire/by-field.js';
import { payloadText, previewOf } from './payload-text.js';
import { Masking, type Shown } from './security/masking.js';
import type { PayloadModel } from './views/models.js';

/** How much of a payload can be saved, characters. */
const LONGEST_SAVED = 100_000_000;

/** An entry, or what a dead letter has kept of one. */
export interface RawEntry {
  readonly stream: string;
  readonly nativeId: string;
  readonly fields: readonly string[];
}

/** What may be shown of an entry. */
export interface ShownEntry {
  /** `api.event`; `null` where it is no event. */
  readonly name: string | null;
  readonly shown: Shown;
}

/** What is shown of payloads, after `mask`. */
@Injectable()
export class Payloads {
  constructor(private readonly masking: Masking) {}

  /** Of an entry that anybody may have written. */
  of({ fields, stream, nativeId }: RawEntry): ShownEntry {
    const content = deserialize(fields, stream, nativeId);
    if (content.kind !== 'event') return { name: null, shown: this.masking.show(null, fields) };
    const name = `${content.apiName}.${content.eventName}`;
    return { name, shown: this.masking.show(name, content.parameters) };
  }

  /** Of what a sender has said beside a payload, which `mask` is not asked about. */
  beside(given: unknown): Shown {
    if (!this.isMasked) return { kind: 'payload', payload: given };
    return { kind: 'hidden', reason: "there is a 'mask', and it is asked about payloads only" };
  }

  /** Whether there is a `mask`. */
  get isMasked(): boolean {
    return this.masking.isOn;
  }

  /** As a page shows it. */
  text(shown: Shown): PayloadModel {
    return this.write(shown, (payload) => payloadText(payload));
  }

  /** The whole of it, to be saved. */
  whole(shown: Shown): PayloadModel {
    return this.write(shown, (payload) => payloadText(payload, LONGEST_SAVED));
  }

  /** The beginning of it, for a list; `''` where nothing is shown. */
  preview(shown: Shown): string {
    const written = this.write(shown, (payload) => {
      return { kind: 'text', text: previewOf(payload), isCut: false };
    });
    return written.kind === 'text' ? written.text : '';
  }

  /** What `mask` returns may be anything, so that writing it may fail. */
  private write(shown: Shown, write: (payload: unknown) => PayloadModel): PayloadModel {
    if (shown.kind === 'hidden') return shown;
    try {
      return write(shown.payload);
    } catch {
      return { kind: 'hidden', reason: "what 'mask' returned can't be written as JSON" };
    }
  }
}

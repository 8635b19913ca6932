/** A promise that was broken. */
export interface Violation {
  readonly kind:
    /** Confirmed, and not stored; or stored, and not handled by a listener. */
    | 'lost'
    /** The firer was told that an event is not stored, and it is; or an entry comes from nowhere. */
    | 'wrong answer'
    /** One attempt to fire is stored more than once. */
    | 'stored twice'
    /** A listener with one worker did not keep the order of a stream. */
    | 'out of order'
    /** Left behind: handled long after the faults had ended and a later event was handled. */
    | 'stranded'
    /** A process that had been replaced, and could know it, went on beside its successor. */
    | 'went on'
    /** Handled again for no reason that the README names. */
    | 'unexplained duplicate';
  readonly message: string;
}

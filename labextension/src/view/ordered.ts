/** Puts events into order that come from more than one place: a kept tail, a replay, the live ones. */
import type { Event } from '../api/types';

/** So many events are kept for putting in order; the oldest go first. */
export const MAX_ORDERED = 20_000;

export interface Ordered {
  /** Events to tell. */
  readonly events: readonly Event[];
  /** Whether they are all there are, because some belong before what was told already. */
  readonly anew: boolean;
}

export class OrderedEvents {
  /** Take some events; what is known already is dropped. */
  add(batch: readonly Event[]): Ordered {
    const fresh = batch.filter(
      ({ seq }) => seq === null || !this._known.has(seq)
    );
    const late = fresh.some(({ seq }) => seq !== null && seq < this._last);
    for (const event of fresh) {
      if (event.seq !== null) {
        this._known.set(event.seq, event);
        this._last = Math.max(this._last, event.seq);
      }
    }
    if (late) {
      const all = [...this._known].sort(([a], [b]) => a - b);
      this._known = new Map(all);
    }
    for (const seq of this._known.keys()) {
      if (this._known.size <= MAX_ORDERED) {
        break;
      }
      this._known.delete(seq);
    }
    return late
      ? { events: [...this._known.values()], anew: true }
      : { events: fresh, anew: false };
  }

  private _known = new Map<number, Event>();
  private _last = 0;
}

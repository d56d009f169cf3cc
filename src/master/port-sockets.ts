// `--accept reuse-port`: one socket for each place of a worker, all bound to one port, among which the kernel chooses for each client.
// Decides who accepts from which, so that none is ever without somebody: a socket is the worker's in its place, and while nobody
// ready is there, another one's as well. Plain values; binds nothing and tells nobody.

/** A worker that is ready and stays. */
export interface Holder {
  readonly worker: number;
  /** Its place, from 1. The socket of this number is its own. */
  readonly slot: number;
  /** The sockets that it accepts from. */
  readonly sockets: ReadonlySet<number>;
}

export interface Changes {
  readonly give: readonly Move[];
  readonly release: readonly Move[];
}

export interface Move {
  readonly worker: number;
  readonly socket: number;
}

/**
 * What must change. A socket of nobody goes to whoever has fewest; one that its owner has again is taken from the others.
 *
 * @param sockets The numbers of all that are bound.
 */
export function rearrange(sockets: readonly number[], holders: readonly Holder[]): Changes {
  const give: Move[] = [];
  const release: Move[] = [];
  const burden = new Map(holders.map(({ worker, sockets: own }) => [worker, own.size]));
  for (const socket of sockets) {
    const having = holders.filter(({ sockets: own }) => own.has(socket));
    if (having.length === 0) {
      const [heir] = [...holders].sort((a, b) => burden.get(a.worker)! - burden.get(b.worker)! || a.worker - b.worker);
      if (heir === undefined) continue;
      burden.set(heir.worker, burden.get(heir.worker)! + 1);
      give.push({ worker: heir.worker, socket });
    } else if (having.some(({ slot }) => slot === socket)) {
      for (const { worker, slot } of having) {
        // One that could not have a socket of its own keeps what it has.
        if (slot === socket || burden.get(worker)! < 2) continue;
        burden.set(worker, burden.get(worker)! - 1);
        release.push({ worker, socket });
      }
    }
  }
  return { give, release };
}

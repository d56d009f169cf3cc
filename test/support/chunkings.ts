// The ways in which a network may cut the same bytes. The boundary is where parsers break.

/** Whole, byte by byte, and in two at every place. */
export function* chunkings(wire: Uint8Array): Generator<readonly Uint8Array[]> {
  yield [wire];
  yield Array.from(wire, (_byte, i) => wire.subarray(i, i + 1));
  for (let cut = 1; cut < wire.length; cut += 1) yield [wire.subarray(0, cut), wire.subarray(cut)];
}

/** Cut at random places, as `random` (0 to 1) says; no piece is longer than `most`. */
export function randomPieces(wire: Uint8Array, random: () => number, most: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < wire.length; ) {
    const size = 1 + Math.floor(random() * most);
    pieces.push(wire.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

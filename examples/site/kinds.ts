// What a note can be about. One table: the form offers it, the form's check takes nothing else, the pages draw it.

export interface Kind {
  readonly value: string;
  readonly label: string;
  /** Strokes of its sign, in a square of 24. */
  readonly sign: string;
}

export const KINDS: readonly Kind[] = [
  {
    value: "bird",
    label: "Bird",
    sign: "M4 13c3 1 5-1 6-4 1-4 6-5 8-2l3 1-3 1c0 6-4 9-9 9H5c2-1 3-2 3-3-2 0-3-1-4-2zM15 8h.01",
  },
  { value: "plant", label: "Plant", sign: "M12 21v-9m0 2c-5 0-7-3-7-7 5 0 7 3 7 7zm0-2c0-5 3-8 7-8 0 5-2 8-7 8z" },
  {
    value: "insect",
    label: "Insect",
    sign: "M12 8a4 4 0 0 1 4 4v3a4 4 0 0 1-8 0v-3a4 4 0 0 1 4-4zm0 0v11M9 4l2 4m4-4-2 4M4 10l4 2m12-2-4 2M4 19l4-3m12 3-4-3",
  },
  {
    value: "track",
    label: "Track",
    sign: "M12 12c3 0 5 3 5 5s-2 3-5 3-5-1-5-3 2-5 5-5zM6 10h.01M10 6h.01M14 6h.01M18 10h.01",
  },
  { value: "sky", label: "Sky", sign: "M20 14A8 8 0 1 1 10 4a6.5 6.5 0 0 0 10 10zM17 4v4m-2-2h4" },
  {
    value: "weather",
    label: "Weather",
    sign: "M7 15a4 4 0 1 1 1-8 5 5 0 0 1 9 2 3 3 0 1 1 0 6zm1 3-1 3m5-3-1 3m5-3-1 3",
  },
  { value: "view", label: "View", sign: "M3 19 9 8l4 6 2-3 6 8zM17 6h.01" },
];

export const kindOf = (value: string): Kind => KINDS.find((kind) => kind.value === value) ?? KINDS.at(-1)!;

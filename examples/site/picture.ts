// Which uploaded files are pictures: decided by their first bytes, never by the name or the type that the browser claims. An SVG is
// refused, because it may hold scripts.

const KINDS = [
  { extension: "jpg", type: "image/jpeg", begins: /^\xff\xd8\xff/ },
  { extension: "png", type: "image/png", begins: /^\x89PNG\r\n\x1a\n/ },
  { extension: "gif", type: "image/gif", begins: /^GIF8[79]a/ },
  { extension: "webp", type: "image/webp", begins: /^RIFF[\s\S]{4}WEBP/ },
] as const;

export type PictureKind = (typeof KINDS)[number];

/** For the `accept` attribute of the form. */
export const PICTURE_TYPES = KINDS.map(({ type }) => type).join(",");

/** Undefined for bytes that begin like none of them. */
export function pictureKind(bytes: Uint8Array): PictureKind | undefined {
  const beginning = Buffer.from(bytes.subarray(0, 16)).toString("latin1");
  return KINDS.find(({ begins }) => begins.test(beginning));
}

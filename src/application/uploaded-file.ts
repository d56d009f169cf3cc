// One uploaded file: in memory, or in a temporary file of its own that is removed when the response is over. The name that a client gave it is
// cut down to a base name here; where it is kept is for the application to say.

import { Buffer } from "node:buffer";
import { constants, createReadStream } from "node:fs";
import { copyFile, readFile, unlink, writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { toUSVString } from "node:util";

/** What is known of a file when its upload is over. */
export interface UploadedFileParts {
  readonly name: string;
  readonly filename: string;
  readonly contentType: string;
  readonly size: number;
  /** The bytes, or the path of the temporary file that has them. */
  readonly kept: Buffer | string;
}

export class UploadedFile {
  /** Of the form's field. */
  readonly name: string;
  /** The base name that the client gave, without anything that could be a path; never empty. Not unique, and no proof of what is in it. */
  readonly filename: string;
  /** As the client says. */
  readonly contentType: string;
  readonly size: number;
  readonly #kept: Buffer | string;
  #removed = false;

  constructor(parts: UploadedFileParts) {
    this.name = parts.name;
    this.filename = parts.filename;
    this.contentType = parts.contentType;
    this.size = parts.size;
    this.#kept = parts.kept;
  }

  get inMemory(): boolean {
    return typeof this.#kept !== "string";
  }

  /** Of the temporary file, until the response is over; undefined when it is in memory. */
  get path(): string | undefined {
    return typeof this.#kept === "string" && !this.#removed ? this.#kept : undefined;
  }

  /** Everything, in memory: for files that are known to be small. */
  async read(): Promise<Buffer> {
    const kept = this.#there();
    return typeof kept === "string" ? readFile(kept) : kept;
  }

  async text(): Promise<string> {
    return String(await this.read());
  }

  /** Block by block. */
  stream(): Readable {
    const kept = this.#there();
    // A buffer is iterable by its bytes: it must be one chunk.
    return typeof kept === "string" ? createReadStream(kept) : Readable.from([kept], { objectMode: false });
  }

  /** Copies it there. A file that exists is left as it is, and EEXIST thrown, unless `overwrite` is true. */
  async saveTo(path: string, { overwrite = false }: { readonly overwrite?: boolean } = {}): Promise<void> {
    const kept = this.#there();
    if (typeof kept !== "string") return writeFile(path, kept, { flag: overwrite ? "w" : "wx" });
    // COPYFILE_FICLONE: costs no bytes where the file system can share them.
    await copyFile(kept, path, constants.COPYFILE_FICLONE | (overwrite ? 0 : constants.COPYFILE_EXCL));
  }

  /** Removes the temporary file. Called when the request is closed; again does nothing. */
  async remove(): Promise<void> {
    if (this.#removed) return;
    this.#removed = true;
    if (typeof this.#kept === "string") await removeFile(this.#kept);
  }

  #there(): Buffer | string {
    if (this.#removed) {
      throw new Error(
        `the uploaded file ${JSON.stringify(this.filename)} is gone: it lives until the response is over`,
      );
    }
    return this.#kept;
  }
}

/** Also when it is gone already. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/**
 * The last part of a name, by slash and by backslash, without control characters and not longer than 255 bytes of UTF-8; `"file"` where nothing
 * is left (Django, MultiPartParser.sanitize_file_name).
 */
export function safeFilename(given: string): string {
  const base = given.slice(Math.max(given.lastIndexOf("/"), given.lastIndexOf("\\")) + 1);
  const clean = toUSVString(base)
    .replace(/[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]/g, "")
    .trim();
  if (clean === "" || clean === "." || clean === "..") return "file";
  return Buffer.byteLength(clean) <= MOST_BYTES ? clean : shortened(clean);
}

/** What file systems take for a name. */
const MOST_BYTES = 255;
const END_BYTES = 55;

/** The beginning, and the end with its extension, of whole characters. */
function shortened(name: string): string {
  const characters = [...name];
  let end = "";
  while (Buffer.byteLength(characters.at(-1)! + end) <= END_BYTES) end = characters.pop()! + end;
  let start = "";
  for (const character of characters) {
    if (Buffer.byteLength(start + character) > MOST_BYTES - END_BYTES) break;
    start += character;
  }
  return start + end;
}

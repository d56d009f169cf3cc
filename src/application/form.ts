// What a form brought: fields, and files. Knows neither how it was encoded nor where it came from.

import type { ReadonlyParams } from "./query.ts";
import type { UploadedFile } from "./uploaded-file.ts";

export type { ReadonlyParams } from "./query.ts";

export interface Form {
  readonly fields: ReadonlyParams;
  readonly files: FormFiles;
}

/** Files by the names of their fields, several of one name in their order. */
export class FormFiles implements Iterable<readonly [name: string, file: UploadedFile]> {
  readonly #files: readonly UploadedFile[];

  constructor(files: readonly UploadedFile[] = []) {
    this.#files = files;
  }

  get size(): number {
    return this.#files.length;
  }

  get(name: string): UploadedFile | undefined {
    return this.#files.find((file) => file.name === name);
  }

  getAll(name: string): UploadedFile[] {
    return this.#files.filter((file) => file.name === name);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  *[Symbol.iterator](): Generator<readonly [name: string, file: UploadedFile], void, void> {
    for (const file of this.#files) yield [file.name, file];
  }
}

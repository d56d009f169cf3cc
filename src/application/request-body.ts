// The body of a request, read once and in one way: whole, as a form, or as a stream. Holds the limits of the settings, so that no client decides
// how much memory it has. What the server says of a body that is cut or too slow (an error with a status) goes on as it is.

import type { Buffer } from "node:buffer";
import type { Environ } from "../gateway/types.ts";
import type { ContentType } from "./content-type.ts";
import { BadRequest, RawStreamRead, RequestDataTooBig, UnsupportedMediaType } from "./exceptions.ts";
import { type Form, FormFiles } from "./form.ts";
import { type MultipartReading, readMultipart } from "./multipart.ts";
import { queryOf } from "./query.ts";
import type { Settings } from "./settings.ts";

const URLENCODED = "application/x-www-form-urlencoded";
const MULTIPART = "multipart/form-data";

export class RequestBody {
  readonly #environ: Environ;
  readonly #settings: Settings;
  readonly #type: ContentType;
  #bytes: Promise<Buffer> | undefined;
  #text: Promise<string> | undefined;
  #json: Promise<unknown> | undefined;
  #form: Promise<Form> | undefined;
  #multipart: MultipartReading | undefined;
  #streamed = false;

  constructor(environ: Environ, settings: Settings, type: ContentType) {
    this.#environ = environ;
    this.#settings = settings;
    this.#type = type;
  }

  bytes(): Promise<Buffer> {
    this.#bytes ??= kept(this.#readAll());
    return this.#bytes;
  }

  text(): Promise<string> {
    this.#text ??= kept(this.bytes().then((bytes) => decode(bytes, this.#type.params["charset"] ?? "utf-8")));
    return this.#text;
  }

  json(): Promise<unknown> {
    this.#json ??= kept(this.text().then(parseJson));
    return this.#json;
  }

  form(): Promise<Form> {
    this.#form ??= kept(this.#readForm());
    return this.#form;
  }

  stream(): Environ["tsgi.input"] {
    if (this.#bytes !== undefined || this.#multipart !== undefined) {
      throw new RawStreamRead("request.stream: the body was read already, with body(), text(), json() or form()");
    }
    this.#streamed = true;
    return this.#environ["tsgi.input"];
  }

  close(): Promise<void> | undefined {
    return this.#multipart?.close();
  }

  async #readAll(): Promise<Buffer> {
    this.#claim("body()");
    const most = this.#settings.dataUploadMaxMemorySize;
    const input = this.#environ["tsgi.input"];
    if (most === null) return input.read();
    if (Number(this.#environ.CONTENT_LENGTH ?? 0) > most) throw tooBig(most);
    const bytes = await input.read(most + 1);
    if (bytes.length > most) throw tooBig(most);
    return bytes;
  }

  async #readForm(): Promise<Form> {
    const { type, params } = this.#type;
    if (type === URLENCODED) {
      const charset = params["charset"];
      if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
        throw new UnsupportedMediaType(`a form in the charset ${JSON.stringify(charset)}: expected UTF-8`);
      }
      return { fields: queryOf(String(await this.bytes()), this.#settings), files: new FormFiles() };
    }
    if (type === MULTIPART) {
      const bytes = this.#bytes;
      if (bytes === undefined) this.#claim("form()");
      this.#multipart = readMultipart({
        contentType: this.#environ.CONTENT_TYPE ?? "",
        input: bytes === undefined ? this.#environ["tsgi.input"] : once(bytes),
        settings: this.#settings,
      });
      return this.#multipart.form;
    }
    if (type === "" && (await this.bytes()).length === 0)
      return { fields: new URLSearchParams(), files: new FormFiles() };
    throw new UnsupportedMediaType(
      `the body is ${type === "" ? "of no type" : type}: a form is ${URLENCODED} or ${MULTIPART}`,
    );
  }

  #claim(by: string): void {
    if (this.#streamed || this.#multipart !== undefined) {
      const how = this.#streamed ? "as request.stream" : "as a form with files";
      throw new RawStreamRead(`request.${by}: the body was read already, ${how}`);
    }
  }
}

/** Whoever asks and does not wait must not end the process with what a client did. */
function kept<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

async function* once(bytes: Promise<Buffer>): AsyncGenerator<Buffer, void, void> {
  yield await bytes;
}

const tooBig = (most: number): RequestDataTooBig =>
  new RequestDataTooBig(`the body has more than the ${most} bytes of settings.dataUploadMaxMemorySize`);

function decode(bytes: Buffer, charset: string): string {
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(charset, { fatal: true });
  } catch {
    throw new UnsupportedMediaType(`the charset ${JSON.stringify(charset)} is not known`);
  }
  try {
    return decoder.decode(bytes);
  } catch {
    throw new BadRequest(`the body is not ${decoder.encoding}`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BadRequest(`the body is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

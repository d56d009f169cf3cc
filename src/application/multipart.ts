// Forms with files, multipart/form-data (RFC 7578), read as they come: fields into memory up to a limit, files into memory up to a limit and on to
// disk beyond it. Whatever happens, memory is bounded, and `close` leaves no temporary file behind.

import { Buffer } from "node:buffer";
import { setImmediate as turn } from "node:timers/promises";
import { Busboy, type BusboyFileStream, type BusboyInstance } from "@fastify/busboy";
import { BadRequest, RequestDataTooBig, TooManyFields, TooManyFiles } from "./exceptions.ts";
import { type Form, FormFiles } from "./form.ts";
import type { Settings } from "./settings.ts";
import { MemoryBudget, UploadSink } from "./upload-sink.ts";
import { safeFilename, UploadedFile } from "./uploaded-file.ts";

export interface MultipartSource {
  readonly contentType: string;
  readonly input: AsyncIterable<Buffer>;
  readonly settings: Pick<
    Settings,
    | "dataUploadMaxMemorySize"
    | "dataUploadMaxNumberFields"
    | "dataUploadMaxNumberFiles"
    | "fileUploadMaxMemorySize"
    | "fileUploadMaxSize"
    | "fileUploadTempDir"
  >;
}

export interface MultipartReading {
  readonly form: Promise<Form>;
  /** Gives up what is still read, and removes the temporary files. Again does nothing. */
  close(): Promise<void>;
}

// A part needs two fields; what browsers and libraries add is less than this.
const HEADER_PAIRS = 16;
const HEADER_BYTES = 8192;
/** Between the parser and a file's own buffer. */
const HIGH_WATER = 65_536;
/** Turns of the event loop in which a parser that can go on does. */
const IDLE_TURNS = 16;
const NO_LIMIT = Number.POSITIVE_INFINITY;

export function readMultipart(source: MultipartSource): MultipartReading {
  const reading = new Reading(source);
  return { form: reading.run(), close: () => reading.close() };
}

class Reading {
  readonly #source: MultipartSource;
  readonly #fields = new URLSearchParams();
  readonly #sinks: UploadSink[] = [];
  readonly #streams: BusboyFileStream[] = [];
  readonly #taking: Promise<UploadedFile>[] = [];
  readonly #budget: MemoryBudget;
  #fieldBytes = 0;
  #failure: { readonly error: unknown } | undefined;
  /** Ends what is waited for: the next chunk, the parser that takes it, or its end. */
  #waiting: ((error?: unknown) => void) | undefined;
  #finished = false;
  #files: readonly UploadedFile[] = [];
  #ended: Promise<unknown> | undefined;

  constructor(source: MultipartSource) {
    this.#source = source;
    this.#budget = new MemoryBudget(source.settings.fileUploadMaxMemorySize);
  }

  run(): Promise<Form> {
    const form = this.#read();
    this.#ended = form.catch(() => undefined);
    return form;
  }

  async close(): Promise<void> {
    if (!this.#finished) this.#fail(new Error("the request was closed while its form was read"));
    await this.#ended;
    await Promise.all(this.#files.map((file) => file.remove()));
  }

  async #read(): Promise<Form> {
    const parser = this.#parser();
    // It may be over before its end is said, and says so once.
    const parsed = new Promise<void>((resolve) => parser.once("finish", resolve));
    const chunks = this.#source.input[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#unlessFailed<IteratorResult<Buffer>>((done) =>
          chunks.next().then(done, (e) => this.#fail(e)),
        );
        if (next.done === true) break;
        await this.#taken((done) => parser.write(next.value, done));
      }
      parser.end();
      await this.#taken((done) => parsed.then(done));
      const files = await Promise.all(this.#taking);
      if (this.#failure !== undefined) throw this.#failure.error;
      this.#files = files;
      return { fields: this.#fields, files: new FormFiles(files) };
    } catch (error) {
      this.#fail(error);
      // Not awaited: it is over only when the client says something, or is gone.
      chunks.return?.().catch(() => undefined);
      await Promise.all(this.#sinks.map((sink) => sink.drop()));
      throw this.#failure?.error ?? error;
    } finally {
      this.#finished = true;
    }
  }

  /** Waits for the parser. */
  #taken(act: (done: () => void) => unknown): Promise<void> {
    return this.#unlessFailed((resolve) => {
      let isDone = false;
      act(() => {
        isDone = true;
        resolve();
      });
      if (!isDone) this.#watch(() => isDone);
    });
  }

  /** Some malformed forms bring the parser to wait for what cannot come: it is not done, and no file is being written. */
  async #watch(isDone: () => boolean): Promise<void> {
    for (let idle = 0; idle < IDLE_TURNS; idle += 1) {
      const writing = this.#sinks.find((sink) => sink.writing !== undefined)?.writing;
      if (writing !== undefined) idle = 0;
      await (writing ?? turn());
      if (isDone() || this.#failure !== undefined) return;
    }
    this.#fail(new BadRequest("the form cannot be read: a part of it is no form-data, or has no end"));
  }

  /** Waits for one thing, or for the failure of any other meanwhile. */
  #unlessFailed<T>(act: (done: (value: T) => void) => unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting = reject;
      if (this.#failure === undefined) act(resolve);
      if (this.#failure !== undefined) reject(this.#failure.error);
    });
  }

  /** The first failure counts: those after it are its consequences. */
  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#waiting?.(error);
    // A stream that nobody fills any more must end, or its sink would wait for ever.
    for (const stream of this.#streams) stream.destroy(error as Error);
  }

  #parser(): BusboyInstance {
    const { contentType, settings } = this.#source;
    const fields = settings.dataUploadMaxNumberFields ?? NO_LIMIT;
    const files = settings.dataUploadMaxNumberFiles ?? NO_LIMIT;
    let parser: BusboyInstance;
    try {
      parser = new Busboy({
        headers: { "content-type": contentType },
        preservePath: true,
        fileHwm: HIGH_WATER,
        isPartAFile: (_name, _type, filename) => filename !== undefined,
        limits: {
          fieldSize: settings.dataUploadMaxMemorySize ?? NO_LIMIT,
          fields,
          files,
          parts: fields + files,
          fileSize: settings.fileUploadMaxSize ?? NO_LIMIT,
          headerPairs: HEADER_PAIRS,
          headerSize: HEADER_BYTES,
        },
      });
    } catch (error) {
      throw malformed(error);
    }
    const tooMany = () =>
      this.#fail(new TooManyFields(`more than ${fields} fields, as settings.dataUploadMaxNumberFields says`));
    parser.on("fieldsLimit", tooMany);
    parser.on("partsLimit", tooMany);
    parser.on("filesLimit", () =>
      this.#fail(new TooManyFiles(`more than ${files} files, as settings.dataUploadMaxNumberFiles says`)),
    );
    parser.on("error", (error: unknown) => this.#fail(malformed(error)));
    parser.on("field", (name, value, _nameCut, valueCut, encoding) => {
      if (this.#accepts(name, encoding)) this.#addField(name, value, valueCut);
    });
    parser.on("file", (name, stream, filename, encoding, type) => {
      // The parser has its own say too. One that nobody hears ends the process, also of a file that nobody wants.
      stream.on("error", (error) => this.#fail(malformed(error)));
      if (this.#accepts(name, encoding)) this.#addFile({ name, filename, type }, stream);
      else stream.resume();
    });
    return parser;
  }

  #accepts(name: string | undefined, encoding: string): boolean {
    if (name === undefined) this.#fail(new BadRequest("a part of the form has no name"));
    // RFC 7578 section 4.7 has done away with it; taken as it is, the file would not be what was sent.
    else if (/^(?:base64|quoted-printable)$/i.test(encoding)) {
      this.#fail(new BadRequest(`a part of the form is in ${encoding}: expected its bytes as they are`));
    }
    return this.#failure === undefined;
  }

  #addField(name: string, value: string, cut: boolean): void {
    const most = this.#source.settings.dataUploadMaxMemorySize ?? NO_LIMIT;
    this.#fieldBytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (cut || this.#fieldBytes > most) {
      this.#fail(
        new RequestDataTooBig(
          `the fields of the form have more than the ${most} bytes of settings.dataUploadMaxMemorySize`,
        ),
      );
    } else this.#fields.append(name, value);
  }

  #addFile(
    said: { readonly name: string; readonly filename: string; readonly type: string },
    stream: BusboyFileStream,
  ): void {
    // What a browser sends for a file that was not chosen (Django leaves it out too).
    if (said.filename === "") {
      stream.resume();
      return;
    }
    const most = this.#source.settings.fileUploadMaxSize;
    stream.once("limit", () => {
      this.#fail(
        new RequestDataTooBig(
          `the file ${JSON.stringify(safeFilename(said.filename))} has more than the ${most} bytes of settings.fileUploadMaxSize`,
        ),
      );
    });
    const sink = new UploadSink(this.#budget, this.#source.settings.fileUploadTempDir);
    this.#sinks.push(sink);
    this.#streams.push(stream);
    const taking = sink.take(stream as AsyncIterable<Buffer>).then(
      (kept) =>
        new UploadedFile({
          name: said.name,
          filename: safeFilename(said.filename),
          contentType: said.type,
          size: sink.size,
          kept,
        }),
    );
    taking.catch((error: unknown) => this.#fail(error));
    this.#taking.push(taking);
  }
}

const malformed = (error: unknown): BadRequest =>
  new BadRequest(`the form cannot be read: ${(error as Error).message}`, { cause: error });

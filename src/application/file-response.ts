// A file as a response: type, length, validators, the parts that are asked for (RFC 9110 sections 13 and 14). All of it is decided when it is made,
// so that middlewares see what will be sent. The bytes go through `tsgi.file_wrapper` where the server has it.

import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { accessSync, constants, fstatSync, type Stats, statSync } from "node:fs";
import { access, type FileHandle, stat } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type { Body, Environ } from "../gateway/types.ts";
import {
  type ConditionalRequest,
  evaluateConditions,
  ifRangeHolds,
  parseEtags,
  type Validators,
} from "./conditional.ts";
import { contentDisposition } from "./content-disposition.ts";
import { contentTypeOf } from "./content-type.ts";
import { NotFound, PermissionDenied } from "./exceptions.ts";
import { FileReader, type Segment } from "./file-reader.ts";
import { httpDate } from "./http-date.ts";
import { type ByteRange, rangesOf } from "./ranges.ts";
import type { ResponseInit } from "./response-base.ts";
import { show } from "./response-headers.ts";
import { type StreamContent, StreamingResponse } from "./streaming-response.ts";

export interface FileResponseInit extends ResponseInit {
  /** The request that is answered. Without it there are no ranges and no 304. */
  readonly request?: ConditionalRequest | undefined;
  /** To be saved, not shown; default false. */
  readonly asAttachment?: boolean | undefined;
  /** To be saved as; default the file's own name for an attachment, and none otherwise. */
  readonly filename?: string | undefined;
  /** With its quotes; default made of size and time of the file. False: none. */
  readonly etag?: string | false | undefined;
}

type Known = Pick<Stats, "size" | "mtimeMs" | "isFile">;

const EMPTY: StreamContent = Object.freeze([]);

export class FileResponse extends StreamingResponse {
  #reader: FileReader | undefined = undefined;

  /**
   * @param source A path, an open file, which is closed when the response is over, or a stream, which has neither length nor ranges.
   * @param known What is known of the file, where somebody has looked at it already.
   * @throws NotFound for a path where no file is; PermissionDenied for one that may not be read.
   */
  constructor(source: string | URL | FileHandle | StreamContent, init: FileResponseInit = {}, known?: Known) {
    const file = source instanceof URL ? fileURLToPath(source) : source;
    const path = typeof file === "string" ? file : undefined;
    const name = init.filename ?? (path === undefined ? undefined : basename(path));
    const type = init.contentType ?? contentTypeOf(name ?? "");
    if (path !== undefined || isHandle(file)) {
      const stats = known ?? look(file as string | FileHandle);
      super(EMPTY, { ...init, contentType: type });
      this.closeWith(() => (this.#reader === undefined && isHandle(file) ? file.close() : undefined));
      this.#answer(file as string | FileHandle, stats, init, type);
    } else if (typeof file !== "object" || file === null) {
      throw new TypeError(`FileResponse: ${show(file)}: expected a path, an open file or a stream`);
    } else super(file as StreamContent, { ...init, contentType: type });
    const shown = init.asAttachment === true ? name : init.filename;
    const disposition = contentDisposition(init.asAttachment === true, shown);
    if (disposition !== undefined && this.status < 300) this.headers.setDefault("Content-Disposition", disposition);
  }

  /** Like `new FileResponse(path)`, but looks at the file without holding up the process: for disks that may be slow. */
  static async from(path: string | URL, init: FileResponseInit = {}): Promise<FileResponse> {
    const file = path instanceof URL ? fileURLToPath(path) : path;
    try {
      const stats = await stat(file);
      await access(file, constants.R_OK);
      return new FileResponse(file, init, checked(stats, file));
    } catch (error) {
      throw refusal(error, file);
    }
  }

  override get contentLength(): number | undefined {
    return this.#isOwn ? this.#reader?.length : undefined;
  }

  override body(environ: Environ): Body {
    const reader = this.#reader;
    const wrap = environ["tsgi.file_wrapper"] as Environ["tsgi.file_wrapper"] | undefined;
    // PEP 3333, Optional Platform-Specific File Handling: a server need not have it, and a middleware may have put something around the file.
    if (reader === undefined || !this.#isOwn || typeof wrap !== "function") return super.body(environ);
    return wrap({ read: (size: number) => reader.read(size), close: () => this.close() }) as Body;
  }

  get #isOwn(): boolean {
    return this.#reader !== undefined && this.streamingContent === this.#reader;
  }

  #answer(source: string | FileHandle, stats: Known, init: FileResponseInit, type: string): void {
    const { headers } = this;
    const etag = init.etag === false ? undefined : (headers.get("ETag") ?? init.etag ?? etagOf(stats));
    if (etag !== undefined && parseEtags(etag)[0] !== etag) {
      throw new TypeError(`FileResponse: the etag ${show(etag)}: expected one with its quotes, as '"v1"' or 'W/"v1"'`);
    }
    const validators: Validators = { etag, lastModified: stats.mtimeMs };
    if (etag !== undefined) headers.setDefault("ETag", etag);
    headers.setDefault("Last-Modified", httpDate(stats.mtimeMs));
    const { request } = init;
    const method = request?.method;
    const whole: ByteRange = { start: 0, end: stats.size - 1 };
    if (request === undefined || this.status !== 200 || (method !== "GET" && method !== "HEAD")) {
      this.#send(source, [whole]);
      return;
    }
    headers.setDefault("Accept-Ranges", "bytes");
    const verdict = evaluateConditions(request, validators);
    const ranges = verdict === "go-on" ? askedRanges(request, validators, stats.size) : "whole";
    if (verdict !== "go-on") this.#refuse(verdict);
    else if (ranges === "whole") this.#send(source, [whole]);
    else if (ranges === "unsatisfiable") {
      headers.set("Content-Range", `bytes */${stats.size}`);
      this.#refuse(416);
    } else {
      this.status = 206;
      if (ranges.length > 1) this.#sendParts(source, ranges, stats.size, type);
      else {
        headers.set("Content-Range", contentRange(ranges[0]!, stats.size));
        this.#send(source, ranges);
      }
    }
  }

  #refuse(status: 304 | 412 | 416): void {
    this.status = status;
    this.headers.delete("Content-Type");
    if (status !== 304) this.headers.set("Content-Length", "0");
  }

  /** RFC 9110 section 14.6. */
  #sendParts(source: string | FileHandle, ranges: readonly ByteRange[], size: number, type: string): void {
    const boundary = randomBytes(16).toString("hex");
    this.headers.set("Content-Type", `multipart/byteranges; boundary=${boundary}`);
    const segments: Segment[] = ranges.flatMap((range) => [
      Buffer.from(
        `\r\n--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: ${contentRange(range, size)}\r\n\r\n`,
        "latin1",
      ),
      range,
    ]);
    this.#send(source, [...segments, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  }

  #send(source: string | FileHandle, segments: readonly Segment[]): void {
    this.#reader = new FileReader(source, segments);
    this.streamingContent = this.#reader;
    this.headers.set("Content-Length", String(this.#reader.length));
  }
}

/** RFC 9110 section 14.2: ranges are for GET alone. */
function askedRanges(request: ConditionalRequest, validators: Validators, size: number): ReturnType<typeof rangesOf> {
  const field = request.headers.get("Range");
  if (field === undefined || request.method !== "GET" || !ifRangeHolds(request.headers, validators)) return "whole";
  return rangesOf(field, size);
}

const contentRange = ({ start, end }: ByteRange, size: number): string => `bytes ${start}-${end}/${size}`;

/** Strong: size and time to the microsecond. What is written twice in one has to have an ETag of its own. */
const etagOf = ({ size, mtimeMs }: Known): string =>
  `"${Math.floor(mtimeMs * 1000).toString(36)}-${size.toString(36)}"`;

const isHandle = (source: unknown): source is FileHandle =>
  typeof source === "object" &&
  source !== null &&
  "fd" in source &&
  typeof source.fd === "number" &&
  "stat" in source &&
  !("pipe" in source);

function look(file: string | FileHandle): Known {
  if (typeof file !== "string") return checked(fstatSync(file.fd), `file descriptor ${file.fd}`);
  try {
    const stats = checked(statSync(file), file);
    accessSync(file, constants.R_OK);
    return stats;
  } catch (error) {
    throw refusal(error, file);
  }
}

function checked(stats: Known, file: string): Known {
  if (!stats.isFile()) throw new NotFound(`${JSON.stringify(file)} is no file`);
  return stats;
}

/** Also for names that the file system cannot have: a client may have made them up. */
function refusal(error: unknown, file: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (
    code === "ENOENT" ||
    code === "ENOTDIR" ||
    code === "ENAMETOOLONG" ||
    code === "ELOOP" ||
    code === "ERR_INVALID_ARG_VALUE"
  ) {
    return new NotFound(`there is no file ${JSON.stringify(file)}`, { cause: error });
  }
  if (code === "EACCES" || code === "EPERM") {
    return new PermissionDenied(`the file ${JSON.stringify(file)} may not be read`, { cause: error });
  }
  return error;
}

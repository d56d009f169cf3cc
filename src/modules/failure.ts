// Why a user's module could not be imported, as a TsgiError with the file, the line and what to do about it.
// Knows the errors of V8, of Node's two loaders and of tsx. Does not know what the module is for.

import { existsSync } from "node:fs";
import { basename, extname } from "node:path";
import { type FailureCode, type FailureCore, TsgiError } from "../errors.ts";
import { findSyntaxError } from "./diagnose.ts";
import { explainMissing, NOT_FOUND_CODES, nearFile } from "./missing.ts";
import {
  type Place,
  placeAboveStack,
  placeOfOffset,
  read,
  readText,
  showPlace,
  showThrown,
  stackFrames,
  stackText,
  summary,
  toPath,
} from "./stack.ts";

/** What was being imported when it failed. */
export interface FailedImport {
  readonly thrown: unknown;
  /** The absolute path of the file. */
  readonly path: string;
  /** The words of the person: a target, a flag's value, the path. */
  readonly asked: string;
}

const NATIVE_TYPESCRIPT = new Set([
  "ERR_UNKNOWN_FILE_EXTENSION",
  "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX",
  "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING",
]);

const TYPESCRIPT_NAME = /\.(?:[cm]?ts|tsx)\b/;

/** @returns A failure with the code `no-module`, `syntax-error` or `import-throws`; `cause` is what was thrown. */
export async function importFailure(failed: FailedImport): Promise<TsgiError> {
  const { thrown } = failed;
  const code = String(read(thrown, "code") ?? "");
  const transform = transformError(thrown, failed.path);
  if (transform !== null) return syntaxFailure(failed, transform);
  if (NOT_FOUND_CODES.has(code)) {
    const { parts, place, hint } = explainMissing(thrown);
    const message = hint === null ? parts[0]! : `${parts[0]}\n${hint}`;
    const core = place === null ? undefined : { name: "Error", message, place };
    return failure("no-module", failed, parts, core);
  }
  if (NATIVE_TYPESCRIPT.has(code) && TYPESCRIPT_NAME.test(String(read(thrown, "message")) + stackText(thrown))) {
    return nativeTypeScriptFailure(failed, placeAboveStack(stackText(thrown)));
  }
  if (isParseError(thrown)) {
    const message = String(read(thrown, "message"));
    const place =
      placeAboveStack(stackText(thrown)) ?? jsonPlace(message) ?? (await findSyntaxError(failed.path, message));
    // Node 20 requires a .ts file as if it were JavaScript.
    if (place !== null && isNativeTypeScript(place, failed.path)) return nativeTypeScriptFailure(failed, place);
    return syntaxFailure(failed, { message: `SyntaxError: ${message}`, place });
  }
  const hints = DECORATING.test(stackText(thrown)) ? [OLD_DECORATORS] : [];
  return failure("import-throws", failed, ["it throws while it is imported", showThrown(thrown), ...hints]);
}

/** How esbuild names what runs decorators of the standard's kind; what it says of the line is the line of a helper. */
const DECORATING = /^ +at __decorateElement\b/m;
const OLD_DECORATORS =
  'A decorator failed. Those of Nest and its like are of the older kind, and need "experimentalDecorators": true in the tsconfig.json beside the program.';

/** The module's own file is not there, or may not be read. */
export function missingFile(path: string, asked: string, why = "no such file"): TsgiError {
  const lines = [`cannot load ${asked}: ${why}`];
  if (asked !== path) lines.push(`looked for ${path}`);
  const near = nearFile(path);
  if (near !== null) lines.push(`did you mean ${near}?`);
  return new TsgiError("no-module", lines.join("\n"));
}

function failure(
  code: FailureCode,
  failed: FailedImport,
  ...[[reason, ...rest], core]: readonly [parts: readonly string[], core?: FailureCore | undefined]
): TsgiError {
  return new TsgiError(code, [`cannot load ${failed.asked}: ${reason}`, ...rest].join("\n\n"), {
    cause: failed.thrown,
    ...(core === undefined ? null : { core }),
  });
}

interface ParseError {
  readonly message: string;
  readonly place: Place | null;
}

function syntaxFailure(failed: FailedImport, { message, place }: ParseError): TsgiError {
  const parts = ["it has a syntax error", message];
  // What cannot be found is said, so that nobody looks for a place in this message.
  parts.push(place === null ? `in ${failed.path} or a module that it imports` : showPlace(place));
  const hints = place !== null && /top-level await/i.test(message) ? [asyncHint(basename(place.file))] : [];
  const said = [message.replace(/^SyntaxError: /, ""), ...hints].join("\n");
  return failure("syntax-error", failed, [...parts, ...hints], { name: "SyntaxError", message: said, place });
}

function asyncHint(name: string): string {
  const renamed = name.replace(/\.c?([jt]s)$/, ".m$1");
  // The ending .cts outweighs what the package says.
  const or = /\.c[jt]s$/.test(name) ? "" : `, or put "type": "module" into its package.json`;
  return `Top-level await needs an ES module: name the file ${renamed}${or}.`;
}

// esbuild counts columns from 0, and tsx hands it .cts and .mts files under the ending .ts.
function transformError(thrown: unknown, path: string): ParseError | null {
  const message = String(read(thrown, "message") ?? "");
  const match = /^Transform failed with \d+ errors?:\n(.+?):(\d+):(\d+): ERROR: (.*)/.exec(message);
  if (match === null) return null;
  const named = toPath(match[1]!);
  const twins = [".cts", ".mts"].map((ending) => named.replace(/\.ts$/, ending));
  const file = twins.find((twin) => twin === path) ?? [named, ...twins].find((twin) => existsSync(twin)) ?? named;
  return { message: match[4]!, place: { file, line: Number(match[2]), column: Number(match[3]) + 1 } };
}

// JSON.parse and new RegExp in a running program throw SyntaxErrors too: there the program's frame comes first, while
// an error of the loader has frames of Node only, until the require() that asked for the file.
function isParseError(thrown: unknown): boolean {
  if (read(thrown, "name") !== "SyntaxError") return false;
  const first = stackFrames(thrown)[0];
  return first === undefined || first.file.startsWith("node:internal/");
}

// Both loaders put the path before the message of JSON.parse. The message has the offset, or an excerpt that begins ten
// characters before it, or for a short text neither.
function jsonPlace(message: string): Place | null {
  const file = /^((?:\/|[A-Za-z]:).+?\.json): /.exec(message)?.[1];
  const source = file === undefined ? null : readText(file);
  if (file === undefined || source === null) return null;
  const position = / at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return placeOfOffset(file, source, Number(position));
  const excerpt = /Unexpected token '.+?', \.\.\."([\s\S]*?)"(?:\.\.\.)? is not valid JSON/.exec(message)?.[1];
  const near = excerpt === undefined ? -1 : source.indexOf(excerpt);
  return near < 0 ? { file, line: 0, column: 0 } : placeOfOffset(file, source, near + 10);
}

function isNativeTypeScript(place: Place, path: string): boolean {
  return /ts$/.test(extname(place.file)) && /js$/.test(extname(path));
}

function nativeTypeScriptFailure(failed: FailedImport, place: Place | null): TsgiError {
  const { thrown, path } = failed;
  const message = summary(thrown);
  const parts = [`it imports TypeScript that Node ${process.versions.node} cannot run by itself`, message];
  if (place !== null) parts.push(showPlace(place));
  // Importing it a second time through tsx would run whatever ran before the import failed, twice.
  const renamed = basename(path).replace(/\.([cm]?)js$/, ".$1ts");
  const advice =
    `tsgi loads TypeScript through tsx when the application's own file is TypeScript. Rename ${basename(path)} to ${renamed}\n` +
    "(JavaScript is valid there), or compile the imported files first.";
  const name = String(read(thrown, "name") ?? "Error");
  const core = { name, message: `${String(read(thrown, "message"))}\n${advice}`, place };
  return failure("syntax-error", failed, [...parts, advice], core);
}

// Where the lines of the access log go: a file, or standard output. Never a synchronous write for a request, but while somebody watches.
// Decides the words for a person when writing fails. Does not know what a line says, nor how batches are made.

import { TsgiError } from "../errors.ts";
import { isColoured } from "./colour.ts";
import { openTarget, Sink } from "./sink.ts";

/**
 * Lines are written in whole batches: when 16 KiB are waiting (4 KiB for a pipe, which keeps the lines of several workers
 * apart), and after 250 ms at the latest. At most 16 MiB wait for a full disk or a stopped reader; later lines are
 * dropped and counted. What is waiting is written when the process exits.
 */
export interface AccessLog {
  /** A person sees the lines in a terminal, and has not said NO_COLOR. */
  readonly isColoured?: boolean;
  /** Take one line, without its line end. Never throws and never waits. */
  write(line: string): void;
  /**
   * Open the path again, because the file was renamed (gunicorn's USR1). Every line ends up whole in one of the two files.
   * When it cannot be opened `onError` is told and the old file goes on. Does nothing for standard output.
   */
  reopen(): void;
  /** Settles when every line taken so far is written, or the target refuses them. Never rejects. */
  flush(): Promise<void>;
  /** Write what is waiting before returning, for an exit. Waits at most 250 ms for a full pipe. */
  flushSync(): void;
  /** Write what is waiting and close. Later lines are ignored. */
  close(): void;
}

export interface AccessLogOptions {
  /** Told once when writing begins to fail, and once when it works again, with the number of lost lines. */
  readonly onError: (error: Error) => void;
  /** Of the format `dev` each line is written at once: whoever makes a request looks for its line. */
  readonly format?: string;
}

/**
 * Open the access log (gunicorn's `--access-logfile`).
 *
 * @param target `-` for standard output, or an absolute path. A file is appended to, and made with mode 0644 less the umask.
 * @throws TsgiError `log-file` when the path cannot be opened.
 */
export function openAccessLog(target: string, options: AccessLogOptions): AccessLog {
  const isDev = options.format === "dev";
  const where = target === "-" ? "standard output" : target;
  const open = () => openTarget(target === "-" ? 1 : target);
  const sink = new Sink(openOrExplain(target, open), {
    immediate: isDev,
    onTrouble: (cause) =>
      options.onError(
        new Error(`the access log cannot be written to ${where}: ${cause.message}; requests go on`, { cause }),
      ),
    onRecovery: (lost) =>
      options.onError(new Error(`the access log is written to ${where} again; ${lost} lines were lost`)),
  });
  return {
    isColoured: target === "-" && isColoured(1, { mayForce: isDev }),
    write: (line) => sink.write(line),
    reopen() {
      if (target === "-") return;
      try {
        sink.swap(openOrExplain(target, open));
      } catch (error) {
        options.onError(error as Error);
      }
    },
    flush: () => sink.flush(),
    flushSync: () => sink.flushSync(),
    close: () => sink.close(),
  };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "its folder does not exist",
  ENOTDIR: "a part of its path is not a folder",
  EACCES: "not permitted",
  EPERM: "not permitted",
  EISDIR: "it is a folder; the name of a file fits",
  EROFS: "the file system is read-only",
  ENXIO: "it is a named pipe that nobody reads, or a socket",
};

function openOrExplain<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    const { code = "", message } = cause as NodeJS.ErrnoException;
    throw new TsgiError("log-file", `cannot open the access log "${path}": ${REASONS[code] ?? message}`, { cause });
  }
}

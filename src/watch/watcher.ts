// Notices that watched files have changed. Stub: the contract only.

export interface WatchOptions {
  readonly engine: "auto" | "poll";
  /** What changes of no file of these globs (absolute) start anything. */
  readonly ignore: readonly string[];
  /** Files and globs (absolute) that are watched beside those that `add` names. */
  readonly extra: readonly string[];
  /** The first sign that something is not as it was. Called once until `onChange`. */
  readonly onDirty: () => void;
  /** Nothing more has changed for a moment (20 ms): all files that did, absolute, sorted. */
  readonly onChange: (files: readonly string[]) => void;
  readonly say: (level: "info" | "warn" | "debug", message: string) => void;
}

export class Watcher {
  constructor(options: WatchOptions) {
    void options;
  }
  /**
   * Watches these files too; one that is not there is watched for its appearance. A file that is new here and was modified after `since`
   * (milliseconds of Date.now()) counts as changed: it may have been read before. Once for each file.
   */
  add(files: readonly string[], since: number): void {
    void files;
    void since;
  }
  /** Watches nothing but these, and `extra`, from now on; what is known of those that stay is kept. */
  keep(files: readonly string[]): void {
    void files;
  }
  /** Looks at every file now. False when something has changed, also when that was noticed before and `onChange` is still to come. */
  isFresh(): boolean {
    return true;
  }
  close(): void {}
}

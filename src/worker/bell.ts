// Tells that somebody waits to be accepted on a socket that others accept from. Knows a handle of it, and leans on private names of Node
// (`open`, `readStart`, `onread`), which test/worker/bell.test.ts watches. Accepts nobody.

/** Another handle of a listening socket, with a descriptor of its own, that nobody accepts from. */
export interface BellHandle {
  readonly fd: number;
  /** A function, always: Node ends the process over anything else. */
  onread: () => void;
  open(fd: number): number;
  readStart(): number;
  readStop(): number;
  close(): void;
}

/** Says that somebody waits to be accepted, and leaves them waiting. */
export interface Bell {
  /** From here on it rings once: at once when somebody waits already. False where it cannot. */
  arm(): boolean;
  disarm(): void;
  close(): void;
}

/**
 * A listening socket is readable when somebody waits, and cannot be read: the read that libuv tries then fails, is told once, and the
 * handle is out of the poll set again. It needs a descriptor of its own, because libuv watches each for one handle only.
 */
export function hangBell(handle: BellHandle, ring: () => void): Bell {
  let armed = false;
  handle.onread = () => {
    armed = false;
    ring();
  };
  return {
    arm() {
      // The failed read has left the handle neither readable nor writable; to open it again makes it both.
      armed ||= handle.open(handle.fd) === 0 && handle.readStart() === 0;
      return armed;
    },
    disarm() {
      if (armed) handle.readStop();
      armed = false;
    },
    close() {
      handle.onread = () => {};
      handle.close();
    },
  };
}

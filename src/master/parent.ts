// The new master's side of an upgrade: the channel to the old one, which tells it two things and whose end tells us one.
// Knows the channel of this process. Does not know what the old master does with the news.

import process from "node:process";
import type { Fact } from "./facts.ts";
import type { HeirMessage, HeirNews } from "./handover.ts";

export class Parent {
  /** The kernel closes the channel whatever ends the old master, also a kill -9. */
  constructor(enqueue: (fact: Fact) => void) {
    if (process.connected) process.once("disconnect", () => enqueue({ fact: "parent-gone" }));
    else enqueue({ fact: "parent-gone" });
  }

  /** Quiet when it is gone: then there is nobody to be told. */
  tell(news: HeirNews): void {
    const message: HeirMessage = { tsgi: "heir", news };
    // Without a callback Node emits "error" on the process object when the other end has gone in between.
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
  }
}

// Stands in the place of an application that does not load: every request is answered with the reason, until there is code that does.

import { FAILURES } from "../errors.ts";
import type { Exchange, Serve } from "../gateway/exchange.ts";
import type { GatewayHost } from "../gateway/host.ts";
import { answering, refusing } from "../gateway/refusal.ts";
import type { BootFailure } from "../ipc/messages.ts";
import { answerWith } from "./answer.ts";
import type { Shown } from "./page.ts";

export interface StandInOptions {
  /** False in production, and where the person does not want them: then a plain 500 says nothing. */
  readonly errorPages: boolean;
  /** Paths inside of it are shown relative to it. */
  readonly root: string;
  /** The start that pages reload at the end of (`bootId`). Left out, it is the first that a page hears of. */
  readonly boot?: string;
  /** See PageParts. */
  readonly anyHost?: boolean;
}

/** A request for a websocket gets the same answer: there is nobody to talk to. */
export function standIn(failure: BootFailure, about: StandInOptions): (host: GatewayHost) => Serve {
  const { errorPages, root, boot = "", anyHost } = about;
  const { details = null } = failure;
  const shown: Shown = {
    heading: sentence(FAILURES[failure.code].means),
    text: failure.message,
    details: details === "withheld" ? null : details,
  };
  return ({ nextRequestId }) => {
    if (!errorPages || details === "withheld") return refusing(500, nextRequestId);
    return ({ head }): Exchange => {
      const requestId = nextRequestId();
      return answering(requestId, () => answerWith({ shown, head, requestId, root, boot, anyHost }));
    };
  };
}

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

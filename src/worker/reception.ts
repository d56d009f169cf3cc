// Who answers a request that came: the application, or a refusal in its place. And what is said of those that are refused or given up,
// to the log and to the application. Does not know connections.

import { RequestError, type Serve } from "../gateway/exchange.ts";
import { Forwarders } from "../gateway/forwarders.ts";
import type { GatewayHost, Trouble } from "../gateway/host.ts";
import { refusing } from "../gateway/refusal.ts";
import { upgradeOf } from "../gateway/upgrade.ts";
import { WebSockets } from "../interfaces/websocket.ts";
import type { Logger } from "../observe/log.ts";
import type { ConnectionInfo, RequestHead } from "../protocol/events.ts";
import { FAULTS, type Fault, fault } from "../protocol/faults.ts";
import type { Admission } from "./admission.ts";
import type { NewRequest } from "./connection-host.ts";
import type { Development } from "./development.ts";
import { isFor } from "./readiness.ts";
import type { RefusalLog } from "./refusals.ts";
import { type RequestHooks, withRequestHooks } from "./request-hooks.ts";
import type { ServingSettings } from "./serving-settings.ts";

/** Makes what serves requests of an application, which it has. */
export type Gateway = (host: GatewayHost) => Serve;

export interface ReceptionParts {
  readonly settings: ServingSettings;
  readonly gateway: Gateway;
  readonly software: string;
  readonly logger: Logger;
  readonly nextRequestId: () => string;
  readonly onTrouble: (trouble: Trouble) => void;
  readonly requestHooks?: RequestHooks | undefined;
  readonly development?: Pick<Development, "isOwn"> | undefined;
  readonly admission: Admission;
  readonly refusals: RefusalLog;
  /** Connections that were upgraded and are open. */
  readonly websockets: () => number;
}

export class Reception {
  /** The application. */
  readonly serve: Serve;
  readonly #parts: ReceptionParts;
  readonly #host: GatewayHost;
  readonly #sendAway: Serve;
  readonly #giveUp: Serve;
  #isReady = true;

  constructor(parts: ReceptionParts) {
    const { settings, software, logger, nextRequestId, onTrouble, refusals } = parts;
    this.#parts = parts;
    this.#host = {
      facts: {
        software,
        multiprocess: settings.workers.max > 1,
        forwarders: new Forwarders({
          allow: settings.forwardedAllow,
          header: settings.forwardedHeader,
          underscores: settings.underscores,
          fields: settings.forwarderFields,
        }),
      },
      nextRequestId,
      // What an interface says of itself belongs to no request.
      writeError: (text, requestId, level) => logger[level](text, requestId === "" ? {} : { requestId }),
      report: onTrouble,
      refused: (what, info, requestId) => refusals.note(what, info, requestId),
      websockets: new WebSockets({
        maxSize: settings.wsMaxSize,
        pingInterval: settings.wsPingInterval,
        pingTimeout: settings.wsPingTimeout,
        deflate: settings.wsDeflate === "on",
      }),
    };
    this.serve = withRequestHooks(parts.gateway(this.#host), parts.requestHooks);
    this.#sendAway = refusing(503, nextRequestId);
    this.#giveUp = refusing(504, nextRequestId);
  }

  /** The application for requests of our own, which no connection, count or access log knows. */
  serveOwn(report: GatewayHost["report"]): Serve {
    return this.#parts.gateway({ ...this.#host, report });
  }

  /** The server will stop soon: `--ready-path` is answered with 503 from here on, whatever else has to wait. */
  unready(): void {
    this.#isReady = false;
  }

  /** As ConnectionHost has it. */
  enter(request: NewRequest, head: RequestHead): Serve | undefined {
    const { admission, refusals, settings, development } = this.#parts;
    if (development?.isOwn(head.target) === true) {
      // It needs nothing of the application, so it need not wait for it.
      admission.pass();
      return this.serve;
    }
    if (!this.#isReady && isFor(head.target, settings.readyPath)) {
      admission.pass();
      return this.#sendAway;
    }
    const { limitWebsockets } = settings;
    if (limitWebsockets > 0 && this.#parts.websockets() >= limitWebsockets && mayUpgrade(head)) {
      admission.pass();
      refusals.note(fault("edge.too-many-websockets", 0), request.info);
      return this.#sendAway;
    }
    const verdict = admission.enter(request);
    if (verdict === "now") return this.serve;
    if (verdict === "later") return undefined;
    refusals.note(fault("edge.overloaded", 0), request.info);
    return this.#sendAway;
  }

  giveUp(request: NewRequest): Serve {
    const { admission } = this.#parts;
    admission.forget(request);
    admission.pass();
    return this.#giveUp;
  }

  overdue(head: RequestHead, info: ConnectionInfo, requestId: string, begun: boolean): RequestError {
    const { refusals, settings } = this.#parts;
    const limit = `${settings.requestTimeout} s (--request-timeout)`;
    const reason = new RequestError(504, `the request was not over within ${limit}`);
    refusals.overdue(head, info, requestId, begun ? "cut" : reason.status);
    return reason;
  }

  blame(what: Fault, info: ConnectionInfo): RequestError {
    this.#parts.refusals.note(what, info);
    return new RequestError(what.status, FAULTS[what.code].why);
  }
}

/** Java's client offers h2c with every plain request, and nothing here speaks that: such a one is answered as if it had not. */
function mayUpgrade(head: RequestHead): boolean {
  const asked = upgradeOf(head);
  return asked !== undefined && asked !== "h2c";
}

// What the access log may ask of a request that has no environ, by the names that it would have in one. Asked when its line is written,
// so nothing is made for a request of which nobody asks.

import { decodePath } from "../gateway/decode-path.ts";
import { fieldValue } from "../gateway/upgrade.ts";
import type { ConnectionInfo, RequestHead } from "../protocol/events.ts";

export interface Words {
  readonly head: RequestHead;
  readonly requestId: string;
  /** The peer itself. */
  readonly peer: ConnectionInfo;
  /** The client as it is believed to be; the peer where nothing is known or the request was refused. */
  readonly client: Pick<ConnectionInfo, "remoteAddress" | "remotePort" | "scheme">;
  readonly scriptName: string;
}

/** The value under a key of an environ (docs/gateway.md section 3); undefined for one that there is none of. */
export function wordOf(key: string, { head, requestId, peer, client, scriptName }: Words): unknown {
  switch (key) {
    case "REMOTE_ADDR":
      return client.remoteAddress;
    case "REMOTE_PORT":
      return client.remotePort || undefined;
    case "REQUEST_METHOD":
      return head.method;
    case "RAW_URI":
    case "REQUEST_URI":
      return head.target;
    case "PATH_INFO":
      return decodePath(partsOf(head.target)[0]);
    case "QUERY_STRING":
      return partsOf(head.target)[1];
    case "SCRIPT_NAME":
      return scriptName;
    case "SERVER_PROTOCOL":
      return `HTTP/${head.version}`;
    case "SERVER_NAME":
      return peer.localAddress || undefined;
    case "SERVER_PORT":
      return peer.localPort || undefined;
    case "CONTENT_TYPE":
    case "CONTENT_LENGTH":
      return fieldValue(head, fieldOf(key));
    case "tsgi.request_id":
      return requestId;
    case "tsgi.peer_addr":
      return peer.remoteAddress;
    case "tsgi.url_scheme":
      return client.scheme;
    default:
      return key.startsWith(HTTP) ? fieldValue(head, fieldOf(key.slice(HTTP.length))) : undefined;
  }
}

const HTTP = "HTTP_";

const fieldOf = (name: string): string => name.toLowerCase().replaceAll("_", "-");

/** Path and query of a target in origin form; any other has neither. */
function partsOf(target: string): readonly [string, string] {
  if (!target.startsWith("/")) return ["", ""];
  const question = target.indexOf("?");
  return question < 0 ? [target, ""] : [target.slice(0, question), target.slice(question + 1)];
}

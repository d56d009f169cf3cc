// Who the client is and what it asked for, where proxies stand in between: what is believed of Forwarded (RFC 7239), of
// X-Forwarded-* and of SCRIPT_NAME, and when it cannot be. Asked only for a peer that is trusted, and only when there is
// such a field. Does not know the environ.

import type { ConnectionInfo, FlatFields, RequestHead } from "../protocol/events.ts";
import type { FaultCode } from "../protocol/faults.ts";
import { authorityOf, isDigits, isHost, trimBlanks } from "../protocol/grammar.ts";
import { decodePath } from "./decode-path.ts";
import type { Forwarders } from "./forwarders.ts";
import { type Node, parseForwarded, parseForwardedFor, parseNode } from "./rfc7239.ts";

/** What is believed. */
export interface Claims {
  /** The connection as the client has it, as far as trusted hops have said. */
  readonly info: ConnectionInfo;
  /** Host and port that the client asked for, for `HTTP_HOST`; undefined when the Host field has the last word. */
  readonly host: string | undefined;
  /** `""`, or a path like `/x`, decoded. */
  readonly scriptName: string;
  /** The path still has the script name in front, and it is to be taken off. */
  readonly inPath: boolean;
}

/** @returns What is believed of a trusted peer's fields, or why the request is refused. */
export function believe(head: RequestHead, info: ConnectionInfo, forwarders: Forwarders): Claims | FaultCode {
  const witness = new Witness(head, info, forwarders);
  return witness.fault ?? witness.claims();
}

class Witness {
  fault: FaultCode | undefined;
  readonly #head: RequestHead;
  readonly #info: ConnectionInfo;
  readonly #forwarders: Forwarders;
  #address: string;
  #port: string;
  #scheme: ConnectionInfo["scheme"];
  #host: string | undefined;
  #hostPort: string | undefined;
  #scriptName: string | undefined;
  #inPath = false;

  constructor(head: RequestHead, info: ConnectionInfo, forwarders: Forwarders) {
    this.#head = head;
    this.#info = info;
    this.#forwarders = forwarders;
    this.#address = info.remoteAddress;
    this.#port = info.remotePort;
    this.#scheme = info.scheme;
    if (forwarders.header === "forwarded") this.#readForwarded();
    else this.#readXForwarded();
    if (forwarders.mayName("SCRIPT_NAME")) this.#readScriptName();
  }

  claims(): Claims {
    const { localAddress, localPort } = this.#info;
    return {
      info: {
        remoteAddress: this.#address,
        remotePort: this.#port,
        localAddress,
        localPort: localPort === "" ? "" : (this.#hostPort ?? localPort),
        scheme: this.#scheme,
      },
      host: this.#publicHost(),
      scriptName: this.#scriptName ?? "",
      inPath: this.#inPath,
    };
  }

  /**
   * From the right: the last element is the peer's own, the one before it is of the hop that the last one names, and so on for as long
   * as that hop is trusted. Of scheme and host the leftmost of these elements that has one decides: it is the nearest to the client.
   */
  #readForwarded(): void {
    for (const line of valuesOf(this.#head.fields, "forwarded").reverse()) {
      const elements = parseForwarded(line);
      if (elements === undefined) {
        this.#fail("edge.bad-forwarded");
        return;
      }
      for (const element of elements.reverse()) {
        const proto = element.get("proto");
        const host = element.get("host");
        const node = element.get("for");
        if (proto !== undefined) this.#takeProto(proto);
        if (host !== undefined) this.#takeHost(host);
        if (node === undefined || !this.#stepTo(parseNode(node))) return;
      }
    }
  }

  #readXForwarded(): void {
    const { fields } = this.#head;
    let chain: string | undefined;
    let proto: string | undefined;
    let host: string | undefined;
    let port: string | undefined;
    let prefix: string | undefined;
    for (let i = 0; i < fields.length; i += 2) {
      const line = fields[i + 1]!;
      switch (fields[i]) {
        case "x-forwarded-for":
          // Several lines are one list: HAProxy adds a line where nginx adds a member.
          chain = chain === undefined ? line : `${chain},${line}`;
          break;
        case "x-forwarded-proto":
          proto = this.#nearest(proto, line);
          break;
        case "x-forwarded-host":
          host = this.#nearest(host, line);
          break;
        case "x-forwarded-port":
          port = this.#nearest(port, line);
          break;
        case "x-forwarded-prefix":
          prefix = this.#nearest(prefix, line);
          break;
        default:
      }
    }
    if (chain !== undefined) this.#walk(chain);
    if (proto !== undefined) this.#takeProto(proto);
    if (host !== undefined) this.#takeHost(host);
    if (port !== undefined) this.#takePort(port);
    if (prefix !== undefined) this.#takeScriptName(prefix);
  }

  /** The members of X-Forwarded-For from the right, up to the first one that a stranger may have written. */
  #walk(chain: string): void {
    let end = chain.length;
    for (;;) {
      const comma = chain.lastIndexOf(",", end - 1);
      const text = trimBlanks(chain.slice(comma + 1, end));
      // RFC 9110 section 5.6.1: empty members are no members.
      if (text !== "" && !this.#stepTo(parseForwardedFor(text))) return;
      if (comma <= 0) return;
      end = comma;
    }
  }

  /** Makes the node the client; true when it is a trusted hop itself, so that what stands left of it counts too. */
  #stepTo(node: Node | undefined): boolean {
    if (node === undefined) this.#fail("edge.bad-forwarded-for");
    // Unknown or hidden: the nearest hop that is known stays.
    if (node?.address === undefined) return false;
    this.#address = node.text;
    this.#port = node.port;
    return this.#forwarders.isHop(node.address);
  }

  /**
   * What the peer said of a field that has one value, given what an earlier line said. Where a list has grown, the last member decides: it
   * is the peer's own, and how many of the others were written by whom cannot be known, since of these fields, unlike X-Forwarded-For,
   * most proxies replace what came. Lines that differ are a conflict: a proxy that adds one without removing the client's puts it before
   * or behind.
   */
  #nearest(before: string | undefined, line: string): string | undefined {
    const said = line.includes(",") ? line.split(",").map(trimBlanks).findLast(Boolean) : trimBlanks(line);
    if (said === undefined || said === "") return before;
    if (before !== undefined && before.toLowerCase() !== said.toLowerCase()) this.#fail("edge.forwarded-conflict");
    return said;
  }

  #takeProto(text: string): void {
    const scheme = SCHEMES.get(text.toLowerCase());
    if (scheme === undefined) this.#fail("edge.bad-forwarded-proto");
    else this.#scheme = scheme;
  }

  #takeHost(text: string): void {
    const port = portOf(text);
    if (!isHost(text) || (port !== undefined && port !== "" && !isPort(port))) this.#fail("edge.bad-forwarded-host");
    // RFC 9110 section 4.2.3: an empty port is no port.
    this.#host = port === "" ? text.slice(0, -1) : text;
  }

  #takePort(text: string): void {
    if (!isPort(text)) this.#fail("edge.bad-forwarded-port");
    this.#hostPort = String(Number(text));
  }

  #readScriptName(): void {
    for (const line of valuesOf(this.#head.fields, "script_name")) {
      this.#takeScriptName(line);
      this.#inPath = true;
    }
  }

  #takeScriptName(text: string): void {
    const name = text === "/" ? "" : text;
    const decoded = decodePath(name);
    if (name !== "" && !(SCRIPT_NAME.test(name) && isPlainPath(decoded))) this.#fail("edge.bad-script-name");
    if (this.#scriptName !== undefined && this.#scriptName !== decoded) this.#fail("edge.forwarded-conflict");
    this.#scriptName = decoded;
  }

  /**
   * The port that stands in a host wins over X-Forwarded-Port: it is what the client asked for, the other one is the port
   * where the proxy listens, which may be mapped (a container, a NodePort).
   */
  #publicHost(): string | undefined {
    const port = this.#hostPort;
    if (port === undefined) return this.#host;
    const host = this.#host ?? hostOf(this.#head);
    if (host === "" || portOf(host) || port === DEFAULT_PORTS[this.#scheme]) return host || undefined;
    return `${host.replace(/:$/, "")}:${port}`;
  }

  /** The first fault counts. */
  #fail(code: FaultCode): void {
    this.fault ??= code;
  }
}

/** Some proxies (Traefik) write the scheme of a websocket's URL. */
const SCHEMES: ReadonlyMap<string, ConnectionInfo["scheme"]> = new Map([
  ["http", "http"],
  ["https", "https"],
  ["ws", "http"],
  ["wss", "https"],
]);

export const DEFAULT_PORTS: Readonly<Record<ConnectionInfo["scheme"], string>> = { http: "80", https: "443" };

// No backslash, which browsers read as a slash, no quote, no blank; a comma would be a list.
const SCRIPT_NAME = /^\/[A-Za-z0-9\-._~!$&'()*+;=:@%/\x80-\xff]*$/;

/** `//host` would be a link to another host, and dots would lead out of the prefix. */
const isPlainPath = (path: string): boolean =>
  !/[\0-\x20\x7f\\]/.test(path) &&
  path
    .slice(1)
    .split("/")
    .every((segment) => segment !== "" && segment !== "." && segment !== "..");

const isPort = (text: string): boolean =>
  isDigits(text) && text.length <= 5 && Number(text) >= 1 && Number(text) <= 65_535;

/** The digits behind the last colon of a host, `""` for a colon alone; undefined when there is none. An IPv6 literal ends with its bracket. */
export const portOf = (host: string): string | undefined =>
  host.includes(":") ? /:([0-9]*)$/.exec(host)?.[1] : undefined;

/** What the request itself says (RFC 9112 section 3.3). */
const hostOf = ({ target, fields }: RequestHead): string => authorityOf(target) ?? valuesOf(fields, "host")[0] ?? "";

function valuesOf(fields: FlatFields, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) values.push(fields[i + 1]!);
  return values;
}

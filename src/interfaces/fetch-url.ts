// The URL that a request asks for, as `new URL` would write it, without making one where the target is plain already. Pure.

import type { Claims } from "../gateway/forwarded.ts";
import type { ConnectionInfo, RequestHead } from "../protocol/events.ts";

/** Letters that every part of the URL Standard leaves as they are; a host with other letters, or a port that may be none, is judged by `URL`. */
const PLAIN_HOST = /^[a-z][a-z0-9.-]*(?::[1-9][0-9]{0,3})?$/;
const PLAIN_TARGET = /^\/[\w\-.~!$&()*+,;=:@%/]*(?:\?[\w\-.~!$&()*+,;=:@%/?]*)?$/;
/** `.` and `..` as segments, also escaped, and whatever else begins so. */
const DOTS = /\/(?:\.|%2e)/i;

let lastHost = "";
let lastScheme = "";
let lastOrigin: string | undefined;

/** The absolute URL; undefined where host and target make none. */
export function urlOf(head: RequestHead, info: ConnectionInfo, claims: Claims | undefined): string | undefined {
  const { scheme } = claims?.info ?? info;
  let { target } = head;
  let host = claims?.host;
  if (target.charCodeAt(0) !== 0x2f) {
    const at = target.indexOf("://");
    if (at < 0) {
      // `*` names no path, and CONNECT's target is a host.
      host ??= target === "*" ? undefined : target;
      target = "/";
    } else {
      // RFC 9112 section 3.2.2: the authority of an absolute target replaces what Host says.
      const slash = target.slice(at + 3).search(/[/?]/);
      const end = slash < 0 ? target.length : at + 3 + slash;
      host ??= target.slice(at + 3, end);
      target = target.charCodeAt(end) === 0x2f ? target.slice(end) : `/${target.slice(end)}`;
    }
  }
  host ??= hostIn(head) || ownHost(info);
  const origin = host === lastHost && scheme === lastScheme ? lastOrigin : originOf(scheme, host);
  if (origin !== undefined && PLAIN_TARGET.test(target) && !DOTS.test(target)) return origin + target;
  const text = `${scheme}://${host}${target.replace(/[\x80-\xff]/g, escaped)}`;
  return URL.canParse(text) ? new URL(text).href : undefined;
}

/** A byte that a target should not have as it is: escaped as itself, where `URL` would take it for a letter and write that as UTF-8. */
const escaped = (letter: string): string => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;

/** A host that is written as `URL` would write it, with its scheme; undefined for any other. The last one is kept: clients ask the same. */
function originOf(scheme: string, host: string): string | undefined {
  lastHost = host;
  lastScheme = scheme;
  // A label that is digits may be an IPv4 address in another form, and one with xn-- has rules of its own.
  lastOrigin = isPlainHost(scheme, host) ? `${scheme}://${host}` : tidyOrigin(scheme, host);
  return lastOrigin;
}

const isPlainHost = (scheme: string, host: string): boolean =>
  PLAIN_HOST.test(host) &&
  !host.includes("xn--") &&
  !/(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?(?::|$)/.test(host) &&
  !host.endsWith(scheme === "https" ? ":443" : ":80");

/** For an address or a host with its default port, `URL` is asked once. */
function tidyOrigin(scheme: string, host: string): string | undefined {
  const text = `${scheme}://${host}/`;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.username === "" && url.password === "" && url.href === `${url.origin}/` ? url.origin : undefined;
}

function hostIn({ fields }: RequestHead): string {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === "host") return fields[i + 1]!;
  return "";
}

/** For HTTP/1.0, where a request needs no Host. */
function ownHost({ localAddress, localPort }: ConnectionInfo): string {
  if (localAddress === "") return "localhost";
  return `${localAddress.includes(":") ? `[${localAddress}]` : localAddress}:${localPort}`;
}

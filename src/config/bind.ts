// The address that a listener binds: its texts, its parsed form, and nothing about sockets. Whether the host exists and
// the port is free is found out by binding.

export type BindAddress =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "fd"; readonly fd: number }
  /** Whatever sockets of this name systemd passes; how many there are is known when they are looked for. */
  | { readonly kind: "named"; readonly name: string };

/** Completes "expected ...". */
export const BIND_FITS =
  "host:port, [v6]:port, :port or host, with a port from 0 to 65535; unix:/path; or fd://N or fd://NAME";

/** The port of an address that names none, as in gunicorn. */
export const DEFAULT_PORT = 8000;

// Letters, digits, dots and dashes, and not digits alone: "8000" is a port whose colon was forgotten, and the
// resolver would take it for the IPv4 address 0.0.31.64.
const HOST = /^(?![0-9]+$)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/;
const HOST_V6 = /^(?=.*:)[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.-]+)?$/;

/**
 * Read an address as gunicorn's `bind` does. `host` alone means port 8000; `:port` is every interface, and its
 * host the empty text; `http://` and `tcp://` may stand in front. A Unix path is returned as it was written: the caller
 * knows what it is relative to.
 *
 * @returns undefined when the text is no address.
 */
export function parseBind(text: string): BindAddress | undefined {
  if (text.startsWith("unix:")) return parseUnix(text.slice("unix:".length));
  // Without its slashes too, which then do not fit: nobody means port 3 of a host called fd.
  if (text.startsWith("fd:")) return parseDescriptor(text.slice("fd:".length));
  const scheme = /^(?:http|tcp):\/\//i.exec(text)?.[0] ?? "";
  const rest = text.slice(scheme.length);
  return parseTcp(scheme === "" ? rest : rest.replace(/\/$/, ""));
}

/** Digits alone, from 0 to 65535. */
export function parsePort(text: string): number | undefined {
  if (!/^[0-9]{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

/** The address as `parseBind` reads it. */
export function formatBind(address: BindAddress): string {
  switch (address.kind) {
    case "tcp":
      return `${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
    case "unix":
      return `unix:${address.path}`;
    case "fd":
      return `fd://${address.fd}`;
    case "named":
      return `fd://${address.name}`;
  }
}

// `unix:///run/app.sock` is gunicorn's and curl's spelling of `unix:/run/app.sock`. A leading @ would be an abstract
// socket elsewhere; here it would quietly become a file of that name.
function parseUnix(text: string): BindAddress | undefined {
  const path = text.startsWith("///") ? text.slice(2) : text;
  if (path === "" || path.startsWith("@") || path.startsWith("//") || path.includes("\0")) return undefined;
  return { kind: "unix", path };
}

// systemd allows any printable ASCII but the colon in a name; a comma would part a list of ours. Digits alone are a number.
function parseDescriptor(text: string): BindAddress | undefined {
  const word = /^\/\/((?!-|[0-9]+$)[!-+\-.0-9;-~]{1,255}|[0-9]{1,5})$/.exec(text)?.[1];
  if (word === undefined) return undefined;
  return /^[0-9]+$/.test(word) ? { kind: "fd", fd: Number(word) } : { kind: "named", name: word };
}

function parseTcp(text: string): BindAddress | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(text);
  if (match === null) return undefined;
  const [, v6, name = "", portText] = match;
  const port = portText === undefined ? DEFAULT_PORT : parsePort(portText);
  if (port === undefined) return undefined;
  if (v6 !== undefined) return HOST_V6.test(v6) ? { kind: "tcp", host: v6, port } : undefined;
  if (name === "") return portText === undefined ? undefined : { kind: "tcp", host: "", port };
  return HOST.test(name) ? { kind: "tcp", host: name, port } : undefined;
}

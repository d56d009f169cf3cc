// THE TABLE: every option is said here once. Flags, variables, configuration keys, the Settings type, help, the reference
// page and the effect of a reload are all derived from its rows. No code here: how a value is read is a kind of parsers.ts.

import { formatBind, parsePort } from "./bind.ts";
import type { Development } from "./development.ts";
import { forwarders, underscoreNames } from "./forwarders.ts";
import type { Hooks, HooksSource } from "./hooks.ts";
import { inspectAddress } from "./inspect-address.ts";
import {
  accessFormat,
  bindAddresses,
  controlPath,
  duration,
  fileOrOutput,
  type Kind,
  listOf,
  milliseconds,
  octal,
  oneOf,
  orNothing,
  path,
  type Surroundings,
  size,
  text,
  variables,
  whole,
} from "./parsers.ts";
import type { PassedSocket } from "./passed.ts";
import { workerCount } from "./worker-count.ts";

/** In the order of `--help` and of the reference page. */
export const SECTIONS = {
  application: "Application",
  sockets: "Sockets",
  proxies: "Proxies",
  workers: "Workers",
  reloads: "Reload and stop",
  timeouts: "Timeouts",
  limits: "Limits of a request",
  load: "Limits of load",
  websockets: "Websockets",
  development: "Development",
  logging: "Logging",
  process: "Process",
} as const;

/** What SIGHUP does when the value changed. */
export const RELOAD_EFFECTS = {
  live: "applies at once",
  respawn: "applies to the workers of the new generation",
  restart: "needs a restart of the server",
} as const;

/** A variable that is not ours, heard only when nothing else names the option. */
export interface LastResort {
  readonly name: string;
  readonly fits: string;
  /** What the variable says in the option's own words: null when it says nothing, undefined when it does not fit. */
  readonly translate: (text: string, passed: readonly PassedSocket[]) => string | readonly string[] | null | undefined;
}

export interface Row<Value, Input> {
  /** As commander takes them; the long one is the key in dashes. Empty for what is said without a flag. */
  readonly flags: string;
  /** What stands for the value in help. */
  readonly arg: string;
  /** The value that the flag means when it stands alone, where it may. Only for kinds whose words nobody would call an application. */
  readonly alone?: string;
  /** Variables beside `TSGI_<KEY>`, which is the strongest. Null: not even that one. */
  readonly env: readonly (string | LastResort)[] | null;
  readonly section: keyof typeof SECTIONS;
  readonly parse: Kind<Value, Input>;
  readonly default: NoInfer<Value> | ((around: Surroundings) => NoInfer<Value>);
  /** For a default that is computed or needs a word; null shows the default itself. */
  readonly defaultText: string | null;
  readonly reload: keyof typeof RELOAD_EFFECTS;
  /** One line of `--help`, about 45 characters. */
  readonly summary: string;
  /** The reference page. */
  readonly detail: string;
  /** The first version that has it. */
  readonly since: string;
}

const option = <Value, Input>(row: Row<Value, Input>): Row<Value, Input> => row;

export const OPTIONS = {
  app: option({
    flags: "",
    arg: "[module:callable]",
    env: [],
    section: "application",
    parse: text("module:callable, such as app:application"),
    default: "",
    defaultText: "none",
    reload: "respawn",
    summary: "the application, such as app:application",
    detail:
      "The application, as `module:callable`. The module is a path with or without its ending, a folder with an index, or the name of a package; the callable may be dotted (`obj.app`), a factory (`create()`), or left out, which looks for `application`, then `app`, then the default export.",
    since: "0.1.0",
  }),
  chdir: option({
    flags: "--chdir",
    arg: "<folder>",
    env: [],
    section: "application",
    parse: path("a folder"),
    default: (around) => around.absolute("."),
    defaultText: "current folder",
    reload: "respawn",
    summary: "change to this folder first",
    detail:
      "The folder in which the application runs, relative to where tsgi was started. Every other path among the settings is relative to it. The configuration file is not: it is looked for where tsgi was started.",
    since: "0.1.0",
  }),
  env: option({
    flags: "--env",
    arg: "<name=value>",
    env: null,
    section: "application",
    parse: variables,
    default: {},
    defaultText: null,
    reload: "respawn",
    summary: "a variable for the application; repeatable",
    detail:
      "A variable for the application, on top of those that tsgi was started with and those of `--env-file`. Repeatable; an object in the configuration file. It is for the application only: `TSGI_` variables said here configure nothing.",
    since: "0.1.0",
  }),
  envFile: option({
    flags: "--env-file",
    arg: "<file>",
    env: [],
    section: "application",
    parse: listOf(path("a file")),
    default: [],
    defaultText: null,
    reload: "respawn",
    summary: "a file of NAME=VALUE lines; repeatable",
    detail:
      "A file of `NAME=VALUE` lines in the format of `node --env-file`. Repeatable: a later file overrides an earlier one, and `--env` overrides them all. Read again by a reload. `tsgi dev` also reads `.env` and `.env.local` of the folder, below these.",
    since: "0.1.0",
  }),
  interface: option({
    flags: "--interface",
    arg: "<name>",
    env: [],
    section: "application",
    parse: oneOf(["auto", "tsgi", "asgi", "node", "fetch"]),
    default: "auto",
    defaultText: null,
    reload: "respawn",
    summary: "auto, tsgi, asgi, node or fetch",
    detail:
      "How the application is called: `tsgi` as `application(environ, startResponse)`, [docs/gateway.md](../gateway.md); `asgi` as `application(scope, receive, send)`, [docs/asgi.md](../asgi.md); `node` as `(request, response)`, with Express, Fastify, Koa, Nest and every `http.Server`; `fetch` as `fetch(request, env, context)`, with Hono, h3 and Elysia. `auto` recognises which, and `tsgi check` says what it took the application for and why; [docs/interfaces.md](../interfaces.md) has the rules.",
    since: "0.4.0",
  }),
  adoptListen: option({
    flags: "--adopt-listen",
    arg: "[when]",
    alone: "on",
    env: [],
    section: "application",
    parse: oneOf(["on", "off"]),
    default: "off",
    defaultText: null,
    reload: "respawn",
    summary: "serve what the module itself listens with",
    detail:
      "What becomes of an HTTP server that the module tells to `listen()`. `off`: it listens where it likes, beside the workers' sockets, and the log warns of it. `on`, which `--adopt-listen` alone means: its port is not bound, and the first such server is the application, so that a program that was started as `node server.js` is served unchanged.",
    since: "0.4.0",
  }),
  fetchObjects: option({
    flags: "--fetch-objects",
    arg: "<which>",
    env: [],
    section: "application",
    parse: oneOf(["light", "native"]),
    default: "light",
    defaultText: null,
    reload: "respawn",
    summary: "light or native Request and Response",
    detail:
      "What `Request`, `Response` and `fetch` are in a worker that serves an application of the interface `fetch`. `light`: classes of tsgi that are made of Node's own as soon as something rare is asked of them, and pass for those in `instanceof`; a small response costs a few microseconds less so. `native`: Node's own are left alone. [docs/interfaces.md](../interfaces.md) says where one can tell them apart.",
    since: "0.4.0",
  }),
  lint: option({
    flags: "--lint",
    arg: "[when]",
    alone: "on",
    env: [],
    section: "application",
    parse: oneOf(["auto", "on", "off"]),
    default: "auto",
    defaultText: "auto: with NODE_ENV=development",
    reload: "respawn",
    summary: "check application and server: auto, on, off",
    detail:
      "Whether the validator stands between the server and the application, and says which of them breaks the contract of [docs/gateway.md](../gateway.md): `on`, which `--lint` alone means, `off`, or `auto`, which is on where the application's `NODE_ENV` is `development`. A violation is an error in the log with file and line, and a 500 for the client if nothing was sent; what is only unwise is a warning, once. It costs time in every request.",
    since: "0.3.0",
  }),
  bind: option({
    flags: "-b, --bind",
    arg: "<address>",
    env: [
      {
        name: "LISTEN_FDS",
        fits: "a number of sockets",
        translate: (_count, passed) =>
          passed.length === 0 ? null : passed.map(({ fd }) => formatBind({ kind: "fd", fd })),
      },
      {
        name: "PORT",
        fits: "a port from 0 to 65535",
        translate: (port) => (parsePort(port) === undefined ? undefined : `0.0.0.0:${port}`),
      },
    ],
    section: "sockets",
    parse: bindAddresses,
    default: [{ kind: "tcp", host: "127.0.0.1", port: 8000 }],
    defaultText: "127.0.0.1:8000",
    reload: "respawn",
    summary: "host:port, unix:/path, fd://...; repeatable",
    detail:
      "An address to listen on. `host:port`; `[v6]:port`; `:port` for every interface, IPv4 and IPv6; `host` alone means port 8000; port 0 takes a free port and prints it; `unix:/path` a Unix socket; `fd://N` an inherited, listening socket, `fd://NAME` what systemd passes under that name. `http://` or `tcp://` may stand in front. Repeatable. When no address is said anywhere, the sockets that systemd passed (`LISTEN_FDS`); without them and with `PORT`, `0.0.0.0:$PORT`. A reload binds what was added, keeps what stayed, and closes what is gone when the old workers have emptied its queue.",
    since: "0.1.0",
  }),
  backlog: option({
    flags: "--backlog",
    arg: "<n>",
    env: [],
    section: "sockets",
    parse: whole({ min: 1, max: 65_535 }),
    default: 2048,
    defaultText: null,
    reload: "respawn",
    summary: "connections waiting to be accepted",
    detail:
      "How many connections may wait to be accepted, on each address. The kernel caps it (`net.core.somaxconn` on Linux).",
    since: "0.1.0",
  }),
  socketMode: option({
    flags: "--socket-mode",
    arg: "<octal>",
    env: [],
    section: "sockets",
    parse: orNothing(octal(), { off: false }),
    default: null,
    defaultText: "by the umask",
    reload: "restart",
    summary: "permissions of Unix sockets",
    detail: "The permissions of the Unix sockets, in octal. Without it they follow from the umask.",
    since: "0.1.0",
  }),
  accept: option({
    flags: "--accept",
    arg: "<mode>",
    env: [],
    section: "sockets",
    parse: oneOf(["shared", "round-robin", "reuse-port"]),
    default: "shared",
    defaultText: null,
    reload: "restart",
    summary: "shared, round-robin or reuse-port",
    detail:
      "How connections reach the workers. `shared`: all of them accept from one queue of the kernel, and a worker that has more than its share of the open connections leaves the next ones to the others for some milliseconds; a worker that is stuck, or gone, keeps nobody waiting. `round-robin`: the master accepts and hands each connection to the next worker in turn, whatever that one has already; a worker that dies before it has taken a connection costs nobody anything, and a stuck one keeps one client waiting. The price: the master takes part in every connection, which costs about twice the processor time of `shared` and gives about half the connections per second; requests on kept connections cost nothing more. `reuse-port`: each worker has a socket of its own on the port, and the kernel chooses one by a hash of the client's address; as fast as `shared`, and even only by chance. The price: whoever is sent to a worker that is stuck waits until it is replaced, though others are idle. It needs Node 22.12 or newer and a system that spreads connections over the sockets of a port, such as Linux; Unix sockets and inherited ones that were not bound so are shared.",
    since: "0.2.0",
  }),
  forwardedAllow: option({
    flags: "--forwarded-allow",
    arg: "<networks>",
    env: ["FORWARDED_ALLOW_IPS"],
    section: "proxies",
    parse: forwarders,
    default: ["127.0.0.1", "::1", "unix"],
    defaultText: null,
    reload: "respawn",
    summary: "proxies to believe: networks, unix, *, off",
    detail:
      "The proxies whose word is believed about the client: addresses and networks, `unix` for whoever connects over a Unix socket, `*` for whoever connects at all, `off` for nobody. A comma list; repeatable. Only when the peer is one of them do the fields of `--forwarded-header` decide the scheme, the client's address, the host and the script name; else they are visible and decide nothing. `*` is for servers that nothing but the proxy can reach; hops that the fields name are compared with the networks even then.",
    since: "0.1.0",
  }),
  forwardedHeader: option({
    flags: "--forwarded-header",
    arg: "<family>",
    env: [],
    section: "proxies",
    parse: oneOf(["x-forwarded", "forwarded"]),
    default: "x-forwarded",
    defaultText: null,
    reload: "respawn",
    summary: "x-forwarded or forwarded",
    detail:
      "Which fields of a trusted proxy are believed: `x-forwarded` is `X-Forwarded-For`, `-Proto`, `-Host`, `-Port` and `-Prefix`; `forwarded` is the `Forwarded` field of RFC 7239. The other family is visible and decides nothing, because a proxy that writes one passes the other on as the client sent it.",
    since: "0.1.0",
  }),
  underscores: option({
    flags: "--underscores",
    arg: "<policy>",
    env: [],
    section: "proxies",
    parse: oneOf(["drop", "refuse", "keep"], { dangerous: "keep" }),
    default: "drop",
    defaultText: null,
    reload: "respawn",
    summary: "names with _: drop, refuse, keep",
    detail:
      "What becomes of a field with an underscore in its name. In the environ it would be taken for the one with a dash, which a proxy may have set, and the client can forge it: `drop` keeps it from the application, `refuse` answers 400, `keep` passes it on and is dangerous.",
    since: "0.1.0",
  }),
  forwarderFields: option({
    flags: "--forwarder-fields",
    arg: "<names>",
    env: [],
    section: "proxies",
    parse: underscoreNames,
    default: ["SCRIPT_NAME", "PATH_INFO"],
    defaultText: null,
    reload: "respawn",
    summary: "names with _ that such proxies may send",
    detail:
      "Fields with an underscore in their name that are passed on when the peer is one of `--forwarded-allow`, whatever `--underscores` says. A comma list; repeatable; `*` for any. `SCRIPT_NAME` also sets `SCRIPT_NAME` of the environ, and is taken off the path, which must begin with it.",
    since: "0.1.0",
  }),
  workers: option({
    flags: "-w, --workers",
    arg: "<n|auto|n..n>",
    env: ["WEB_CONCURRENCY"],
    section: "workers",
    parse: workerCount,
    default: { min: 1, max: 1 },
    defaultText: "1",
    reload: "live",
    summary: "processes, auto, or a range such as 2..8",
    detail:
      "How many worker processes. `auto` is the number of processors that the process may use, limited by the CPU quota of its control groups, which is rounded up: 1.5 CPUs are 2 workers. A range, `2..8`, adapts the number to the load between its bounds: one more when the event loops of the workers were busy more than 75 % of the time for 3 seconds, one less when the others would still be below 50 % for 30 seconds; what was decided is in the log, with the figures. TTIN, TTOU and `tsgi ctl scale` move the number until `workers` itself is changed.",
    since: "0.1.0",
  }),
  maxRequests: option({
    flags: "--max-requests",
    arg: "<n>",
    env: [],
    section: "workers",
    parse: whole({ min: 0 }),
    default: 0,
    defaultText: "0, never",
    reload: "respawn",
    summary: "replace a worker after so many",
    detail:
      "Replace a worker after it has served this many requests, against leaks. The successor is ready before the worker stops accepting. 0 is never.",
    since: "0.1.0",
  }),
  maxRequestsJitter: option({
    flags: "--max-requests-jitter",
    arg: "<n>",
    env: [],
    section: "workers",
    parse: whole({ min: 0 }),
    default: 0,
    defaultText: null,
    reload: "respawn",
    summary: "up to n more, at random per worker",
    detail:
      "Adds a random number from 0 to this to each worker's `--max-requests`, so that the workers are not replaced at the same time.",
    since: "0.1.0",
  }),
  maxWorkerLifetime: option({
    flags: "--max-worker-lifetime",
    arg: "<time>",
    env: [],
    section: "workers",
    parse: duration(),
    default: 0,
    defaultText: "0, for ever",
    reload: "respawn",
    summary: "replace a worker after so long",
    detail:
      "Replace a worker that has served this long. As with `--max-requests`, the successor is ready before the worker stops accepting, and one worker is replaced at a time. 0 is never.",
    since: "0.2.0",
  }),
  maxWorkerLifetimeJitter: option({
    flags: "--max-worker-lifetime-jitter",
    arg: "<time>",
    env: [],
    section: "workers",
    parse: duration(),
    default: 0,
    defaultText: null,
    reload: "respawn",
    summary: "up to this more, at random per worker",
    detail:
      "Adds a random time from 0 to this to each worker's `--max-worker-lifetime`, so that workers which started together are not replaced together.",
    since: "0.2.0",
  }),
  maxRss: option({
    flags: "--max-rss",
    arg: "<size>",
    env: [],
    section: "workers",
    parse: size({ min: 0, max: 1_024 ** 5 }),
    default: 0,
    defaultText: "0, any",
    reload: "live",
    summary: "replace a worker larger than this",
    detail:
      "Replace a worker whose resident memory is larger than this, in bytes: its successor is ready before it stops accepting, and what it holds is finished. Looked at every second; a worker younger than ten seconds is left alone, for a limit that a fresh worker exceeds would replace workers for ever. 0 is no limit.",
    since: "0.2.0",
  }),
  maxRssHard: option({
    flags: "--max-rss-hard",
    arg: "<size>",
    env: [],
    section: "workers",
    parse: size({ min: 0, max: 1_024 ** 5 }),
    default: 0,
    defaultText: "0, any",
    reload: "live",
    summary: "kill a worker larger than this",
    detail:
      "Kill a worker whose resident memory is larger than this, in bytes, at once and with what it holds, before the kernel kills whatever it likes. Looked at every second, also while the worker is blocked (on Linux). 0 is no limit.",
    since: "0.2.0",
  }),
  maxBootFailures: option({
    flags: "--max-boot-failures",
    arg: "<n>",
    env: [],
    section: "workers",
    parse: whole({ min: 0 }),
    default: 0,
    defaultText: "0, never",
    reload: "live",
    summary: "give up after so many that died young",
    detail:
      "Give up, with an exit code of its own, after this many workers in a row died before they had been ready for ten seconds, and only while no worker is ready. Without it the server tries on, at most every 30 seconds for each worker. A first start that fails gives up at once, whatever is said here. 0 is never.",
    since: "0.2.0",
  }),
  reloadStyle: option({
    flags: "--reload-style",
    arg: "<style>",
    env: [],
    section: "reloads",
    parse: oneOf(["one-by-one", "all"]),
    default: "one-by-one",
    defaultText: null,
    reload: "live",
    summary: "one-by-one, or all at once",
    detail:
      "How a reload boots the new workers beside the old ones: `one-by-one`, which leaves the processors to the old ones, or `all` at once, which is faster. In both, the old workers serve until every new one is ready and `--settle` is over.",
    since: "0.2.0",
  }),
  settle: option({
    flags: "--settle",
    arg: "<time>",
    env: [],
    section: "reloads",
    parse: duration(),
    default: 2,
    defaultText: null,
    reload: "live",
    summary: "how long new workers must last",
    detail:
      "How long the workers of a new generation must last at a reload, twice: when they are loaded and have no clients yet, so that one which dies in that time costs nobody anything; and when they serve beside the old ones, before those leave. If one of them dies, the generation is withdrawn and the old one goes on. 0 does not wait.",
    since: "0.2.0",
  }),
  readyPath: option({
    flags: "--ready-path",
    arg: "<path>",
    env: [],
    section: "reloads",
    parse: orNothing(text("a path that begins with a slash, or off", { pattern: /^\/[!-~]*$/ }), { off: true }),
    default: null,
    defaultText: null,
    reload: "respawn",
    summary: "must answer 2xx before a worker serves",
    detail:
      "A path of the application that must answer with 2xx inside a new worker before the worker takes traffic, such as `/healthz`. It is asked again until it does or `--boot-timeout` is over. While the server waits in `--drain-delay`, tsgi itself answers this path with 503, so that a load balancer that asks for it sends no more clients. With `--reload` it is not asked.",
    since: "0.2.0",
  }),
  canary: option({
    flags: "--canary",
    arg: "<time>",
    env: [],
    section: "reloads",
    parse: duration(),
    default: 0,
    defaultText: "0, off",
    reload: "live",
    summary: "try the first new worker so long",
    detail:
      "How long the first worker of a new generation serves alone among the old ones before the others are started. The generation is withdrawn when in that time at least 3 of its answers are 5xx and their share is more than 5 percentage points above that of the old workers, or when the worst delay of its event loop is, second for second in the middle, more than twice theirs and 100 ms above it. 0 is off.",
    since: "0.2.0",
  }),
  drainDelay: option({
    flags: "--drain-delay",
    arg: "<time>",
    env: [],
    section: "reloads",
    parse: duration(),
    default: 0,
    defaultText: null,
    reload: "live",
    summary: "serve on for so long after TERM",
    detail:
      "How long the server goes on serving after TERM before it stops accepting, for load balancers that take a while to notice (Kubernetes sends TERM and changes its routes at the same time). In this time `--ready-path` answers 503 and `tsgi ctl status` says that the server is not ready. A second signal ends it.",
    since: "0.2.0",
  }),
  timeout: option({
    flags: "-t, --timeout",
    arg: "<time>",
    env: [],
    section: "timeouts",
    parse: duration(),
    default: 30,
    defaultText: null,
    reload: "live",
    summary: "replace a worker blocked so long",
    detail:
      "How long the event loop of a worker may be blocked before the worker is killed and replaced. It does not limit a request that waits. 0 is for ever.",
    since: "0.1.0",
  }),
  slowLoop: option({
    flags: "--slow-loop",
    arg: "<ms>",
    env: [],
    section: "timeouts",
    parse: milliseconds(),
    default: 0,
    defaultText: "0, off",
    reload: "respawn",
    summary: "report where the loop is blocked so long",
    detail:
      "Report a blocked event loop: when the loop of a worker has been blocked this long, the log says which function, file and line blocks it, and which requests are in flight; at most once in ten seconds for each worker. Nothing is killed. A number without a unit is milliseconds. 0 is off.",
    since: "0.2.0",
  }),
  bootTimeout: option({
    flags: "--boot-timeout",
    arg: "<time>",
    env: [],
    section: "timeouts",
    parse: duration(),
    default: 60,
    defaultText: null,
    reload: "live",
    summary: "for loading the application",
    detail: "How long a worker may take to load the application. 0 is for ever.",
    since: "0.1.0",
  }),
  gracefulTimeout: option({
    flags: "--graceful-timeout",
    arg: "<time>",
    env: [],
    section: "timeouts",
    parse: duration(),
    default: 30,
    defaultText: null,
    reload: "live",
    summary: "for open requests when a worker stops",
    detail:
      "How long a worker that stops, for whatever reason, may go on with the requests that are open. Then it is killed. 0 does not wait.",
    since: "0.1.0",
  }),
  requestTimeout: option({
    flags: "--request-timeout",
    arg: "<time>",
    env: [],
    section: "timeouts",
    parse: duration(),
    default: 0,
    defaultText: "0, for ever",
    reload: "respawn",
    summary: "for the application to answer",
    detail:
      "How long the application may take for a request, from its head to the last byte of the response. Then `tsgi.signal` aborts; the client is answered with 504 if nothing was sent yet, else the response is cut. The worker lives. 0 is for ever.",
    since: "0.2.0",
  }),
  keepAlive: option({
    flags: "--keep-alive",
    arg: "<time>",
    env: [],
    section: "timeouts",
    parse: duration(),
    default: 75,
    defaultText: null,
    reload: "respawn",
    summary: "idle time between two requests",
    detail:
      "How long a connection may be idle between two requests. It must be longer than the front end's own limit (60 seconds in nginx and in most load balancers): else a request may be sent into a connection that is just being closed. 0 closes each connection after its response.",
    since: "0.1.0",
  }),
  headTimeout: option({
    flags: "--head-timeout",
    arg: "<time>",
    env: [],
    section: "timeouts",
    parse: duration(),
    default: 30,
    defaultText: null,
    reload: "respawn",
    summary: "for the whole head of a request",
    detail: "How long a client may take to send the whole head of a request. 0 is for ever.",
    since: "0.1.0",
  }),
  bodyTimeout: option({
    flags: "--body-timeout",
    arg: "<time>",
    env: [],
    section: "timeouts",
    parse: duration(),
    default: 60,
    defaultText: null,
    reload: "respawn",
    summary: "between two pieces of a body",
    detail: "How long a client may be silent in the middle of a body that the application waits for. 0 is for ever.",
    since: "0.1.0",
  }),
  bodyRate: option({
    flags: "--body-rate",
    arg: "<size>",
    env: [],
    section: "timeouts",
    parse: size({ min: 0, max: 1_024 ** 3 }),
    default: 240,
    defaultText: null,
    reload: "respawn",
    summary: "bytes of a body per second, at least",
    detail:
      "How many bytes a second of a body must come on average while the application waits for it, after 5 seconds of waiting. A client that is slower is answered with 408: one byte now and then would satisfy `--body-timeout` for ever. The time in which the application does not read is not counted. 0 is no limit.",
    since: "0.1.0",
  }),
  writeTimeout: option({
    flags: "--write-timeout",
    arg: "<time>",
    env: [],
    section: "timeouts",
    parse: duration(),
    default: 60,
    defaultText: null,
    reload: "respawn",
    summary: "for a client to take a byte",
    detail:
      "How long a client may take nothing of a response that is waiting for it. Then the connection is reset and the application's `tsgi.signal` fires. 0 is for ever.",
    since: "0.1.0",
  }),
  limitRequestLine: option({
    flags: "--limit-request-line",
    arg: "<size>",
    env: [],
    section: "limits",
    parse: size({ min: 64, max: 1_048_576 }),
    default: 8190,
    defaultText: null,
    reload: "respawn",
    summary: "bytes of the request line",
    detail: "The longest request line, in bytes. A longer one is answered with 414.",
    since: "0.1.0",
  }),
  limitFields: option({
    flags: "--limit-fields",
    arg: "<n>",
    env: [],
    section: "limits",
    parse: whole({ min: 1, max: 32_768 }),
    default: 100,
    defaultText: null,
    reload: "respawn",
    summary: "header fields",
    detail: "The largest number of header fields. More are answered with 431.",
    since: "0.1.0",
  }),
  limitFieldSize: option({
    flags: "--limit-field-size",
    arg: "<size>",
    env: [],
    section: "limits",
    parse: size({ min: 64, max: 1_048_576 }),
    default: 8190,
    defaultText: null,
    reload: "respawn",
    summary: "bytes of one header field",
    detail: "The longest header field, name and value, in bytes. A longer one is answered with 431.",
    since: "0.1.0",
  }),
  limitFieldsSize: option({
    flags: "--limit-fields-size",
    arg: "<size>",
    env: [],
    section: "limits",
    parse: size({ min: 64, max: 16_777_216 }),
    default: 65_536,
    defaultText: "64K",
    reload: "respawn",
    summary: "bytes of all header fields",
    detail:
      "The largest size of all header fields of a request together, in bytes. A larger head is answered with 431. " +
      "A head is held in memory until it is whole, so this bounds what a connection costs before anybody knows what it wants.",
    since: "0.1.0",
  }),
  limitBody: option({
    flags: "--limit-body",
    arg: "<size>",
    env: [],
    section: "limits",
    parse: size({ min: 0, max: 1_024 ** 5 }),
    default: 1_024 ** 3,
    defaultText: null,
    reload: "respawn",
    summary: "bytes of the body",
    detail: "The largest body, in bytes. A larger one is answered with 413. 0 is no limit.",
    since: "0.1.0",
  }),
  limitConnectionRequests: option({
    flags: "--limit-connection-requests",
    arg: "<n>",
    env: [],
    section: "load",
    parse: whole({ min: 0 }),
    default: 1_000,
    defaultText: null,
    reload: "respawn",
    summary: "requests of one connection",
    detail:
      "How many requests one connection may bring. The response to the last one says `Connection: close`. So the connections of a busy front end move on to other workers. 0 is no limit.",
    since: "0.1.0",
  }),
  limitPipelined: option({
    flags: "--limit-pipelined",
    arg: "<n>",
    env: [],
    section: "load",
    parse: whole({ min: 0 }),
    default: 1_000,
    defaultText: null,
    reload: "respawn",
    summary: "requests that one sends ahead",
    detail:
      "How many requests a client may send one after another without waiting for a response. Each is answered in its turn; the response to the last one says `Connection: close`. 0 is no limit.",
    since: "0.1.0",
  }),
  workerConnections: option({
    flags: "--worker-connections",
    arg: "<n>",
    env: [],
    section: "load",
    parse: whole({ min: 0, max: 1_000_000 }),
    default: 0,
    defaultText: "0, three quarters of `ulimit -n`",
    reload: "respawn",
    summary: "connections of one worker",
    detail:
      "How many connections a worker may have open at once. A worker that has them accepts no more, so that other workers take what comes, or it waits in the backlog; see `--overload`. 0 is three quarters of the file descriptors that a process may have (`ulimit -n`): the rest is for the application.",
    since: "0.1.0",
  }),
  limitInFlight: option({
    flags: "--limit-in-flight",
    arg: "<n>",
    env: [],
    section: "load",
    parse: whole({ min: 0, max: 1_000_000 }),
    default: 0,
    defaultText: "0, no limit",
    reload: "respawn",
    summary: "requests in progress in one worker",
    detail:
      "How many requests a worker may have in progress at once. What comes beyond waits for its turn, or is refused; see `--overload`. 0 is no limit.",
    since: "0.1.0",
  }),
  overload: option({
    flags: "--overload",
    arg: "<what>",
    env: [],
    section: "load",
    parse: oneOf(["queue", "503"]),
    default: "queue",
    defaultText: null,
    reload: "respawn",
    summary: "queue, or 503, when a worker is full",
    detail:
      "What happens to a connection beyond `--worker-connections` and to a request beyond `--limit-in-flight`: `queue` lets it wait, in the kernel's backlog or in the worker, for as long as its client likes; `503` answers `503 Service Unavailable` and closes.",
    since: "0.1.0",
  }),
  limitWebsockets: option({
    flags: "--limit-websockets",
    arg: "<n>",
    env: [],
    section: "websockets",
    parse: whole({ min: 0, max: 1_000_000 }),
    default: 0,
    defaultText: "0, no limit",
    reload: "respawn",
    summary: "upgraded connections of one worker",
    detail:
      "How many connections of a worker may be websockets, or upgraded to another protocol, at once. A request for one more is answered with 503; handshakes that an application is still thinking about are not counted yet. Each is a connection as well and counts for `--worker-connections`; it is not a request in flight. 0 is no limit of its own.",
    since: "0.4.0",
  }),
  wsMaxSize: option({
    flags: "--ws-max-size",
    arg: "<size>",
    env: [],
    section: "websockets",
    parse: size({ min: 0, max: 1_024 ** 3 }),
    default: 16_777_216,
    defaultText: "16777216, 16 MiB",
    reload: "respawn",
    summary: "bytes of one message",
    detail:
      "The largest message that a client may send, in bytes, after decompression. A larger one closes the websocket with 1009. 0 is no limit. It holds for websockets of the interfaces tsgi, asgi and fetch; a library that a Node application brings has its own.",
    since: "0.4.0",
  }),
  wsPingInterval: option({
    flags: "--ws-ping-interval",
    arg: "<time>",
    env: [],
    section: "websockets",
    parse: duration(),
    default: 20,
    defaultText: null,
    reload: "respawn",
    summary: "silence after which a client is pinged",
    detail:
      "How long a websocket may be silent before its client is pinged. It keeps proxies from closing what is idle. 0 is off. As for `--ws-max-size`, a library of the application's has its own.",
    since: "0.4.0",
  }),
  wsPingTimeout: option({
    flags: "--ws-ping-timeout",
    arg: "<time>",
    env: [],
    section: "websockets",
    parse: duration(),
    default: 20,
    defaultText: null,
    reload: "respawn",
    summary: "how long a client may take to answer it",
    detail:
      "How long a client may take to answer a ping, or to send anything else. After that its websocket is dropped, and the application sees 1006. 0 is for ever.",
    since: "0.4.0",
  }),
  wsDeflate: option({
    flags: "--ws-deflate",
    arg: "[when]",
    alone: "on",
    env: [],
    section: "websockets",
    parse: oneOf(["on", "off"]),
    default: "off",
    defaultText: null,
    reload: "respawn",
    summary: "compress messages (permessage-deflate)",
    detail:
      "Whether messages are compressed where the client offers it (RFC 7692). What is shorter than 1 KiB is sent as it is. A websocket that has compressed a message each way holds about 125 KiB of memory more than another, and each message takes time, so it is `off` by default. `--ws-deflate` alone means `on`.",
    since: "0.4.0",
  }),
  reload: option({
    flags: "--reload",
    arg: "[when]",
    alone: "on",
    env: [],
    section: "development",
    parse: oneOf(["on", "off"]),
    default: "off",
    defaultText: "off; of tsgi dev: on",
    reload: "restart",
    summary: "start anew when a file of the program changes",
    detail:
      "For development. The files that the workers have loaded are watched, and the configuration and env files; when one changes, new workers with the new code take the place of the old ones, and requests that come meanwhile wait for them. Code that does not load is shown instead of the application until it does. See [docs/development.md](../development.md).",
    since: "0.5.0",
  }),
  reloadExtra: option({
    flags: "--reload-extra",
    arg: "<file>",
    env: [],
    section: "development",
    parse: listOf(path("a file or a glob")),
    default: [],
    defaultText: null,
    reload: "live",
    summary: "a file or glob to watch too; repeatable",
    detail:
      "With `--reload`: files to watch beside those that are loaded as modules, such as `views/**/*.html`. A glob has `*`, `**`, `?`, `{a,b}` or `[ab]`; `node_modules` and folders that begin with a dot are left out of it unless it names them. Repeatable.",
    since: "0.5.0",
  }),
  reloadIgnore: option({
    flags: "--reload-ignore",
    arg: "<glob>",
    env: [],
    section: "development",
    parse: listOf(path("a file or a glob")),
    default: [],
    defaultText: null,
    reload: "live",
    summary: "a file or glob not to watch; repeatable",
    detail:
      "With `--reload`: files whose change starts nothing, although they are loaded or named by `--reload-extra`, such as `generated/**`. Repeatable.",
    since: "0.5.0",
  }),
  reloadEngine: option({
    flags: "--reload-engine",
    arg: "<engine>",
    env: [],
    section: "development",
    parse: oneOf(["auto", "poll"]),
    default: "auto",
    defaultText: null,
    reload: "restart",
    summary: "auto, or poll where no events come",
    detail:
      "How changes are noticed: `auto` hears of them from the operating system, and looks at the files itself where that refuses; `poll` always looks, for network mounts and shared folders of virtual machines.",
    since: "0.5.0",
  }),
  errorPages: option({
    flags: "--error-pages",
    arg: "[when]",
    alone: "on",
    env: [],
    section: "development",
    parse: oneOf(["on", "any-host", "off"]),
    default: "off",
    defaultText: "off; of tsgi dev: on",
    reload: "respawn",
    summary: "show errors to the client, never in production",
    detail:
      "What a client sees of an error: `off` says only that there was one; `on` shows the message, the code and the stack, as a page that reloads itself, or as JSON to a client that prefers it, where the server is asked by an address, as localhost or under a name that nobody can own, such as `app.test`; `any-host` does whatever it is called. Where the application's `NODE_ENV` is `production` nothing is ever shown.",
    since: "0.5.0",
  }),
  liveReload: option({
    flags: "--live-reload",
    arg: "[when]",
    alone: "on",
    env: [],
    section: "development",
    parse: oneOf(["on", "off"]),
    default: "off",
    defaultText: null,
    reload: "respawn",
    summary: "pages reload in the browser after a restart",
    detail:
      "With `--reload`: a script is put into HTML responses that reloads the page when new code serves. Where the application's `NODE_ENV` is `production` none is.",
    since: "0.5.0",
  }),
  open: option({
    flags: "--open",
    arg: "[when]",
    alone: "on",
    env: [],
    section: "development",
    parse: oneOf(["on", "off"]),
    default: "off",
    defaultText: null,
    reload: "restart",
    summary: "open the browser when the server serves",
    detail:
      "Opens the first address in the browser when the server serves, once; `0.0.0.0` and `[::]` as `localhost`. The variable `BROWSER` names the program, with arguments perhaps, among which `%s` is the address; `none` is none. Without it `xdg-open`, or what the system has for that.",
    since: "0.5.0",
  }),
  check: option({
    flags: "--check",
    arg: "[when]",
    alone: "on",
    env: [],
    section: "development",
    parse: oneOf(["on", "off"]),
    default: "off",
    defaultText: null,
    reload: "restart",
    summary: "run tsc --noEmit --watch beside the server",
    detail:
      "Runs the project's own TypeScript as `tsc --noEmit --watch` beside the server, with the `tsconfig.json` that is nearest to the application, and puts what it says into the log. Type errors stop nothing. It ends with the server.",
    since: "0.5.0",
  }),
  inspect: option({
    flags: "--inspect",
    arg: "[host:port]",
    alone: "127.0.0.1:9229",
    env: [],
    section: "development",
    parse: orNothing(inspectAddress, { off: true }),
    default: null,
    defaultText: null,
    reload: "respawn",
    summary: "let a debugger attach to the worker",
    detail:
      "Opens the inspector of the worker at this address, `127.0.0.1:9229` where none is said, and again at the same one after each restart. For one worker. While it is open, `--timeout` and `--boot-timeout` do not count: a breakpoint may last. Whoever reaches the address can run any code.",
    since: "0.5.0",
  }),
  logLevel: option({
    flags: "--log-level",
    arg: "<level>",
    env: [],
    section: "logging",
    parse: oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
      warning: "warn",
      critical: "fatal",
    }),
    default: "info",
    defaultText: null,
    reload: "respawn",
    summary: "trace, debug, info, warn, error, fatal, silent",
    detail:
      "The least important messages that the server log still has. `warning` and `critical` are accepted for `warn` and `fatal`.",
    since: "0.1.0",
  }),
  logFormat: option({
    flags: "--log-format",
    arg: "<format>",
    env: [],
    section: "logging",
    parse: oneOf(["pretty", "json", "dev"]),
    default: (around) => (around.isTerminal ? "pretty" : "json"),
    defaultText: "pretty on a terminal, json elsewhere",
    reload: "respawn",
    summary: "pretty, json or dev",
    detail:
      "How the server log, on standard error, is written: `pretty` for a person, `json` as one JSON object on each line, or `dev` for the one who is writing the program, as `tsgi dev` has it: the time of day, the message, and of an error the code and the program's own calls.",
    since: "0.1.0",
  }),
  accessLog: option({
    flags: "--access-log",
    arg: "<file>",
    env: [],
    section: "logging",
    parse: orNothing(fileOrOutput, { off: true }),
    default: null,
    defaultText: null,
    reload: "respawn",
    summary: "a line per request; - is stdout",
    detail:
      "Where a line for each request is written: a file, `-` for standard output, or `off`. The file is opened again on SIGUSR1. On a terminal, lines of status 4xx are yellow and of 5xx red, unless `NO_COLOR` is set; with the format `dev`, `FORCE_COLOR` colours what is no terminal too.",
    since: "0.1.0",
  }),
  accessLogFormat: option({
    flags: "--access-log-format",
    arg: "<text>",
    env: [],
    section: "logging",
    parse: accessFormat,
    default: "combined",
    defaultText: null,
    reload: "respawn",
    summary: "combined, common, json, dev, or a template",
    detail:
      'The lines of the access log: `combined`, `common`, `json`, `dev` (columns for a person who has just made the request, written at once, without `--ready-path`), or a template of gunicorn\'s atoms, such as `%(h)s "%(r)s" %(s)s %(D)s`.',
    since: "0.1.0",
  }),
  pid: option({
    flags: "-p, --pid",
    arg: "<file>",
    env: [],
    section: "process",
    parse: orNothing(path("a file, or off"), { off: true }),
    default: null,
    defaultText: null,
    reload: "restart",
    summary: "write the master's process id there",
    detail:
      "A file for the process id of the master, removed when it ends. tsgi does not start when the file names a process that is alive. `off` is none.",
    since: "0.1.0",
  }),
  control: option({
    flags: "--control",
    arg: "<path>",
    env: [],
    section: "process",
    parse: controlPath,
    default: "beside",
    defaultText: "beside the pid file, else off",
    reload: "restart",
    summary: "Unix socket for tsgi ctl, or off",
    detail:
      "Where the server listens for `tsgi ctl`: the path of a Unix socket, with mode 0600. `beside` is the path of `--pid` with the ending `.ctl`, and none when there is no pid file. `off` is none.",
    since: "0.2.0",
  }),
  user: option({
    flags: "-u, --user",
    arg: "<user>",
    env: [],
    section: "process",
    parse: orNothing(text("the name or number of a user", { max: 256, pattern: /^[^\s:,/]+$/ }), { off: false }),
    default: null,
    defaultText: "unchanged",
    reload: "respawn",
    summary: "run the workers as this user",
    detail:
      "The user, by name or number, that the workers become before they load the application, with the user's supplementary groups. The master stays what it is.",
    since: "0.1.0",
  }),
  group: option({
    flags: "-g, --group",
    arg: "<group>",
    env: [],
    section: "process",
    parse: orNothing(text("the name or number of a group", { max: 256, pattern: /^[^\s:,/]+$/ }), { off: false }),
    default: null,
    defaultText: "unchanged",
    reload: "respawn",
    summary: "run the workers as this group",
    detail: "The group, by name or number, of the workers. Without it, with `--user`, that user's own group.",
    since: "0.1.0",
  }),
  umask: option({
    flags: "--umask",
    arg: "<octal>",
    env: [],
    section: "process",
    parse: orNothing(octal(), { off: false }),
    default: null,
    defaultText: "unchanged",
    reload: "restart",
    summary: "permissions that new files lack",
    detail: "The permissions, in octal, that files and Unix sockets made by the server and the application do not get.",
    since: "0.1.0",
  }),
  name: option({
    flags: "-n, --name",
    arg: "<name>",
    env: [],
    section: "process",
    parse: orNothing(text("one line of at most 64 characters", { max: 64 }), { off: false }),
    default: null,
    defaultText: "the application",
    reload: "respawn",
    summary: "name in the process list",
    detail: "The name that `ps` shows for the master and the workers. Without it, the application's.",
    since: "0.1.0",
  }),
} as const satisfies Readonly<Record<string, Row<unknown, unknown>>>;

export type OptionKey = keyof typeof OPTIONS;

type ValueOf<R> = R extends Row<infer Value, infer _Input> ? Value : never;
type InputOf<R> = R extends { readonly parse: Kind<infer _Value, infer Input> } ? Input : never;

/** What is in force. Durations are in seconds (fractions allowed), sizes in bytes, paths absolute. JSON-safe and frozen. */
export type Settings = { readonly [Key in OptionKey]: ValueOf<(typeof OPTIONS)[Key]> } & {
  /** Where the hooks are; null without any. No row: only a configuration file can say them. */
  readonly hooks: HooksSource | null;
  /** Null but under `tsgi dev`. No row: only the command says it. */
  readonly development: Development | null;
};

/** What a configuration file may say; durations and sizes also as text, such as "30s" and "10M". */
export type ConfigInput = { readonly [Key in OptionKey]?: InputOf<(typeof OPTIONS)[Key]> | undefined } & {
  /** Functions that are called at points of the server's life; not in JSON. */
  readonly hooks?: Hooks | undefined;
};

/** In the order of the table. */
export const OPTION_KEYS = Object.keys(OPTIONS) as readonly OptionKey[];

export const rowOf = (key: OptionKey): Row<unknown, unknown> => OPTIONS[key];

/** The flag by which messages name an option: `--max-requests`. Undefined for what is said without one. */
export const longFlag = (key: OptionKey): string | undefined => /--[a-z-]+/.exec(OPTIONS[key].flags)?.[0];

/** `maxRequests` in `TSGI_MAX_REQUESTS`. */
const ownVariable = (key: OptionKey): string => `TSGI_${key.replace(/[A-Z]/g, "_$&").toUpperCase()}`;

/** The variables of an option, strongest first. */
export function variablesOf(key: OptionKey): readonly (string | LastResort)[] {
  const { env } = rowOf(key);
  return env === null ? [] : [ownVariable(key), ...env];
}

/** Where the configuration file is. It names no setting, so it has no row; help and the reference page show it too. */
export const CONFIG_FILE = {
  flags: "-c, --config",
  arg: "<file>",
  variable: "TSGI_CONFIG",
  summary: "the configuration file",
  detail:
    "The configuration file, relative to where tsgi was started. Without it, the one of the default names that is there; two of them are an error.",
  defaultText: "tsgi.config.ts, .mts, .js, .mjs, .cjs or .json",
  endings: ["ts", "mts", "js", "mjs", "cjs", "json"],
} as const;

/** The key for the hooks. It is no setting either; the reference page shows it. */
export const HOOKS_KEY = "hooks";

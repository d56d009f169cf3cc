// Flags that other servers have and tsgi has not: what is said here instead. A person who comes from one of them types its words first, and the
// nearest name of ours would send him the wrong way. Does not know which server he comes from.

/** What stands in the brackets behind `unknown flag --host`. Flags of ours in it are written with their dashes. */
const INSTEAD: readonly (readonly [flags: string, instead: string])[] = [
  ["--host --port --address --listen --hostname", "an address is --bind HOST:PORT"],
  ["--uds --unix --socket --unix-socket", "a Unix socket is --bind unix:PATH"],
  ["--fd", "a descriptor is --bind fd://N; what systemd passes is used without being named"],
  ["--reuse-port", "that is --accept reuse-port"],
  ["--instances -i", "workers are --workers N, or auto"],
  ["-k --worker-class", "there is one kind of worker, an event loop; what an application is, is --interface"],
  ["--threads", "a worker serves many requests at once without threads; more of them are --workers"],
  ["--factory", "a factory is said by its parentheses: module:create()"],
  ["--app-dir", "the folder is --chdir"],
  ["--wsgi --asgi --node --fetch", "that is --interface tsgi, asgi, node or fetch"],
  ["--loop --http --http-parser --asgi-loop", "there is one event loop and one HTTP parser"],
  ["--ws", "websockets are always on, and --limit-websockets bounds them"],
  ["--ws-max-queue", "16 messages wait for the application, and then the client"],
  ["--ws-per-message-deflate", "that is --ws-deflate"],
  ["--lifespan", "an application that takes part in the lifespan gets it"],
  ["--root-path", "a prefix is said by the proxy: X-Forwarded-Prefix, or SCRIPT_NAME (--forwarder-fields)"],
  ["--proxy-headers --no-proxy-headers", "proxies that are believed are --forwarded-allow, off for none"],
  ["--forwarded-allow-ips", "that is --forwarded-allow"],
  ["--header-map", "that is --underscores"],
  [
    "--watch --watch-path --watch-delay --reload-dir --reload-include --reload-delay --reload-extra-file --include --ext --delay --debounce --hot --respawn",
    "tsgi dev watches what the program loads; what else is read is --reload-extra",
  ],
  ["--reload-exclude --ignore --ignore-watch --exclude", "that is --reload-ignore"],
  ["--legacy-watch -L --poll --interval", "that is --reload-engine poll"],
  ["--no-reload --noreload", "that is --reload off"],
  ["--exec --transpile-only --turbo --turbopack --tsconfig", "TypeScript is loaded without a tool in front"],
  ["--livereload", "that is --live-reload"],
  ["--browser --launch", "that is --open; the variable BROWSER says with what"],
  ["--type-check --typecheck", "that is --check"],
  ["--debug --debug-port --inspect-port", "a debugger attaches with --inspect; errors are shown with --error-pages"],
  ["--inspect-brk --inspect-wait", "that is --inspect, and a debugger; statement in the program"],
  ["--strictPort --strict-port", "a port that is taken is an error in any case"],
  ["--mode", "that is the variable NODE_ENV, which is development in tsgi dev"],
  ["--clearScreen --clear-screen --watch-preserve-output", "nothing is cleared but by the key l of tsgi dev"],
  ["--https --experimental-https", "TLS ends in the proxy in front: docs/deploy/nginx.md"],
  ["--preload --preload-app", "Node cannot fork a loaded program: every worker loads it"],
  ["--daemon -D --daemonize", "it stays in the foreground: systemd, a container or a shell keeps it running"],
  ["--raw-env -e", "that is --env NAME=VALUE"],
  ["--pidfile", "that is --pid"],
  ["--proc-name", "that is --name"],
  ["--cwd", "that is --chdir"],
  ["--uid", "that is --user"],
  ["--gid", "that is --group"],
  ["--keepalive --timeout-keep-alive --keep-alive-timeout", "that is --keep-alive, in seconds"],
  ["--timeout-graceful-shutdown --kill-timeout", "that is --graceful-timeout"],
  ["--timeout-worker-healthcheck", "that is --timeout, for a blocked event loop"],
  ["--listen-timeout --wait-ready", "a worker that is not ready within --boot-timeout is not taken"],
  ["--max-memory-restart --max-memory", "that is --max-rss, such as 500M"],
  ["--cron-restart", "by age, that is --max-worker-lifetime"],
  ["--limit-concurrency", "that is --limit-in-flight, with --overload 503"],
  ["--limit-max-requests", "that is --max-requests"],
  ["--limit-max-requests-jitter", "that is --max-requests-jitter"],
  ["--limit-request-fields", "that is --limit-fields"],
  ["--limit-request-field_size --limit-request-field-size", "that is --limit-field-size"],
  ["--h11-max-incomplete-event-size --max-http-header-size", "that is --limit-fields-size"],
  ["--access-logfile", "that is --access-log, - for standard output"],
  ["--access-logformat", "that is --access-log-format"],
  ["--no-access-log", "the access log is off unless --access-log is said"],
  [
    "--error-logfile --log-file --output --error --log-config",
    "the log goes to standard error: redirect it; its form is --log-format",
  ],
  ["--use-colors --no-use-colors --no-color", "colours are for terminals, unless NO_COLOR is set"],
  [
    "--certfile --keyfile --ca-certs --ssl-certfile --ssl-keyfile --ssl-keyfile-password --ssl-version --ssl-cert-reqs --ssl-ca-certs --ssl-ciphers --cert --key",
    "TLS ends in the proxy in front: docs/deploy/nginx.md",
  ],
  ["--http2", "HTTP/1.1 only: the proxy in front speaks HTTP/2"],
  ["--check-config", "that is the command tsgi check"],
  ["--print-config", "that is the command tsgi config"],
  ["--control-socket", "that is --control"],
  ["--no-control-socket", "that is --control off"],
  ["--sendfile --no-sendfile", "Node has no sendfile"],
  ["--node-args --interpreter-args --max-old-space-size", "options of Node go into NODE_OPTIONS"],
  ["--import --require -r --loader", "options of Node go into NODE_OPTIONS; TypeScript is loaded without any"],
];

const BY_FLAG: ReadonlyMap<string, string> = new Map(
  INSTEAD.flatMap(([flags, instead]) => flags.split(" ").map((flag) => [flag, instead] as const)),
);

/** Every flag that has an answer. */
export const ELSEWHERE: readonly string[] = [...BY_FLAG.keys()];

/**
 * ` (an address is --bind HOST:PORT)`, or nothing for a flag that is not known here either.
 *
 * @param flag With its dashes; of `-i4` the letter counts.
 */
export function saidInstead(flag: string): string {
  const name = /^-[A-Za-z]/.exec(flag)?.[0] ?? flag;
  const instead = BY_FLAG.get(name);
  return instead === undefined ? "" : ` (${instead})`;
}

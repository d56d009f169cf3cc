// What a worker puts around its application while a program is being written. One door: worker/development.ts opens it, and only where
// one of the settings asks for it.

import type { Settings } from "../config/options.ts";
import type { Serve } from "../gateway/exchange.ts";
import type { GatewayHost } from "../gateway/host.ts";
import { Failures } from "./failures.ts";
import { withLiveReload } from "./live-reload.ts";
import { isOwnPath, withOwnPaths } from "./own-paths.ts";
import { bootId } from "./words.ts";

export interface LayerOptions {
  readonly settings: Pick<Settings, "reload" | "errorPages" | "liveReload" | "chdir">;
  readonly generation: number;
}

export class DevelopmentLayer {
  readonly #options: LayerOptions;
  readonly #failures: Failures | undefined;
  readonly #boot: string;

  constructor(options: LayerOptions) {
    const { settings, generation } = options;
    this.#options = options;
    this.#boot = bootId(generation);
    // Where nothing starts anew, a page has nothing to wait for.
    const boot = settings.reload === "on" ? this.#boot : null;
    this.#failures =
      settings.errorPages === "off"
        ? undefined
        : new Failures({ root: settings.chdir, boot, anyHost: settings.errorPages === "any-host" });
  }

  /** Whether a request is answered here, and is none of the application's: it takes no place, and has no line in the access log. */
  readonly isOwn = (target: string): boolean => {
    const { reload, liveReload } = this.#options.settings;
    return reload === "on" && isOwnPath(target, this.#hasScript(liveReload));
  };

  around(gateway: (host: GatewayHost) => Serve): (host: GatewayHost) => Serve {
    const { reload, liveReload } = this.#options.settings;
    if (reload !== "on") return this.#failures?.around(gateway) ?? gateway;
    const script = this.#hasScript(liveReload);
    const tagged = (host: GatewayHost): Serve => {
      const serve = gateway(host);
      return script ? withLiveReload(serve, { boot: this.#boot, errorsOnly: liveReload !== "on" }) : serve;
    };
    const shown = this.#failures?.around(tagged) ?? tagged;
    return (host) => withOwnPaths(shown(host), { boot: this.#boot, script, nextRequestId: host.nextRequestId });
  }

  /** See Failures; at once where there is nobody to tell. */
  answerLast(error: unknown): Promise<void> {
    return this.#failures?.answerLast(error) ?? Promise.resolve();
  }

  #hasScript(liveReload: Settings["liveReload"]): boolean {
    return liveReload === "on" || this.#failures !== undefined;
  }
}

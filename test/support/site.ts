// A small site for tests of the application side: one view, or some, behind some middlewares, and a client that asks it.

import { Client, type ClientOptions } from "../../src/application/client.ts";
import { getApplication } from "../../src/application/get-application.ts";
import { path } from "../../src/application/paths.ts";
import { Response } from "../../src/application/response.ts";
import type { SettingsInput } from "../../src/application/settings.ts";
import type { MiddlewareEntry, View } from "../../src/application/types.ts";

export interface Site extends Omit<SettingsInput, "urls" | "middleware"> {
  readonly views?: Readonly<Record<string, View>>;
  readonly client?: ClientOptions;
}

export const SECRET_KEY = "a long random text that only tests know";

/** Views by their routes; by default one that says hello at the root. */
export function site(middleware: readonly MiddlewareEntry[], { views, client, ...settings }: Site = {}): Client {
  const urls = Object.entries(views ?? { "": () => new Response("hello") }).map(([route, view]) => path(route, view));
  return new Client(getApplication({ secretKey: SECRET_KEY, ...settings, urls, middleware }), client);
}

// Which pages may send a form here, by what their browser says of them: one row a case.

import assert from "node:assert/strict";
import { test } from "node:test";
import { originObjection } from "../../../src/application/middlewares/csrf-origin.ts";
import { Request } from "../../../src/application/request.ts";
import { setup } from "../../../src/application/settings.ts";
import type { Environ } from "../../../src/gateway/types.ts";

const SETTINGS = setup({ urls: [] });
const TRUSTED = ["https://partner.example", "https://*.example.org", "http://local.test:3000"];

interface Row {
  readonly secure?: boolean;
  readonly host?: string;
  readonly origin?: string;
  readonly referer?: string;
}

function objection({ secure = true, host = "site.example", origin, referer }: Row): string | undefined {
  const environ = { "tsgi.url_scheme": secure ? "https" : "http", HTTP_HOST: host } as unknown as Environ;
  if (origin !== undefined) environ["HTTP_ORIGIN"] = origin;
  if (referer !== undefined) environ["HTTP_REFERER"] = referer;
  return originObjection(new Request(environ, SETTINGS), TRUSTED);
}

test("our own pages and those of trusted origins pass", () => {
  const rows: readonly Row[] = [
    { origin: "https://site.example" },
    { origin: "https://site.example", host: "Site.example:443" },
    { origin: "http://site.example:8000", host: "site.example:8000", secure: false },
    { origin: "https://partner.example" },
    { origin: "https://a.b.example.org" },
    { origin: "https://example.org" },
    { origin: "http://local.test:3000" },
    { referer: "https://site.example/page?x" },
    { referer: "https://a.example.org/page" },
    { secure: false },
    { secure: false, referer: "https://evil.example/" },
  ];
  for (const row of rows) assert.equal(objection(row), undefined, JSON.stringify(row));
});

test("every other page does not, and the reason names what was sent", () => {
  const rows: readonly (readonly [Row, RegExp])[] = [
    [{ origin: "https://evil.example" }, /origin "https:\/\/evil\.example" is not trusted/],
    [{ origin: "null" }, /origin "null"/],
    [{ origin: "http://site.example" }, /not trusted/],
    [{ origin: "https://site.example:8443" }, /not trusted/],
    [{ origin: "https://site.example.evil" }, /not trusted/],
    [{ origin: "https://evilexample.org" }, /not trusted/],
    [{ origin: "http://a.example.org" }, /not trusted/],
    // No browser says these, and their ends are not those of their hosts.
    [{ origin: "https://evil/.example.org" }, /not trusted/],
    [{ origin: "https://evil?.example.org" }, /not trusted/],
    [{ origin: "https://evil\\.example.org" }, /not trusted/],
    [{ origin: "https://sub.partner.example" }, /not trusted/],
    [{ origin: "https://evil.example", secure: false }, /not trusted/],
    [{}, /neither an Origin nor a Referer/],
    [{ referer: "page" }, /"page" is no address/],
    [{ referer: "http://site.example/" }, /is not secure/],
    [{ referer: "https://evil.example/https://site.example/" }, /is of another site/],
    [{ referer: "https://site.example@evil.example/" }, /is of another site/],
  ];
  for (const [row, reason] of rows) assert.match(objection(row) ?? "", reason, JSON.stringify(row));
});

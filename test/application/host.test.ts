import assert from "node:assert/strict";
import { test } from "node:test";
import { DisallowedHost } from "../../src/application/exceptions.ts";
import { fits, hostOf, nameOf } from "../../src/application/host.ts";
import { environOf } from "../support/application.ts";

const ask = (host: string, allowedHosts: readonly string[] = ["*"], debug = false): string => {
  const environ = environOf();
  environ["HTTP_HOST"] = host;
  return hostOf(environ, { allowedHosts, debug });
};

test("what is a host is given as it was said", () => {
  for (const host of ["example.com", "example.com:8000", "EXAMPLE.com.", "[::1]:80", "127.0.0.1", "a_b.example"]) {
    assert.equal(ask(host), host);
  }
});

test("what is no host is refused, also where any is allowed", () => {
  for (const host of ["", "a b", "a/b", "a@b", "example.com:", "example.com:x", "[::1", "a\tb", "é", "a:1:2", "x#y"]) {
    assert.throws(() => ask(host), DisallowedHost, host);
  }
});

test("allowed hosts: by name, by domain and all below it, without case, port and final dot", () => {
  const allowed = ["example.com.", ".example.org"];
  for (const host of ["example.com", "EXAMPLE.COM:80", "example.com.", "example.org", "a.b.example.org"]) {
    assert.equal(ask(host, allowed), host);
  }
  for (const host of ["www.example.com", "notexample.org", "example.com.evil", "localhost"]) {
    assert.throws(
      () => ask(host, allowed),
      (e) => e instanceof DisallowedHost && e.message.includes("allowedHosts"),
      host,
    );
  }
});

test("in development the own machine is always allowed", () => {
  for (const host of ["localhost:8000", "site.localhost", "127.0.0.1", "[::1]:8000"]) {
    assert.equal(ask(host, ["example.com"], true), host);
    assert.throws(() => ask(host, ["example.com"], false), DisallowedHost);
  }
});

test("without a Host field the server's name and port are taken", () => {
  const environ = environOf({ fields: [], version: "1.0" });
  delete environ["HTTP_HOST"];
  assert.equal(hostOf(environ, { allowedHosts: ["*"], debug: false }), "127.0.0.1:8000");
  environ.SERVER_NAME = "::1";
  environ.SERVER_PORT = "80";
  assert.equal(hostOf(environ, { allowedHosts: ["*"], debug: false }), "[::1]");
});

test("names and patterns alone", () => {
  assert.equal(nameOf("Example.COM:80"), "example.com");
  assert.equal(fits("a.example", "*"), true);
  assert.equal(fits("a.example", ".EXAMPLE"), true);
});

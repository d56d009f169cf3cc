import "reflect-metadata";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Controller, Get, Module, type OnApplicationShutdown, type OnModuleInit, Param } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { serveNode } from "../support/node-worker.ts";

const heard: string[] = [];

class Hello implements OnModuleInit, OnApplicationShutdown {
  onModuleInit(): void {
    heard.push("init");
  }

  onApplicationShutdown(): void {
    heard.push("shutdown");
  }

  greet(name: string): object {
    return { hello: name };
  }

  fail(): never {
    throw new Error("broken");
  }
}

// As decorators would: they are no part of the TypeScript that only types are erased from.
Get("hello/:name")(Hello.prototype, "greet", Object.getOwnPropertyDescriptor(Hello.prototype, "greet")!);
Param("name")(Hello.prototype, "greet", 0);
Get("fail")(Hello.prototype, "fail", Object.getOwnPropertyDescriptor(Hello.prototype, "fail")!);
Controller()(Hello);
class AppModule {}
Module({ controllers: [Hello] })(AppModule);

test("Nest: routes, its own 404 and 500, and its lifecycle, from init() to close()", async (t) => {
  const app = await NestFactory.create(AppModule, { logger: false });
  await app.init();
  const { url, troubles } = serveNode(t, app.getHttpServer());
  assert.deepEqual(await (await fetch(`${url}/hello/ada`)).json(), { hello: "ada" });
  assert.equal((await fetch(`${url}/fail`)).status, 500);
  assert.equal(((await (await fetch(`${url}/nowhere`)).json()) as { statusCode: number }).statusCode, 404);
  assert.deepEqual(troubles, []);
  t.after(async () => {
    await app.close();
    assert.deepEqual(heard, ["init", "shutdown"]);
  });
});

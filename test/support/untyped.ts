// Frameworks that bring no types, or need decorators, as far as the tests of recognition use them.

import type { RequestListener, Server } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

interface Express extends RequestListener {
  listen(...asked: unknown[]): Server;
}

export const express = require("express") as { (): Express; Router(): RequestListener };

export const Koa = (require("koa") as { default?: unknown }).default as unknown as new () => {
  listen(...asked: unknown[]): Server;
};

/** A Nest application whose only module is this class. */
export function nestOf(module: new () => object): Promise<unknown> {
  require("reflect-metadata");
  const { Module } = require("@nestjs/common") as { Module(parts: object): (module: unknown) => void };
  const { NestFactory } = require("@nestjs/core") as {
    NestFactory: { create(module: unknown, options: object): Promise<unknown> };
  };
  Module({})(module);
  return NestFactory.create(module, { logger: false });
}

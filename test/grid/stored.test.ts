import assert from "node:assert/strict";
import { test } from "node:test";
import { changes, merge, parseResults, type Results, renderResults } from "./stored.ts";
import { OK } from "./verdict.ts";

const odd = { word: "as", note: "as node:http: status 404" } as const;
const results: Results = { versions: { A: "1", B: "2" }, cells: { x: { A: OK, B: odd }, y: { A: OK } } };

test("what is written is read as it was", () => {
  const words = { x: { A: { word: "known", note: "a: b" }, B: { word: "DIFFERENT", note: "status 1" } } } as const;
  assert.deepEqual(parseResults(renderResults(results)), results);
  assert.deepEqual(parseResults(renderResults({ versions: {}, cells: words })).cells, words);
  assert.throws(() => parseResults('{ "versions": {}, "cells": { "x": { "A": "fine" } } }'), /fine: expected ok, as/);
});

test("a cell that is otherwise than it was stored is named, one that was not looked at is not", () => {
  assert.deepEqual(changes(results, results), []);
  assert.deepEqual(changes(results, { versions: {}, cells: { x: { A: odd } } }), [
    "A, x: as node:http: status 404; stored is ok",
  ]);
  assert.deepEqual(changes(results, { versions: {}, cells: { z: { A: OK } } }), ["A, z: new: ok"]);
});

test("a run of a part replaces that part, and rows that are gone go", () => {
  const merged = merge(results, { versions: { A: "3" }, cells: { x: { A: odd } } }, ["x"]);
  assert.deepEqual(merged, { versions: { A: "3", B: "2" }, cells: { x: { A: odd, B: odd } } });
});

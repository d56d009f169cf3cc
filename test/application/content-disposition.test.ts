import assert from "node:assert/strict";
import { test } from "node:test";
import { contentDisposition } from "../../src/application/content-disposition.ts";

test("a name in ASCII is quoted; any other comes twice, plain and by RFC 8187", () => {
  const rows = [
    [true, "a.txt", 'attachment; filename="a.txt"'],
    [false, "a.txt", 'inline; filename="a.txt"'],
    [true, undefined, "attachment"],
    [true, "", "attachment"],
    [false, undefined, undefined],
    [true, 'a "b".txt', 'attachment; filename="a \\"b\\".txt"'],
    [
      true,
      "ä€ (1)'*.txt",
      "attachment; filename=\"__ (1)'*.txt\"; filename*=UTF-8''%C3%A4%E2%82%AC%20%281%29%27%2A.txt",
    ],
    [true, "100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"],
    [true, "😀", "attachment; filename=\"_\"; filename*=UTF-8''%F0%9F%98%80"],
    [true, "a\r\nSet-Cookie: x=y", 'attachment; filename="a__Set-Cookie: x=y"'],
    [true, "../a\\b", 'attachment; filename=".._a_b"'],
    [true, "\ud800", "attachment; filename=\"_\"; filename*=UTF-8''%EF%BF%BD"],
  ] as const;
  for (const [attachment, name, expected] of rows) assert.equal(contentDisposition(attachment, name), expected, name);
});

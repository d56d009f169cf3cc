// Forms with files, over real input streams: what is taken, what is refused with which status, and that no temporary file is ever left.

import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { TooManyFields, TooManyFiles } from "../../src/application/exceptions.ts";
import type { Form } from "../../src/application/form.ts";
import { readMultipart } from "../../src/application/multipart.ts";
import type { Request } from "../../src/application/request.ts";
import type { SettingsInput } from "../../src/application/settings.ts";
import { RequestError } from "../../src/gateway/exchange.ts";
import { requestOf, settingsOf } from "../support/application.ts";
import { Random } from "../support/random.ts";
import { tempFolder } from "../support/temp-folder.ts";

const TYPE = "multipart/form-data; boundary=B";
const field = (name: string, value: string): string =>
  `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const file = (name: string, filename: string, content: string, more = ""): string =>
  `--B\r\nContent-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: text/plain\r\n${more}\r\n${content}\r\n`;
const END = "--B--\r\n";

interface Upload {
  readonly request: Request;
  /** Temporary files there are. */
  left(): string[];
}

function upload(t: TestContext, body: readonly (string | Error)[], limits: Partial<SettingsInput> = {}): Upload {
  const folder = tempFolder(t);
  const settings = settingsOf({ fileUploadTempDir: folder, ...limits });
  const request = requestOf({ method: "POST", headers: { "content-type": TYPE }, body, settings });
  t.after(() => request.close());
  return { request, left: () => readdirSync(folder) };
}

const statusOf = (form: Promise<Form>): Promise<unknown> =>
  form.then(
    () => 200,
    (error: unknown) => (error as { status?: number }).status ?? error,
  );

test("fields and files by their names, in their order, as text and bytes", async (t) => {
  const body =
    field("a", "1") + file("f", "x.txt", "hello") + field("é", "ü") + field("a", "") + file("f", "y.txt", "") + END;
  const { request, left } = upload(t, [Buffer.from(body).toString("latin1")]);
  const form = await request.form();
  assert.deepEqual(
    [...form.fields],
    [
      ["a", "1"],
      ["é", "ü"],
      ["a", ""],
    ],
  );
  assert.equal(form.files.size, 2);
  const [first, second] = form.files.getAll("f");
  assert.deepEqual(
    [first!.filename, first!.contentType, first!.size, first!.inMemory],
    ["x.txt", "text/plain", 5, true],
  );
  assert.equal(await first!.text(), "hello");
  assert.deepEqual([second!.size, (await second!.read()).length], [0, 0]);
  assert.equal(form.files.has("g"), false);
  assert.equal(await request.form(), form);
  assert.deepEqual(left(), []);
});

test("the form is the same however its bytes are cut", async (t) => {
  const body = `preamble\r\n${field("a", "1\r\n--\r\n2")}${file("f", "x", "a\r\n--C\r\nb")}${END}epilogue`;
  for (const size of [1, 2, 3, 7, 50]) {
    const chunks = Array.from({ length: Math.ceil(body.length / size) }, (_, i) =>
      body.slice(i * size, (i + 1) * size),
    );
    const form = await upload(t, chunks).request.form();
    assert.equal(form.fields.get("a"), "1\r\n--\r\n2");
    assert.equal(await form.files.get("f")!.text(), "a\r\n--C\r\nb");
  }
});

test("files go to disk when they do not fit into memory together, readable by nobody else, and go with the request", async (t) => {
  const big = "x".repeat(300_000);
  const body = file("small", "s", "small") + file("big", "b", big) + file("rest", "r", "rest") + END;
  const { request, left } = upload(t, [body], { fileUploadMaxMemorySize: 1000 });
  const { files } = await request.form();
  assert.deepEqual(
    ["small", "big", "rest"].map((name) => files.get(name)!.inMemory),
    [true, false, true],
  );
  const kept = files.get("big")!;
  assert.equal(left().length, 1);
  assert.equal(statSync(kept.path!).mode & 0o777, 0o600);
  assert.equal(await kept.text(), big);
  let streamed = 0;
  for await (const block of kept.stream()) streamed += (block as Buffer).length;
  assert.equal(streamed, big.length);
  await request.close();
  await request.close();
  assert.deepEqual(left(), []);
  assert.equal(kept.path, undefined);
  await assert.rejects(kept.read(), /until the response is over/);
});

test("memory is shared by all files of a request", async (t) => {
  const files = Array.from({ length: 20 }, (_, i) => file(`f${i}`, "n", "x".repeat(100)));
  const { request, left } = upload(t, [files.join("") + END], { fileUploadMaxMemorySize: 1000 });
  const form = await request.form();
  assert.equal([...form.files].filter(([, one]) => one.inMemory).length, 10);
  assert.equal(left().length, 10);
});

test("malformed and cut bodies are 400, what is over a limit is 413 or 400 by its kind, and nothing is left on disk", async (t) => {
  const big = file("f", "big", "x".repeat(5000));
  const rows: readonly (readonly [
    title: string,
    body: readonly string[],
    status: number,
    limits?: Partial<SettingsInput>,
  ])[] = [
    ["nothing", [], 400],
    ["no boundary in it", ["hello"], 400],
    ["cut in a field", [field("a", "1").slice(0, -5)], 400],
    ["cut in a header", ["--B\r\nContent-Disp"], 400],
    ["cut in a file", [big.slice(0, 3000)], 400],
    ["cut in a file that was not chosen", [file("f", "", "x".repeat(50)).slice(0, -20)], 400],
    ["a large part that is no form-data, in one chunk", [`--B\r\nX: y\r\n\r\n${"x".repeat(70_000)}\r\n${END}`], 400],
    ["a boundary after the end", ["\r\n--B--\r\n--B\n"], 200],
    ["cut before the end", [big], 400],
    ["a part without a name", [`--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n${END}`], 400],
    ["a file in base64", [file("f", "x", "aGk=", "Content-Transfer-Encoding: base64\r\n") + END], 400],
    ["a file that is too large", [big, END], 413, { fileUploadMaxSize: 4999 }],
    ["the same, just not too large", [big, END], 200, { fileUploadMaxSize: 5000 }],
    ["a field that is too large", [field("a", "x".repeat(100)) + END], 413, { dataUploadMaxMemorySize: 99 }],
    [
      "fields that are too large together",
      [field("a", "x".repeat(60)) + field("b", "x".repeat(60)) + END],
      413,
      { dataUploadMaxMemorySize: 100 },
    ],
    ["names that are too large", [field("n".repeat(200), "") + END], 413, { dataUploadMaxMemorySize: 100 }],
    ["too many fields", [field("a", "1").repeat(4) + END], 400, { dataUploadMaxNumberFields: 3 }],
    ["too many files", [big + big + file("g", "x", "1") + END], 400, { dataUploadMaxNumberFiles: 2 }],
    ["too many files that were not chosen", [file("f", "", "").repeat(9) + END], 400, { dataUploadMaxNumberFiles: 2 }],
  ];
  for (const [title, body, status, limits] of rows) {
    const { request, left } = upload(t, body, { fileUploadMaxMemorySize: 1000, ...limits });
    assert.equal(await statusOf(request.form()), status, title);
    if (status !== 200) assert.deepEqual(left(), [], title);
    await request.close();
    assert.deepEqual(left(), [], title);
  }
});

test("the number of fields and of files has an error of its own", async (t) => {
  await assert.rejects(
    upload(t, [field("a", "1").repeat(2) + END], { dataUploadMaxNumberFields: 1 }).request.form(),
    TooManyFields,
  );
  await assert.rejects(
    upload(t, [file("a", "x", "1").repeat(2) + END], { dataUploadMaxNumberFiles: 1 }).request.form(),
    TooManyFiles,
  );
});

test("a type without a boundary is 400", async () => {
  const request = requestOf({ method: "POST", headers: { "content-type": "multipart/form-data" }, body: [END] });
  assert.equal(await statusOf(request.form()), 400);
});

test("a client that leaves in a file: its error goes on as it is, and the file is gone", async (t) => {
  const gone = new RequestError(499, "the client is gone");
  const { request, left } = upload(t, [file("f", "x", "x".repeat(200_000)).slice(0, 150_000), gone], {
    fileUploadMaxMemorySize: 0,
  });
  await assert.rejects(request.form(), (error) => error === gone);
  assert.deepEqual(left(), []);
});

test("a request that is closed while its form is read gives it up and removes what there is", async (t) => {
  const folder = tempFolder(t);
  let asked: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const parts = [Buffer.from(file("f", "x", "x".repeat(200_000)).slice(0, 150_000)), Buffer.from("x".repeat(100_000))];
  const reading = readMultipart({
    contentType: TYPE,
    settings: settingsOf({ fileUploadTempDir: folder, fileUploadMaxMemorySize: 0 }),
    input: (async function* () {
      yield parts[0]!;
      asked();
      yield parts[1]!;
      yield Buffer.from(END);
    })(),
  });
  await waiting;
  await reading.close();
  await assert.rejects(reading.form, /closed/);
  assert.deepEqual(readdirSync(folder), []);
});

test("a client that has stopped sending holds up no closing", async (t) => {
  const folder = tempFolder(t);
  let silent: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => {
    silent = resolve;
  });
  const reading = readMultipart({
    contentType: TYPE,
    settings: settingsOf({ fileUploadTempDir: folder, fileUploadMaxMemorySize: 0 }),
    input: (async function* () {
      yield Buffer.from(file("f", "x", "x".repeat(200_000)).slice(0, 150_000));
      silent();
      await new Promise(() => undefined);
    })(),
  });
  await waiting;
  await reading.close();
  await assert.rejects(reading.form, /closed/);
  assert.deepEqual(readdirSync(folder), []);
});

test("a folder that cannot be written is our error, not the client's, and ends the reading", async (t) => {
  const { request } = upload(t, [file("f", "x", "x".repeat(200_000)), END], {
    fileUploadMaxMemorySize: 0,
    fileUploadTempDir: join(tempFolder(t), "not-there"),
  });
  const error = await request.form().catch((e: unknown) => e as NodeJS.ErrnoException);
  assert.equal((error as NodeJS.ErrnoException).code, "ENOENT");
});

test("a file is written as fast as it is read: the source is not asked while the disk is behind", async (t) => {
  const folder = tempFolder(t);
  const block = Buffer.alloc(65_536, "x");
  let given = 0;
  let most = 0;
  const { form, close } = readMultipart({
    contentType: TYPE,
    settings: settingsOf({ fileUploadTempDir: folder, fileUploadMaxMemorySize: 0 }),
    input: (async function* () {
      yield Buffer.from(file("f", "x", "").slice(0, -2));
      for (let i = 0; i < 200; i += 1) {
        yield block;
        given += block.length;
        const [name] = readdirSync(folder);
        most = Math.max(most, given - (name === undefined ? 0 : statSync(join(folder, name)).size));
      }
      yield Buffer.from(`\r\n${END}`);
    })(),
  });
  assert.equal((await form).files.get("f")!.size, 200 * block.length);
  assert.ok(most <= 8 * block.length, `${most} bytes were on their way`);
  await close();
});

test("whatever a form is made of, it ends, with a status, and leaves nothing: no hang, no error that nobody hears", async (t) => {
  const folder = tempFolder(t);
  const random = new Random(7);
  const parts = [
    ...[
      "--B",
      "--B\r\n",
      "\r\n--B\r\n",
      "--B--",
      "\r\n--B--\r\n",
      "\r\n",
      "\r\n\r\n",
      "\r",
      "\n",
      "--",
      ":",
      "\0",
      "X: y\r\n",
    ],
    ...['Content-Disposition: form-data; name="a"', '; filename="x"', '; filename=""', "; name*=utf-8''%zz"],
    ...[field("a", "1"), file("f", "x", "1").slice(0, -3), "x".repeat(300), "y".repeat(70_000)],
  ];
  for (let i = 0; i < 500; i += 1) {
    const body = `--B\r\n${Array.from({ length: random.below(12) }, () => random.pick(parts)).join("")}`;
    const chunks = random.pieces(Buffer.from(random.chance(0.5) ? `${body}\r\n${END}` : body), 60_000);
    const gone = new RequestError(499, "the client is gone");
    const leaves = random.chance(0.1);
    const reading = readMultipart({
      contentType: TYPE,
      settings: settingsOf({
        fileUploadTempDir: folder,
        fileUploadMaxMemorySize: random.below(2) * 100,
        fileUploadMaxSize: random.pick([500, 100_000]),
        dataUploadMaxMemorySize: random.pick([1000, 100_000]),
        dataUploadMaxNumberFields: 1 + random.below(4),
      }),
      input: (async function* () {
        for (const chunk of chunks) yield Buffer.from(chunk);
        if (leaves) throw gone;
      })(),
    });
    const title = `${i}: ${JSON.stringify(body.slice(0, 300))}`;
    const status = await statusOf(reading.form);
    assert.ok(
      leaves ? status === 499 || status === 400 || status === 413 : [200, 400, 413].includes(status as number),
      title,
    );
    await reading.close();
    assert.deepEqual(readdirSync(folder), [], title);
  }
});

test("names that could be paths are cut down, and files without a name left out", async (t) => {
  const body =
    file("a", "..\\..\\evil.exe", "1") +
    file("b", "/etc/passwd", "2") +
    file("c", "..", "3") +
    file("d", "", "4") +
    END;
  const { files } = await upload(t, [body]).request.form();
  assert.deepEqual(
    [...files].map(([name, one]) => [name, one.filename]),
    [
      ["a", "evil.exe"],
      ["b", "passwd"],
      ["c", "file"],
    ],
  );
});

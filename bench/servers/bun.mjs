// Bun.serve with a handler. Its static routes would answer without calling JavaScript, which is another job.

const HEADERS = { "Content-Type": "text/plain" };

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: () => new Response("Hello, world!", { headers: HEADERS }),
});
console.log(`http://127.0.0.1:${server.port}`);

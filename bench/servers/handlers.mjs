// Handlers for node:http as its documentation shows them, one for each row.

const PIECE = Buffer.alloc(16_384, "x");

const whole = (size) => {
  const body = Buffer.alloc(size, "x");
  return (_request, response) => {
    response.writeHead(200, { "Content-Type": "application/octet-stream", "Content-Length": size });
    response.end(body);
  };
};

const streamed = (pieces) => (_request, response) => {
  response.writeHead(200, { "Content-Type": "application/octet-stream" });
  let left = pieces;
  const pump = () => {
    while (left > 0) {
      left -= 1;
      if (!response.write(PIECE) && left > 0) {
        response.once("drain", pump);
        return;
      }
    }
    response.end();
  };
  pump();
};

export const HANDLERS = {
  hello(_request, response) {
    response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": 13 });
    response.end("Hello, world!");
  },
  echo(request, response) {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      response.writeHead(200, { "Content-Type": "application/json", "Content-Length": body.length });
      response.end(body);
    });
  },
  count(request, response) {
    let size = 0;
    request.on("data", (chunk) => {
      size += chunk.length;
    });
    request.on("end", () => {
      const body = String(size);
      response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": body.length });
      response.end(body);
    });
  },
  whole64k: whole(65_536),
  whole1m: whole(1_048_576),
  streamed64k: streamed(4),
  streamed1m: streamed(64),
};

export const { echo, hello } = HANDLERS;

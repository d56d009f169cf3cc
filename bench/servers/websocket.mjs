// The same as ws shows it.

import { server } from "./websocket-app.mjs";

server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));

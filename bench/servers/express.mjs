// The same application as Express listens itself.

import app from "./express-app.mjs";

const server = app.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
server.keepAliveTimeout = 75_000;

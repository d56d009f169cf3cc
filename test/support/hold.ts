// A request that is known to be in the application's hands, of test/programs/apps/site.js, and stays there as long as the test wants.

import { RawClient, type RawResponse } from "./client.ts";

export interface HeldRequest {
  readonly client: RawClient;
  /** Lets the application finish, and closes the connection. */
  finish(): Promise<RawResponse>;
}

const BODY = "to the end";

/** The answer is `held to the end`. Extra fields are whole lines; another target may do something else with the body. */
export async function holdRequest(where: number | string, extra = "", target = "/hold"): Promise<HeldRequest> {
  const client = await RawClient.connect(where);
  const length = `Content-Length: ${BODY.length}\r\n`;
  client.send(`POST ${target} HTTP/1.1\r\nHost: hold\r\n${length}Expect: 100-continue\r\n${extra}\r\n`);
  // Sent when the application reads, so that it must have been called.
  const { status } = await client.response();
  if (status !== 100) throw new Error(`answered ${status} before the body was sent`);
  return {
    client,
    async finish() {
      client.send(BODY);
      const answer = await client.response();
      client.close();
      return answer;
    },
  };
}

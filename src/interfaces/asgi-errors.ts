// What `send` rejects with. A mistake of the application is a ContractError or a TypeError; this one is nobody's.

/**
 * Nothing more can be sent, because nobody is there to be told: the client left, or the server gave the request up. `cause` says why. An
 * application may let it through: it is not logged.
 */
export class ClientDisconnectedError extends Error {
  override readonly name = "ClientDisconnectedError";

  constructor(cause: Error) {
    super(`nothing more can be sent: ${cause.message}`, { cause });
  }
}

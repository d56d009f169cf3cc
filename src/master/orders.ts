// What `tsgi ctl` asks for, as far as something has to be decided: each order is answered, at once or when its outcome is known. Pure.

import type { Order } from "./facts.ts";
import { reload } from "./generation.ts";
import { type Action, inSeconds, type Step, step, then, tire } from "./moves.ts";
import { objectionToCount, scaleTo } from "./scaling.ts";
import { reopenLogs } from "./signals.ts";
import { isSpare, type State } from "./state.ts";
import { stopServer } from "./stopping.ts";

export function onOrder(state: State, ticket: number, order: Order): Step {
  const answer = (ok: boolean, message: string): Action => ({ do: "answer", ticket, ok, message });
  if (state.stop !== null && order.order !== "stop") return step(state, answer(false, "the server is stopping"));
  switch (order.order) {
    case "reload":
      if (order.wait) return reload(state, [ticket]);
      return then(step(state, answer(true, "the reload has begun; its outcome is in the log")), (now) =>
        reload(now, []),
      );
    case "scale": {
      const objection = objectionToCount(state, order.count);
      if (objection !== undefined) return step(state, answer(false, objection));
      const wanted = order.count === 1 ? "1 worker is wanted" : `${order.count} workers are wanted`;
      return then(step(state, answer(true, wanted)), (now) => scaleTo(now, order.count));
    }
    case "restart":
      return restart(state, order.pid, answer);
    case "stop": {
      const grace = inSeconds(state.settings.gracefulTimeout * 1000);
      const how = order.style === "quick" ? "at once" : `gracefully, within ${grace}`;
      const told = step(state, answer(true, `the server stops ${how}`));
      return then(told, (now) =>
        stopServer(now, { by: `tsgi ctl stop${order.style === "quick" ? " --quick" : ""}`, wish: order.style }),
      );
    }
    case "reopen":
      return then(step(state, answer(true, "the log files are opened again")), reopenLogs);
  }
}

function restart(state: State, pid: number, answer: (ok: boolean, message: string) => Action): Step {
  const worker = state.workers.find((one) => one.pid === pid && !one.leaving && !isSpare(one));
  if (worker === undefined) {
    const pids = state.workers.flatMap((one) => (one.leaving || isSpare(one) || one.pid === null ? [] : [one.pid]));
    return step(state, answer(false, `no worker has the pid ${pid}; there are ${pids.join(", ") || "none"}`));
  }
  if (worker.phase !== "ready") return step(state, answer(false, `the worker with the pid ${pid} is still booting`));
  const told = step(state, answer(true, `worker ${worker.slot} (pid ${pid}) gets a successor and then leaves`));
  return then(told, (now) => tire(now, worker, "tsgi ctl restart"));
}

"""Interrupts a training cell that somebody watches, and asks what is left: the kernel must answer, and the training go on where
it stopped."""
import os
import pathlib
import sys
import time

from jupyter_client.manager import start_new_kernel

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRAINING = """import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	nb "scorelab/lib/notebook"
	"scorelab/lib/random"
	"scorelab/lib/train"
)

func plan() train.Plan {
	return train.Plan{
		Data: train.Shuffled(2, tensors.FromValue([]float64{1, 2, 3, 4})), Key: nb.Key("test"), Every: 100,
		Loss: func(scope *model.Scope, batch []*graph.Node, _ *random.Source) *graph.Node {
			return graph.Square(graph.Sub(scope.VariableWithValue("mean", 0.).NodeValue(batch[0]), batch[0]))
		},
	}
}"""
os.environ.update(SCORELAB_HEADLESS="", SCORELAB_CACHE=sys.argv[1], JUPYTER_PATH=str(ROOT / ".venv/share/jupyter"))
manager, client = start_new_kernel(kernel_name="scorelab", stderr=open(os.devnull, "w"))


def run(code, interrupt=False):
    """What a cell shows. It is interrupted once its curve was drawn twice: before it runs, it could not be."""
    shown, curves = [], 0
    running = client.execute(code)
    end = time.time() + 240
    while time.time() < end:
        if interrupt and curves > 1:
            manager.interrupt_kernel()
            interrupt = False
        try:
            message = client.get_iopub_msg(timeout=0.2)
        except Exception:
            continue
        if message["parent_header"].get("msg_id") != running:
            continue
        content = message["content"]
        if message["msg_type"] in ("display_data", "update_display_data"):
            page = content["data"].get("text/html", "")
            curves += "<progress" in page and "data:image/png" in page
            if "text/plain" in content["data"] and not page:
                shown.append(content["data"]["text/plain"].replace("\n", " "))
        elif message["msg_type"] in ("error", "stream"):
            shown.append((content.get("text") or content["evalue"]).strip().replace("\n", " "))
        elif message["msg_type"] == "status" and content["execution_state"] == "idle":
            return " ".join(shown + ["with a live curve"] * (curves > 1))
    raise SystemExit(f"the kernel did not answer; so far: {shown}")


try:
    print("declared:", run(TRAINING))
    print("interrupted:", run('%%\nnb.Train("mean", plan(), 100_000_000)\nnb.Say("trained, 100000000 steps")',
                              interrupt=True))
    print("after:", run('%%\nnb.Say("%d", 6*7)'))
    print("weights:", run('%%\nnb.Say("%v", nb.Weights("mean", plan()).GetVariable("/mean") != nil)'))
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)

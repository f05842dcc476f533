"""How long a reader waits: a cell that draws a figure from the library, changed in one line each time, until its output stands.

Prints the median in seconds; run it on a quiet machine. The first two rounds warm the caches and do not count.
"""
import os
import pathlib
import statistics
import time

from jupyter_client.manager import start_new_kernel

ROUNDS = 9
ROOT = pathlib.Path(__file__).resolve().parents[2]
IMPORTS = """import (
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	nb "scorelab/lib/notebook"
	"scorelab/lib/view"
)"""
CELL = """%%%%
field := nb.Must(view.Densities(nb.Backend(), density.Cross(), diffusion.OU{}, 4, 101, %g))[0]
nb.Row("", view.Plane("", 4, figure.Heat{Field: field}))"""

os.environ.update(SCORELAB_HEADLESS="1", JUPYTER_PATH=str(ROOT / ".venv/share/jupyter"))
manager, client = start_new_kernel(kernel_name="scorelab", stderr=open(os.devnull, "w"))
try:
    def run(code):
        shown, began = [], time.perf_counter()

        def see(message):
            if message["msg_type"] in ("display_data", "error"):
                shown.append((message["msg_type"], time.perf_counter() - began))

        client.execute_interactive(code, output_hook=see, timeout=120)
        return shown

    run(IMPORTS)
    times = []
    for k in range(ROUNDS + 2):
        (kind, seconds), = run(CELL % (0.1 + 0.05 * k))
        if kind == "error":
            raise SystemExit("the cell fails")
        times.append(seconds)
    print(f"median of {ROUNDS}: {statistics.median(times[2:]):.2f} s, {min(times[2:]):.2f} to {max(times[2:]):.2f}")
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)

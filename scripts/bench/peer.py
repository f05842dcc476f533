"""A peer of `make bench`: a process that does one work after the other, as JSON lines on its input ask.

python peer.py NAME, where NAME is a peer of cmd/bench/table.go. The works are the functions that the modules beside this file
register with `work`. Such a function takes the sizes and the inputs by name, and returns the numbers on which both sides must agree
and a function that runs the work once.
"""
import importlib
import json
import sys
import time
import traceback

from registry import MODULES, WORKS, Inputs


def answer(**fields):
    print(json.dumps(fields), file=OUT, flush=True)


def serve(name):
    run = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "prepare":
                run = None  # frees what the last work holds
                found, run = WORKS[name, request["kind"]](request["size"], Inputs(request["dir"]))
                run()  # compiles what is left to compile
                answer(**found)
            elif request["do"] == "run":
                start = time.perf_counter()
                run()
                answer(seconds=time.perf_counter() - start)
            else:
                run = None
                answer()
        except Exception:
            answer(error=traceback.format_exc(limit=-3).strip())


if __name__ == "__main__":
    # Libraries that print must not write between the answers.
    OUT, sys.stdout = sys.stdout, sys.stderr
    peer = sys.argv[1]
    try:
        notes = {}
        for module in MODULES[peer]:
            notes |= importlib.import_module(module).versions(peer)
    except Exception:
        answer(error=traceback.format_exc(limit=-1).strip())
        sys.exit(1)
    answer(notes=notes)
    serve(peer)

"""Asks one kernel the questions that come as JSON on standard input, [["execute", code], ["complete", code, position],
["inspect", code, position]], and prints the answers, one list of strings for each, and what the kernel wrote to Jupyter's
terminal."""
import json
import os
import pathlib
import re
import sys
import tempfile

from jupyter_client.manager import start_new_kernel

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.update(SCORELAB_HEADLESS="", JUPYTER_PATH=str(ROOT / ".venv/share/jupyter"))
with tempfile.TemporaryFile("w+") as log:
    manager, client = start_new_kernel(kernel_name="scorelab", stderr=log)

    def execute(code):
        shown = []

        def see(message):
            content = message["content"]
            if message["msg_type"] == "error":
                shown.append(re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(content["traceback"])))
            elif message["msg_type"] == "stream":
                shown.append(content["text"])
            elif message["msg_type"] == "display_data":
                shown.append(content["data"].get("text/plain", ""))

        client.execute_interactive(code, output_hook=see, timeout=120)
        return shown

    def answer(question):
        kind, *rest = question
        if kind == "execute":
            return execute(*rest)
        content = getattr(client, kind)(*rest, reply=True, timeout=120)["content"]
        return content["matches"] if kind == "complete" else list(content["data"].values())

    try:
        answers = [answer(question) for question in json.load(sys.stdin)]
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
    log.seek(0)
    json.dump({"answers": answers, "log": log.read()}, sys.stdout)

"""Executes notebooks headlessly and writes them back with their outputs.

    execute.py [--check | --dry-run] NOTEBOOK...

Every error of a cell fails, with notebook, cell and line. With --dry-run nothing is written; with --check, outputs that
differ from the committed ones fail, too: on the machine that made them they are the same bytes. Each notebook has an outer
limit of time: nbclient's own does not catch a kernel that dies.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import sys
import tempfile

import nbclient
import nbformat

import form

LIMIT = 600  # seconds for one notebook
LARGEST = 1_000_000  # bytes of one notebook
ROOT = pathlib.Path(__file__).resolve().parents[2]


def execute(path):
    """The notebook with fresh outputs, in a kernel of its own."""
    notebook = nbformat.read(path, as_version=4)
    # The order of a dict's keys and random cell names would make other bytes each time.
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    client = nbclient.NotebookClient(notebook, kernel_name="scorelab", record_timing=False, timeout=LIMIT, interrupt_on_timeout=True,
                                     resources={"metadata": {"path": str(path.parent)}})
    with open(os.devnull, "w") as nowhere:  # GoNB logs what it does; errors come as outputs
        client.execute(stderr=nowhere)
    form.normalize(notebook)
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"


def run(path):
    """Executes one notebook in this process; the text, or the reason why there is none."""
    try:
        return execute(path), None
    except nbclient.exceptions.CellExecutionError as error:
        text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
        return None, f"{path}: a cell fails\n{text}"
    except Exception as error:  # a dead kernel and a timeout have types of their own
        return None, f"{path}: {type(error).__name__}: {error}"


def write(path, text):
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".tmp-", suffix=".ipynb", delete=False, encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="write nothing; committed outputs must be the same")
    mode.add_argument("--dry-run", action="store_true", help="write nothing")
    parser.add_argument("notebooks", nargs="+", type=pathlib.Path)
    args = parser.parse_args()
    cache = tempfile.mkdtemp(prefix="scorelab-notebooks-")
    os.environ.update(SCORELAB_HEADLESS="1", SCORELAB_CACHE=cache, JUPYTER_PATH=str(ROOT / ".venv/share/jupyter"))
    failed = False
    try:
        for path in args.notebooks:
            with concurrent.futures.ProcessPoolExecutor(1) as pool:
                future = pool.submit(run, path.resolve())
                try:
                    text, error = future.result(timeout=LIMIT)
                except concurrent.futures.TimeoutError:
                    text, error = None, f"{path}: not done after {LIMIT} seconds"
                    for process in pool._processes.values():
                        process.kill()
                except concurrent.futures.process.BrokenProcessPool:
                    text, error = None, f"{path}: the process that ran it died"
            if text and len(text.encode()) > LARGEST:
                error = f"{path}: {len(text.encode())} bytes with outputs, more than {LARGEST}: fewer or smaller pictures"
            if text and not error and args.check and text != path.read_text(encoding="utf-8"):
                error = f"{path}: outputs differ from the committed ones: `make notebooks`, look at the difference, commit"
            if error:
                failed = True
                print(error, file=sys.stderr)
                continue
            if not args.check and not args.dry_run:
                write(path, text)
            print(f"{path}: {len(text.encode()) // 1000} kB")
    finally:
        shutil.rmtree(cache, ignore_errors=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

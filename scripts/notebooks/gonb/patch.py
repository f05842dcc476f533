"""Copies GoNB's module with three changes: compiler messages end with a hint (hints.go); the log does not start with a test
of itself, "Error message"; it connects to gopls at once, not after 12 s, and waits 30 s for an answer, not 8 s: the first
Tab comes while gopls reads the checkout.

    patch.py MODULE FOLDER
"""
import pathlib
import re
import shutil
import sys

source, target = map(pathlib.Path, sys.argv[1:])
without = shutil.ignore_patterns("examples", "docs", "nbtests")
shutil.copytree(source, target, copy_function=shutil.copyfile, ignore=without)


def change(path, pattern, by, times):
    text, found = re.subn(pattern, by, (target / path).read_text(encoding="utf-8"))
    if found != times:
        raise SystemExit(f"lab: {found} places in GoNB's {path} match {pattern}, not {times}: is it another version?")
    (target / path).write_text(text, encoding="utf-8")


for path in [target, *target.rglob("*")]:  # a module cache is read-only
    path.chmod(0o755 if path.is_dir() else 0o644)
change("internal/goexec/gonberror.go", r"(?=\tlines := strings\.Split\(errorMsg, )",
       "\terrorMsg = withHints(errorMsg)\n", 1)
change("main.go", r'\n\s*klog\.(?:Info|Warning|Error)\("(?:Info|Warning|Error) message"\).*', "", 3)
shutil.copyfile(pathlib.Path(__file__).with_name("hints.go"), target / "internal/goexec/hints.go")
change("internal/goexec/goplsclient/exec.go", r"time\.After\(ConnectTimeout\)", "time.After(ConnectTimeout / 40)", 2)
change("internal/goexec/goplsclient/conn.go", r"(CommunicationTimeout = )8000\b", r"\g<1>30000", 1)

"""Exports executed notebooks as a static site that needs no other host: formulas are drawn beforehand, pictures are inside.

    export.py FOLDER NOTEBOOK...
"""
import html
import json
import pathlib
import re
import subprocess
import sys

import nbconvert
import nbformat
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

HERE = pathlib.Path(__file__).resolve().parent
OTHER_HOST = re.compile(r"""<(?:script|link|img|iframe|video|source)\b[^>]*\b(?:src|href)=["'](?:https?:)?//""", re.I)


class Drawn(IPythonRenderer):
    """Markdown with a mark in the place of every formula."""

    formulas = []

    def formula(self, latex, display):
        self.formulas.append({"latex": html.unescape(latex), "display": display})
        return f"\u2063{len(self.formulas) - 1}\u2063"

    def block_math(self, body):
        return f'<p style="text-align:center;overflow-x:auto">{self.formula(body, True)}</p>'

    def inline_math(self, body):
        return self.formula(body, False)

    def latex_environment(self, name, body):
        return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")


def markdown(source):
    return MarkdownWithMath(renderer=Drawn(escape=False)).render(source)


def draw(pages):
    """Puts the formulas into all pages, with one call of MathJax."""
    done = subprocess.run(["node", HERE / "formulas.mjs"], input=json.dumps(Drawn.formulas), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"export: {done.stderr.strip()}")
    drawn = json.loads(done.stdout)
    return {path: re.sub("\u2063(\\d+)\u2063", lambda mark: drawn[int(mark[1])], body) for path, body in pages.items()}


def page(path):
    """The page of one notebook, its title and its first paragraph."""
    notebook = nbformat.read(path, as_version=4)
    exporter = nbconvert.HTMLExporter(template_name="template", extra_template_basedirs=[str(HERE)], embed_images=True)
    exporter.register_filter("markdown2html", markdown)
    body, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": path.stem, "path": str(path.parent)}})
    body = re.sub(r'href="([\w./-]+)\.ipynb"', r'href="\1.html"', body)
    body = re.sub(r'href="\.\./', 'href="../../', body)  # the site lies one folder deeper than the notebooks
    if found := OTHER_HOST.search(body):
        raise SystemExit(f"export: {path} would load from another host: {found[0]}")
    first = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"][0]
    title, _, rest = first.partition("\n")
    return body, title.lstrip("# "), rest.strip().split("\n\n")[0]


def main():
    folder, paths = pathlib.Path(sys.argv[1]), [pathlib.Path(arg) for arg in sys.argv[2:]]
    pages, items = {}, []
    for path in paths:
        name = f"{path.stem}.html"
        pages[folder / name], title, about = page(path)
        items.append(f'<li><a href="{name}">{html.escape(title)}</a>{markdown(about)}</li>')
    pages[folder / "index.html"] = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>scorelab</title>'
        "<style>body{font:17px/1.5 sans-serif;max-width:44em;margin:2em auto;padding:0 1em}li{margin:1em 0}</style>"
        '<h1>scorelab</h1><p>Score-based diffusion from theory to XLA, in Go.</p><ul style="list-style:none;padding:0">'
        + "\n".join(items) + "</ul></html>\n")
    folder.mkdir(parents=True, exist_ok=True)
    for path, body in draw(pages).items():
        path.write_text(body, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()

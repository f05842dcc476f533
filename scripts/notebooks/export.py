"""Exports executed notebooks as a static site that needs no other host: formulas are drawn beforehand, pictures are inside.

    export.py FOLDER NOTEBOOK...

The files of the checkout that they link to come along: notebooks and Markdown as pages, other files as copies, and so on
for what these link to. A link to a file that is not there fails.
"""
import html
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import nbconvert
import nbformat
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

import form

HERE = pathlib.Path(__file__).resolve().parent
OTHER_HOST = re.compile(r"""<(?:script|link|img|iframe|video|source)\b[^>]*\b(?:src|href)=["'](?:https?:)?//""", re.I)
LINK = re.compile(r'\b(href|src)="(?!#|[a-z]+:|//)([^"#?]+)([^"]*)"', re.I)  # to a file of this host
STYLE = ("body{font:17px/1.5 sans-serif;max-width:44em;margin:2em auto;padding:0 1em}"
         "img{max-width:100%}li{margin:.4em 0}"
         "table{border-collapse:collapse;font-size:15px}td,th{border:1px solid #ccc;padding:.2em .5em;text-align:left}"
         "pre{overflow-x:auto}")


class Drawn(IPythonRenderer):
    """Markdown with a mark in the place of every formula, and headings with the anchors that code hosts give them."""

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

    def heading(self, text, level, **_):
        plain = html.unescape(re.sub(r"<[^>]+>|\u2063\d+\u2063", "", text))
        anchor = re.sub(r"[^\w\- ]", "", plain.strip().lower()).replace(" ", "-")
        return f'<h{level} id="{html.escape(anchor)}">{text}</h{level}>\n'


def markdown(source):
    return MarkdownWithMath(renderer=Drawn(escape=False)).render(source)


def draw(pages):
    """Puts the formulas into all pages, with one call of MathJax."""
    if not Drawn.formulas:
        return pages
    done = subprocess.run(["node", HERE / "formulas.mjs"], input=json.dumps(Drawn.formulas), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"export: {done.stderr.strip()}")
    drawn = json.loads(done.stdout)
    return {path: re.sub("\u2063(\\d+)\u2063", lambda mark: drawn[int(mark[1])], body) for path, body in pages.items()}


def plain_page(title, body):
    return ('<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>{html.escape(title)}</title><style>{STYLE}</style>\n{body}\n</html>\n")


def notebook_page(path):
    """The page of one notebook."""
    notebook = nbformat.read(path, as_version=4)
    form.normalize(notebook)  # the highlighter's name: JupyterLab may have emptied it
    exporter = nbconvert.HTMLExporter(template_name="template", extra_template_basedirs=[str(HERE)], embed_images=True)
    exporter.register_filter("markdown2html", markdown)
    return exporter.from_notebook_node(notebook, {"metadata": {"name": path.stem, "path": str(path.parent)}})[0]


def introduction(path):
    """The title and the first paragraph of a notebook."""
    notebook = nbformat.read(path, as_version=4)
    title, _, rest = next(cell.source for cell in notebook.cells if cell.cell_type == "markdown").partition("\n")
    return title.lstrip("# "), rest.strip().split("\n\n")[0]


class Site:
    """The pages of a checkout, by their paths in the site: notebooks on top, other files as in the checkout."""

    def __init__(self, root, notebooks):
        self.root, self.pages, self.copies = root, {}, {}
        self.waiting, self.notebooks = list(notebooks), notebooks[0].parent

    def place(self, path):
        """Where a file of the checkout stands in the site."""
        place = path.relative_to(self.notebooks if path.parent == self.notebooks else self.root)
        return place.with_suffix(".html") if path.suffix in (".ipynb", ".md") else place

    def build(self):
        while self.waiting:
            path = self.waiting.pop(0)
            place = self.place(path)
            if place in self.pages or place in self.copies:
                continue
            if path.suffix == ".ipynb":
                body = notebook_page(path)
            elif path.suffix == ".md":
                text = path.read_text(encoding="utf-8")
                body = plain_page(text.partition("\n")[0].lstrip("# "), markdown(text))
            else:
                self.copies[place] = path
                continue
            if found := OTHER_HOST.search(body):
                raise SystemExit(f"export: {path} would load from another host: {found[0]}")
            self.pages[place] = LINK.sub(lambda link: self.follow(path, *link.groups()), body)

    def follow(self, path, attribute, to, rest):
        """A link of a file, as the site has it; what it leads to comes along."""
        target = pathlib.Path(os.path.normpath(path.parent / html.unescape(to)))
        if target.is_dir():
            target /= "README.md"
        if not target.is_file() or not target.is_relative_to(self.root):
            raise SystemExit(f"export: {path} links to {to}, which is no file of the checkout")
        self.waiting.append(target)
        there = os.path.relpath(self.place(target), self.place(path).parent)
        return f'{attribute}="{html.escape(there)}{rest}"'

    def check(self):
        """Every link leads to a page or a copy of the site, and to an anchor that is there."""
        anchors = {str(place): set(map(html.unescape, re.findall(r'\bid="([^"]+)"', body)))
                   for place, body in self.pages.items()}
        there = anchors | {str(place): None for place in self.copies}
        for place, body in self.pages.items():
            for to, rest in re.findall(r'\bhref="(?![a-z]+:|//)([^"#?]*)([^"]*)"', body, re.I):
                target = os.path.normpath(place.parent / html.unescape(to)) if to else str(place)
                anchor = html.unescape(rest).removeprefix("#")
                if target not in there or anchor and there[target] is not None and anchor not in there[target]:
                    raise SystemExit(f"export: {place} links to {to}{rest}, which is not in the site")

    def write(self, folder):
        self.check()
        for place, body in draw(self.pages).items():
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / place).write_text(body, encoding="utf-8")
            print(folder / place)
        for place, source in self.copies.items():
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / place)


def main():
    folder, paths = pathlib.Path(sys.argv[1]), [pathlib.Path(arg).resolve() for arg in sys.argv[2:]]
    site = Site(paths[0].parents[1], paths)
    site.build()
    items = []
    for place in sorted(place for place in site.pages if place.parent == pathlib.Path(".")):
        source = site.notebooks / place.with_suffix(".ipynb")
        if source.is_file():
            title, about = introduction(source)
            about = LINK.sub(lambda link: site.follow(site.notebooks / "index.ipynb", *link.groups()), markdown(about))
            items.append(f'<li><a href="{place}">{html.escape(title)}</a>{about}</li>')
    body = ("<h1>scorelab</h1><p>Score-based diffusion from theory to XLA, in Go.</p>"
            '<ul style="list-style:none;padding:0">' + "\n".join(items) + "</ul>")
    site.pages[pathlib.Path("index.html")] = plain_page("scorelab", body)
    site.write(folder)


if __name__ == "__main__":
    main()

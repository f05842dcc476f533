"""The form in which notebooks are committed, whoever ran them: GoNB gives Jupyter an empty name for the highlighter, and
Go's version, which would change the file with every update."""
import copy

METADATA = {
    "kernelspec": {"display_name": "Go (scorelab)", "language": "go", "name": "scorelab"},
    "language_info": {
        "name": "go", "mimetype": "text/x-go", "file_extension": ".go", "codemirror_mode": "go", "pygments_lexer": "go"},
}


def normalize(notebook):
    """Sets the metadata of a notebook for this kernel, a dict as in its file. Others stay as they are."""
    if notebook["metadata"].get("kernelspec", {}).get("name", "scorelab") != "scorelab":
        return
    notebook["metadata"] = copy.deepcopy(METADATA)
    for cell in notebook["cells"]:
        for key in ("execution", "trusted"):  # when it ran, and on whose word
            cell["metadata"].pop(key, None)


def before_save(model, **_):
    """What JupyterLab calls before it writes a file."""
    if model["type"] == "notebook":
        normalize(model["content"])

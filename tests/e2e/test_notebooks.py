"""The notebooks, run as they are on the demo's home."""

import json
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
ALL = sorted(NOTEBOOKS.glob("*.ipynb"))


@pytest.mark.parametrize("notebook", ALL, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_what_it_put_out(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]

    said = [cell["id"] for cell in cells if cell.get("outputs") or cell.get("execution_count")]
    assert cells
    assert said == []


@pytest.mark.parametrize("notebook", ALL, ids=lambda path: path.stem)
def test_a_notebook_runs_to_its_end_on_the_demos_home(notebook, demo, tmp_path, monkeypatch):
    from papermill import execute_notebook

    assert demo.ended.status == 0, demo.ended.err
    for chosen_elsewhere in ("TIDEMILL_HOME", "TIDEMILL_CONF", "SPARK_HOME"):
        monkeypatch.delenv(chosen_elsewhere, raising=False)

    executed = execute_notebook(
        notebook,
        tmp_path / notebook.name,
        parameters={"home": str(demo.home)},
        kernel_name="python3",
        cwd=NOTEBOOKS,
        progress_bar=False,
        execution_timeout=300,
    )

    assert all(cell.metadata["papermill"]["status"] == "completed" for cell in executed.cells)

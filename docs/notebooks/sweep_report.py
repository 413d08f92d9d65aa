# %% [markdown]
# # A sweep and its report
#
# Instances by pipelines by seeds in one YAML file; a stopped sweep goes on where it was; the report compares every
# sampler with its control.

# %%
import tempfile
from pathlib import Path

from IPython.display import Image, Markdown

import qopt
from qopt.experiments.report.pictures import draw_pictures
from qopt.experiments.report.tables import markdown_table

folder = Path(tempfile.mkdtemp())
spec = folder / "sweep.yaml"
spec.write_text(
    """\
name: small
instances:
  - {generate: mis, n: [8, 10], seeds: 0..2}
  - {generate: mdkp, n: [6, 8], m: 2, seeds: 0..2}
pipelines:
  qaoa: {solver: qaoa, encoder: unbalanced, num_layers: 2}
  sa: {solver: sa, encoder: unbalanced, num_sweeps: 100}
  random: {solver: random, encoder: unbalanced}
  cpsat: cpsat
budget: {evaluations: 30, shots: 200, kill_seconds: 120}
repeats: 2
seed: 1
groups: {quantum: [qaoa], classical: [sa, random, cpsat]}
"""
)
run = qopt.bench(spec, out=folder / "run")
report = qopt.report(run)
print(len(report.runs.runs), "runs")

# %% [markdown]
# The first thing a report shows: effects against uniform points with their intervals, and whether there are enough
# pairs to tell.

# %%
Markdown(markdown_table(report.tables["matrix"]) + "\n".join(f"- {sentence}" for sentence in report.findings))

# %% [markdown]
# Time to target: the share of runs that reached the reference by each second.

# %%
written = {path.name: path for path in draw_pictures(list(report.plots.values()), folder / "plots")}
Image(written["ecdf.png"])

# %% [markdown]
# The performance profile: the share of instances that a pipeline solves within a factor of the fastest.

# %%
Image(written["profile.png"])

# %% [markdown]
# `qopt report RUN` writes the same as one page that works offline, and `--markdown --latex` as tables.

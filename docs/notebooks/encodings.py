# %% [markdown]
# # Encodings side by side
#
# One independent set of 14 vertices and one knapsack, through every encoder that takes them: qubits, couplings, and
# whether the ground state of the encoding must be an optimum of the instance.

# %%
import dimod
import numpy as np

import qopt
from qopt.core import UnsupportedError
from qopt.problems.formulations import formulate


def compared(problem):
    """A row an encoder: qubits, couplings, exact, relaxation, energy range, and the best decoded ground state."""
    formulation = formulate(problem, None)
    print(f"{problem.name}: {formulation.program.num_variables} bits, {formulation.program.num_rows} rows")
    print(f"{'encoder':22}{'qubits':>7}{'couplings':>10}  {'exact':6}{'relaxation':11}{'ground state decodes to'}")
    for name in ("slack", "unbalanced", "domain-wall", "dual-ascent", "fix", "shrink"):
        try:
            encoding = qopt.encode(problem, name)
        except (UnsupportedError, ValueError) as error:
            print(f"{name:22}{str(error)[:70]}")
            continue
        bqm = encoding.bqm
        if bqm.num_variables <= 18:
            best = dimod.ExactSolver().sample(bqm).first
            point = np.array([[best.sample[i] for i in range(bqm.num_variables)]], dtype=np.uint8)
            x = encoding.decode(point)
            feasible = bool(formulation.program.feasible(x)[0])
            told = f"{-formulation.program.costs(x)[0]:g}" + ("" if feasible else ", infeasible")
        else:
            told = "(not enumerated)"
        flags = ("yes" if encoding.is_exact else "no", "yes" if encoding.is_relaxation else "no")
        print(f"{name:22}{bqm.num_variables:7}{bqm.num_interactions:10}  {flags[0]:6}{flags[1]:11}{told}")


compared(qopt.generate("mis", n=14, seed=1))

# %%
knapsack = qopt.generate("mdkp", n=8, m=2, seed=3)
compared(knapsack)
print("optimum:", qopt.solve(knapsack, "cpsat").objective)

# %% [markdown]
# An encoding without slack bits is smaller, and its ground state is not always an optimum: the columns say which. The
# repair then matters, and the control says how much of the answer is the repair's.

# %%
for name in ("slack", "unbalanced", "dual-ascent"):
    record = qopt.solve(knapsack, qopt.SimulatedAnnealing(num_reads=50), encoder=name, seed=1)
    raw, control = record.stages.raw, record.stages.control.raw
    shares = f"feasible {raw.feasible_share:.0%} against {control.feasible_share:.0%}"
    print(f"{name:12} raw {raw.objective}, control {control.objective}; {shares}; final {record.objective}")

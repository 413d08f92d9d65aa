"""Build the compiled engines with address and undefined-behaviour sanitizers and run a few of their tests on them.

Names after the command choose engines (``python .ci/sanitize.py statevector``); without any all are built. ``--quick``,
which ``.ci/run`` takes, builds without optimisation, each kernel for one instruction set, and calls it on small data
(``sanitize_calls.py``) instead of the tests. Where the compiler has no libasan it says so and ends well.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"]
TESTS = ("tests/test_exact_engine.py", "tests/test_statevector.py", "tests/test_annealing_engine.py")
#: Kernels whose text differs by instruction set; of all others the base alone is built by ``--quick``.
OWN_TEXT = ("engines/annealing/_isa_avx512.cpp",)
#: Seconds of the tests together, at most.
LIMIT = 550


def runtime(compiler: str) -> Path | None:
    """The sanitizer's library, which a Python that was built without it must load first."""
    found = subprocess.run([compiler, "-print-file-name=libasan.so"], capture_output=True, text=True, check=False)
    path = Path(found.stdout.strip())
    return path.resolve() if path.is_absolute() and path.exists() else None


def compile_object(compiler: str, source: str, flags: list[str], folder: Path, *, is_quick: bool) -> Path:
    target = folder / (source.replace("/", "+") + ".o")
    include = sysconfig.get_paths()["include"]
    kept = [flag for flag in flags if not flag.startswith(("-O", "-g"))]
    level = ["-O0", "-g1"] if is_quick else ["-O1", "-g1"]
    if is_quick and source not in OWN_TEXT:
        level.append("-DQOPT_BASE_ALONE")
    command = [compiler, *level, "-fPIC", *SANITIZE, *kept, "-w", f"-I{include}", "-c", source, "-o", str(target)]
    subprocess.run(command, cwd=ROOT, check=True)
    return target


def build(compiler: str, package: Path, folder: Path, wanted: list[str], *, is_quick: bool) -> None:
    """The wanted extensions of pyproject.toml, or all of them, into a copy of the package."""
    extensions = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"][
        "ext-modules"
    ]
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {
            extension["name"]: [
                pool.submit(
                    compile_object, compiler, source, extension["extra-compile-args"], folder, is_quick=is_quick
                )
                for source in extension["sources"]
            ]
            for extension in extensions
            if not wanted or extension["name"].split(".")[2] in wanted
        }
        for name, parts in jobs.items():
            target = package.joinpath(*name.split(".")[1:]).with_name(name.rpartition(".")[2] + suffix)
            objects = [str(part.result()) for part in parts]
            subprocess.run([compiler, "-shared", *SANITIZE, "-pthread", *objects, "-o", str(target)], check=True)


def main() -> int:
    compiler = os.environ.get("CXX") or "g++"
    library = runtime(compiler) if shutil.which(compiler) else None
    if library is None:
        print(f"sanitizers skipped: {compiler} is not there or has no libasan")
        return 0
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        package = work / "qopt"
        ignored = shutil.ignore_patterns(".git", ".*", "*.so", "build", "docs", "__pycache__")
        shutil.copytree(ROOT, package, ignore=ignored, symlinks=True)
        is_quick = "--quick" in sys.argv
        build(compiler, package, work, [word for word in sys.argv[1:] if word != "--quick"], is_quick=is_quick)
        standard = subprocess.run(
            [compiler, "-print-file-name=libstdc++.so"], capture_output=True, text=True, check=True
        )
        environment = {
            **os.environ,
            "PYTHONPATH": str(work),
            "LD_PRELOAD": f"{library}:{Path(standard.stdout.strip()).resolve()}",
            "ASAN_OPTIONS": "detect_leaks=0",  # the interpreter's own
            "UBSAN_OPTIONS": "print_stacktrace=1",
        }
        if is_quick:
            command = [sys.executable, str(ROOT / ".ci" / "sanitize_calls.py")]
            return subprocess.run(command, cwd=work, env=environment, check=False, timeout=LIMIT).returncode
        tests = [str(package / test) for test in TESTS if (package / test).exists()]
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"--rootdir={package}", *tests]
        return subprocess.run(command, cwd=package, env=environment, check=False, timeout=LIMIT).returncode


if __name__ == "__main__":
    sys.exit(main())

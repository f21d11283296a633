"""promptopt lint beside its peers from PyPI, on the same files in the same run.

    python3 benches/peers/lint/compare.py FOLDER [--rounds 5]

FOLDER holds prompt files (AGENTS.md, SKILL.md, …). Needs `promptopt` built with `cargo build --release`, and the peers:
`pip install promptlint-cli==1.3.0 skillsaw==0.22.0`. Runs are interleaved; what is shown is the median wall time of each
whole process, its processor time, its peak memory and the ratio of the medians. `promptopt (warm)` is promptopt with its
result cache filled by the run before; `promptopt (cold)` has none.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def once(command, env):
    """Wall seconds, processor seconds and peak kilobytes of one process."""
    started = time.monotonic()
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen(command, stdout=nowhere, stderr=nowhere, env=env)
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1, 2) or code == 2 and "promptopt" in command[0]:
        sys.exit(f"{command[0]} ended with {code}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--promptopt", default=str(ROOT / "target/release/promptopt"))
    arguments = parser.parse_args()
    files = sorted(str(path) for path in arguments.folder.rglob("*") if path.is_file())
    size = sum(os.path.getsize(path) for path in files)
    print(f"{len(files)} files, {size:,} bytes, {arguments.rounds} rounds")
    cache = tempfile.mkdtemp()
    env = dict(os.environ, TERM="dumb")
    folder = str(arguments.folder)
    lint = [arguments.promptopt, "lint", folder, "--model", "gpt-6-luna", "--output", "concise"]
    rows = {
        "promptopt (cold)": lint + ["--no-cache"],
        "promptopt (warm)": lint + ["--cache-dir", cache],
        "skillsaw": [shutil.which("skillsaw") or sys.exit("skillsaw is not installed"), "lint", folder],
        "promptlint-cli": [shutil.which("promptlint") or sys.exit("promptlint-cli is not installed"), "--quiet", *files],
    }
    once(rows["promptopt (warm)"], env)
    figures = {name: [] for name in rows}
    for _ in range(arguments.rounds):
        for name, command in rows.items():
            figures[name].append(once(command, env))
    base = statistics.median(wall for wall, _, _ in figures["promptopt (cold)"])
    print(f"{'':18} {'wall':>9} {'processor':>10} {'memory':>9} {'ratio':>7}")
    for name, runs in figures.items():
        wall, processor, memory = (statistics.median(column) for column in zip(*runs))
        print(f"{name:18} {wall * 1000:6.0f} ms {processor * 1000:7.0f} ms {memory / 1024:5.0f} MiB {wall / base:6.1f}×")
    shutil.rmtree(cache)


if __name__ == "__main__":
    main()

"""What an expression takes, beside cel-cpp (PyPI cel-expr-python, called from Python) in the same run. Usage: expressions.py <expressions-bench>"""

import subprocess
import sys
import time

TEXT = "amount > 100 && kind in ['A', 'B'] && days < 30 && city.startsWith('S')"


def best(count, body):
    rounds = []
    for _ in range(7):
        begun = time.perf_counter()
        for _ in range(count):
            body()
        rounds.append((time.perf_counter() - begun) / count * 1e9)
    return min(rounds)


ours = {what: int(ns) for what, ns in (line.split() for line in subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout.splitlines())}
print(f"four-term predicate over a record: {ours['predicate']} ns; compiled in {ours['compile'] / 1000:.1f} us; decision table of four rows: {ours['table']} ns")
try:
    from cel_expr_python import cel
except ImportError:
    sys.exit("cel-cpp is not measured: pip install cel-expr-python")
environment = cel.NewEnv(variables={"amount": cel.Type.INT, "kind": cel.Type.STRING, "days": cel.Type.INT, "city": cel.Type.STRING})
data = {"amount": 500, "kind": "B", "days": 12, "city": "Suzhou"}
compiled = environment.compile(TEXT)
assert compiled.eval(data=data).value() is True
evaluation, compilation = best(20_000, lambda: compiled.eval(data=data)), best(500, lambda: environment.compile(TEXT))
print(f"cel-cpp from Python: {evaluation:.0f} ns, compiled in {compilation / 1000:.1f} us; ratio {ours['predicate'] / evaluation:.2f} and {ours['compile'] / compilation:.2f}")

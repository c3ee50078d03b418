"""Whether the evidence, endorsements and results of others are here. Without them each test that reads them is skipped, which
ctest does not say of a program with other tests: of this one it does."""
import os
import pathlib
import sys

BESIDE = pathlib.Path(__file__).resolve().parents[2] / "shared" / "vectors"
root = pathlib.Path(os.environ.get("CREDENCE_VECTORS", BESIDE))
if not root.is_dir():
    print(f"no folder {root}: name the one with the test vectors of others in CREDENCE_VECTORS, or their tests are skipped")
    sys.exit(77)
print(f"{sum(file.is_file() for file in root.rglob('*'))} files in {root}")

#!/usr/bin/env python3
"""Checks the rules of docs/architecture.md over the source files.

1. Which folder may include which other folder.
2. Which third-party headers may be named where.
3. Claims of evidence are never read back from JSON.
4. No file over 600 lines; no inline TODO; public headers include only public and standard ones.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Each folder with those it may include. base -> nothing; everything above adds to what it stands on.
BASE = {"base"}
CRYPTO = BASE | {"crypto"}
WIRE = BASE | {"wire"}
SIGN = CRYPTO | WIRE | {"sign"}
RATS = SIGN | {"rats"}
EVIDENCE = RATS | {"evidence"}
ROT = EVIDENCE | {"rot"}
VERIFIER = EVIDENCE | {"verifier"}
CHANNEL = EVIDENCE | {"channel", "rot/attester.h", "verifier/appraiser.h"}
PROVIDER = CRYPTO | {"provider", "rot/attester.h", "evidence"}
CLIENT = RATS | {"client", "evidence", "verifier/appraiser.h"}
EDGE = VERIFIER | CLIENT | {"edge"}
API = ROT | CHANNEL | PROVIDER | CLIENT | {"api"}
SERVICE = API | EDGE | {"service"}
ALLOWED = {
    "base": BASE, "wire": WIRE, "crypto": CRYPTO, "sign": SIGN, "rats": RATS, "evidence": EVIDENCE, "rot": ROT,
    "verifier": VERIFIER, "channel": CHANNEL, "provider": PROVIDER, "client": CLIENT, "edge": EDGE,
    "api": API, "api/local": API | EDGE, "service": SERVICE, "cli": SERVICE | {"cli"},
}

# Third-party headers and the folders that may name them.
HOMES = [
    (r"openssl/(ssl|quic|tls1)\.h", {"channel/openssl", "service/http", "api", "cli", "include/credence"}),
    (r"openssl/(core|core_dispatch|core_object|provider|store)\.h", {"provider", "crypto/openssl"}),
    (r"openssl/types\.h", {"crypto/openssl", "cli"}),
    # rot/tpm2: the sessions of ESYS are computed by callbacks of ours (docs/decisions/tpm.md).
    (r"openssl/.*", {"crypto/openssl", "provider", "channel/openssl", "rot/tpm2", "service/http", "api",
                     "include/credence"}),
    (r"tss2/.*", {"rot/tpm2"}),
    (r"boost/json.*", {"wire/json"}),
    (r"boost/(asio|beast).*", {"service"}),
    (r"boost/system.*", {"service", "wire/json"}),
    (r"curl/.*", {"client"}),
    (r"crypt\.h", {"service/access"}),
    (r"seccomp\.h", {"service/sandbox"}),
    (r"(lua|lauxlib|lualib)\.h(pp)?", {"verifier/policy/lua"}),
    (r"sqlite3\.h", {"verifier/store/sqlite"}),
    (r"pqxx/pqxx", {"verifier/store/postgres"}),
    (r"spdlog/.*", {"service", "cli"}),
    (r"prometheus/.*", {"service/metrics"}),
    (r"(CLI/.*|toml.*)", {"cli", "service"}),
]
THIRD_PARTY = re.compile(r"^(openssl|tss2|boost|curl|spdlog|CLI|toml|sqlite3|pqxx|prometheus|crypt\.h|lua|lauxlib|seccomp\.h)")
# Evidence is decoded into structures, and those are compared. JSON is made of them for results and policies, and nothing
# of a verdict comes back from it: a number may have become a double there, and a text another one. Where evidence is
# itself JSON it is read once.
WITHOUT_READING_JSON = ("src/verifier/scheme/", "src/verifier/claims/", "src/verifier/engine.", "src/verifier/result.",
                        "src/verifier/trace.", "src/evidence/")
EVIDENCE_IN_JSON = {"src/evidence/sevsnp/tsm_report.cpp"}
READS_JSON = re.compile(r"\bjson::(parse|to_text|as_object|required_\w+|optional_\w+)\b"
                        r"|\b(if_contains|try_to_number|to_number|value_to"
                        r"|(try_)?as_(object|array|string|int64|uint64|double|bool)|get_(object|array|string|u?int64|double|bool))\b")
MOST_LINES = 600


def tracked() -> list:
    names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.h", "*.cpp"],
                           cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [name for name in names if (ROOT / name).is_file()]


def may_include(folder: str, target: str, allowed: set) -> bool:
    return any(target == rule or target.startswith(rule + "/") for rule in allowed)


def rules_of(source: str) -> tuple:
    """The folder of a source file under src/ and the set that it may include."""
    inside = source.removeprefix("src/")
    for folder in sorted(ALLOWED, key=len, reverse=True):
        if inside.startswith(folder + "/"):
            return folder, ALLOWED[folder]
    return inside.split("/")[0], None


def check_include(source: str, number: int, name: str) -> list:
    complaints = []
    if source.startswith("src/"):
        folder, allowed = rules_of(source)
        if allowed is None:
            complaints.append(f"{source}:{number}: folder {folder} is not in the list of cmake/check_structure.py")
        elif (ROOT / "src" / name).is_file() and not may_include(folder, name, allowed):
            complaints.append(f"{source}:{number}: {folder} may not include {name}")
    elif not name.startswith("credence/") and (ROOT / "src" / name).is_file():
        complaints.append(f"{source}:{number}: a public header may not include {name}")
    if THIRD_PARTY.match(name):
        inside = source.removeprefix("src/")
        homes = next((homes for pattern, homes in HOMES if re.fullmatch(pattern, name)), set())
        if not any(inside.startswith(home + "/") for home in homes):
            complaints.append(f"{source}:{number}: {name} may only be named in {', '.join(sorted(homes)) or 'no folder'}")
    return complaints


def reads_json(source: str, line: str) -> bool:
    return (source.startswith(WITHOUT_READING_JSON) and source not in EVIDENCE_IN_JSON
            and READS_JSON.search(line.split("//")[0]) is not None)


def check_file(source: str) -> list:
    lines = (ROOT / source).read_text().splitlines()
    complaints = []
    if len(lines) > MOST_LINES:
        complaints.append(f"{source}: {len(lines)} lines, at most {MOST_LINES}")
    for number, line in enumerate(lines, 1):
        if re.search(r"\b(TODO|FIXME|XXX)\b", line):
            complaints.append(f"{source}:{number}: open ends belong into an issue")
        if reads_json(source, line):
            complaints.append(f"{source}:{number}: claims of evidence are not read back from JSON: take them from what was decoded")
        match = re.match(r'#\s*include\s*[<"]([^>"]+)[>"]', line)
        if match and source.startswith(("src/", "include/")):
            complaints += check_include(source, number, match.group(1))
    if source.endswith(".h") and "#pragma once" not in lines:
        complaints.append(f"{source}: no #pragma once")
    return complaints


def main() -> int:
    sources = tracked()
    complaints = [complaint for source in sources for complaint in check_file(source)]
    for complaint in complaints:
        print(complaint)
    print(f"{len(sources)} files checked, {len(complaints)} complaints")
    return 1 if complaints or not sources else 0


if __name__ == "__main__":
    sys.exit(main())

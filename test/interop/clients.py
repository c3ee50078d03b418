#!/usr/bin/env python3
"""Fetches and builds the programs of others that the interoperability tests run (docs/interop.md), at the versions below.

Sources come by git, each at its commit; CREDENCE_INTEROP_SOURCES may name a folder that has the repositories under their
names, for a machine that does not reach GitHub. Go modules, crates and Python packages come by their own tools. What
cannot be built is reported and does not keep the rest from being built: a tool that the machine lacks is no failure, a
build that fails is. FOLDER/environment then has the variables that the tests look for."""
import argparse
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent / "veraison"
# Repository and commit. The names are those of Go modules, so the folders lie beside each other.
SOURCES = {
    "cocli": ("veraison/cocli", "4eada92594c009380a5ad73a2db6d76e671d62bd"),
    "corim-store": ("veraison/corim-store", "d1c9b858ead512ff45ba54d0e16781fafcff242c"),
    "coserv-rs": ("veraison/coserv-rs", "0ad7bcbfdb05bf97e81ef5a4a36ada1987826f8c"),
    "ear": ("veraison/ear", "961756edf6d7bc4792b428e2e506555f4c5976a9"),
    "evcli": ("veraison/evcli", "1685bf501338d3a8f7657e68392bc75840fdcc56"),
    "go-gen-ref": ("jraman567/go-gen-ref", "97b7e781d8016c59501fb2da86a0144f9dd12e9c"),
    "pocli": ("veraison/pocli", "7a750457ae82ece79350781fd707df2d54d20bc7"),
    "python-ear": ("veraison/python-ear", "65e0a8fdd79100097d36aa755fe7f1e53641de3d"),
    "ratsd": ("veraison/ratsd", "1e18aa007956cc3fa4a1acebf67ff89acf7eca30"),
    "rust-apiclient": ("veraison/rust-apiclient", "b7e61e38cbbf4884e205a7cede35a6366db75be7"),
    "services": ("veraison/services", "6b88102970509c5a731ea90c72cb79730269b5f3"),
}
OPA = "github.com/open-policy-agent/opa@v1.22.4"
PYTHON_PACKAGES = ("python-jose==3.4.0",)
# Replaced in the services by the checkouts beside them.
REPLACED = {"github.com/veraison/corim-store": "corim-store", "github.com/veraison/ratsd": "ratsd",
            "github.com/jraman567/go-gen-ref": "go-gen-ref"}
SCHEMES_INSIDE = "-X github.com/veraison/services/config.SchemeLoader=builtin"


class Skipped(Exception):
    """A tool that this machine lacks."""


class Clients:
    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.programs, self.logs = folder / "bin", folder / "logs"
        for each in (self.programs, self.logs, folder / "src"):
            each.mkdir(parents=True, exist_ok=True)
        self.log = None
        self.failed = []

    def run(self, *command, **options):
        words = [str(word) for word in command]
        self.log.write(f"$ {' '.join(words)}\n")
        self.log.flush()
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT, **options)

    def tool(self, name: str) -> str:
        found = shutil.which(name)
        if not found:
            raise Skipped(f"this machine has no program {name}")
        return found

    def checkout(self, name: str) -> pathlib.Path:
        return self.folder / "src" / name

    @staticmethod
    def mark_of(checkout: pathlib.Path) -> pathlib.Path:
        """The file that is there once the checkout is complete, and says what it has."""
        return checkout / ".git" / "credence"

    def source(self, name: str) -> pathlib.Path:
        """The checkout of that commit, with our patch if there is one."""
        folder = self.checkout(name)
        patch = HERE / "patches" / f"{name}.patch"
        repository, commit = SOURCES[name]
        mine = commit + (patch.read_text() if patch.exists() else "")
        mark = self.mark_of(folder)
        if mark.exists() and mark.read_text() == mine:
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        git = [self.tool("git"), "-C", folder]
        self.run(git[0], "init", "--quiet", folder)
        if os.environ.get("CREDENCE_INTEROP_SOURCES"):
            self.borrow(pathlib.Path(os.environ["CREDENCE_INTEROP_SOURCES"], name), folder)
        else:
            self.run(*git, "fetch", "--quiet", "--depth", "1", f"https://github.com/{repository}.git", commit)
        # Without the measurements of the services, which are most of that repository.
        self.run(*git, "checkout", "--quiet", commit, "--", ".", ":(exclude)perf")
        if patch.exists():
            self.run(*git, "apply", patch)
        mark.write_text(mine)
        return folder

    def borrow(self, repository: pathlib.Path, folder: pathlib.Path):
        """Its objects, where they are: a repository that lacks some that are not needed will do."""
        if not repository.is_dir():
            raise OSError(f"CREDENCE_INTEROP_SOURCES has no {repository.name}")
        objects = subprocess.run([self.tool("git"), "-C", repository, "rev-parse", "--git-path", "objects"],
                                 check=True, capture_output=True, text=True).stdout.strip()
        (folder / ".git" / "objects" / "info" / "alternates").write_text(f"{(repository / objects).resolve()}\n")

    def go(self, folder: pathlib.Path, *arguments, modules: str = "readonly"):
        environment = {**os.environ, "GOWORK": "off", "GOBIN": str(self.programs),
                       "GOFLAGS": f"-buildvcs=false -mod={modules}"}
        self.run(self.tool("go"), *arguments, cwd=folder, env=environment)

    def cargo(self, crate: str, program: str):
        """In a copy: Cargo writes a lock file, and what the crate needs lies beside it."""
        folder = self.folder / "src" / program
        shutil.copytree(HERE / "rust" / crate, folder, dirs_exist_ok=True)
        target = self.folder / "cargo"
        self.run(self.tool("cargo"), "build", "--release", "--target-dir", target, cwd=folder)
        shutil.copy2(target / "release" / program, self.programs)

    def build_opa(self):
        self.go(self.folder, "install", OPA, modules="mod")

    def build_apiclient_session(self):
        self.go(HERE / "go", "build", "-o", self.programs / "apiclient-session", ".")

    def build_arc(self):
        self.go(self.source("ear"), "build", "-o", self.programs / "arc", "./arc")

    def build_tool_of_its_own(self, name: str):
        self.go(self.source(name), "build", "-o", self.programs / name, ".")

    def build_services(self):
        folder = self.source("services")
        for module, name in REPLACED.items():
            self.go(folder, "mod", "edit", f"-replace={module}={self.source(name)}", modules="mod")
        for service in ("vts", "provisioning", "verification"):
            self.go(folder, "build", "-ldflags", SCHEMES_INSIDE, "-o", self.programs / f"{service}-service",
                    f"./{service}/cmd/{service}-service", modules="mod")

    def build_rust_apiclient_session(self):
        for name in ("coserv-rs", "rust-apiclient"):
            self.source(name)
        self.cargo("apiclient", "rust-apiclient-session")

    def build_ear_statuses(self):
        self.cargo("ear", "ear-statuses")

    def build_python_ear(self):
        self.source("python-ear")
        python = self.folder / "python"
        if not (python / "bin" / "python3").exists():
            venv.create(python, with_pip=True)
        self.run(python / "bin" / "python3", "-m", "pip", "install", "--quiet", *PYTHON_PACKAGES)

    def builders(self) -> dict:
        """Of each program, with the tool without which nothing need be fetched."""
        tools = {name: ("go", lambda name=name: self.build_tool_of_its_own(name)) for name in ("cocli", "evcli", "pocli")}
        return {"opa": ("go", self.build_opa), "apiclient-session": ("go", self.build_apiclient_session),
                "arc": ("go", self.build_arc), **tools, "services": ("go", self.build_services),
                "rust-apiclient-session": ("cargo", self.build_rust_apiclient_session),
                "ear-statuses": ("cargo", self.build_ear_statuses), "python-ear": ("git", self.build_python_ear)}

    def build(self, name: str) -> str:
        """What became of it: nothing, when it is there."""
        log = self.logs / f"{name}.log"
        with log.open("w") as self.log:
            try:
                tool, builder = self.builders()[name]
                self.tool(tool)
                builder()
                return ""
            except Skipped as why:
                return f"skipped: {why}"
            except (subprocess.CalledProcessError, OSError) as failure:
                self.log.write(f"{failure}\n")
        self.failed.append(name)
        said = [line for line in log.read_text().splitlines() if line.strip() and not line.startswith("$ ")]
        return f"could not be built, see {log}: {said[-2] if len(said) > 1 else said[-1]}"

    def environment(self) -> dict:
        """Of what is there, whichever run built it."""
        programs = {"CREDENCE_VERAISON": self.programs, "CREDENCE_OPA": self.programs / "opa",
                    "CREDENCE_PYTHON": self.folder / "python" / "bin" / "python3"}
        checkouts = {"CREDENCE_VERAISON_SERVICES": self.checkout("services"),
                     "CREDENCE_PYTHON_EAR": self.checkout("python-ear")}
        return {**{name: path for name, path in programs.items() if path.exists()},
                **{name: path for name, path in checkouts.items() if self.mark_of(path).exists()}}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=pathlib.Path, required=True, metavar="FOLDER")
    parser.add_argument("--only", action="append", metavar="PROGRAM", help="not all of them; repeatable")
    arguments = parser.parse_args()
    clients = Clients(arguments.into.resolve())
    unknown = set(arguments.only or ()) - set(clients.builders())
    if unknown:
        parser.error(f"no program {', '.join(sorted(unknown))}: there are {', '.join(clients.builders())}")
    for name in arguments.only or clients.builders():
        print(f"  {name:<24} {clients.build(name) or 'built'}", flush=True)
    (clients.folder / "environment").write_text(
        "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in clients.environment().items()))
    return 1 if clients.failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""docs/operating.md, command for command: what the guide says is what is run here, in its order."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from laboratory import CREDENCE, PATIENCE

GUIDE = pathlib.Path(__file__).resolve().parents[2] / "docs/operating.md"
BLOCK = re.compile(r"<!-- (run|file|start|restart|reload)(?: (\S+))? -->\n```\w+\n(.*?)\n```", re.DOTALL)


def postgres_programs() -> pathlib.Path | None:
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@unittest.skipUnless(postgres_programs(), "no PostgreSQL server is installed")
@unittest.skipUnless(shutil.which("nginx"), "nginx is not installed")
class Guide(unittest.TestCase):
    def setUp(self):
        # Short: a socket's path has at most 107 octets. The server's user must be able to enter it.
        scratch = tempfile.TemporaryDirectory(prefix="guide-")
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name)
        self.root.chmod(0o755)
        self.processes = {}
        self.start_postgres()
        programs = self.root / "bin"
        programs.mkdir()
        (programs / "credence").symlink_to(CREDENCE)
        self.environment = {**os.environ, "ROOT": str(self.root), "PGHOST": str(self.database),
                            "PORT_A": str(free_port()), "PORT_B": str(free_port()), "PORT_LB": str(free_port()),
                            "PATH": f"{programs}:{postgres_programs()}:{os.environ['PATH']}:/usr/sbin"}
        self.addCleanup(self.stop_all)

    def as_its_user(self, *command):
        prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        subprocess.run([*prefix, *map(str, command)], check=True, capture_output=True, cwd="/", timeout=PATIENCE)

    def start_postgres(self):
        self.database = self.root / "pg"
        self.database.mkdir()
        if os.getuid() == 0:
            shutil.chown(self.database, "postgres")
        programs = postgres_programs()
        self.as_its_user(programs / "initdb", "-D", self.database / "data", "-U", "postgres", "-A", "trust", "-N")
        self.as_its_user(programs / "pg_ctl", "-D", self.database / "data", "-w", "-l", self.database / "log", "-o",
                         f"-k {self.database} -h ''", "start")
        self.addCleanup(self.as_its_user, programs / "pg_ctl", "-D", self.database / "data", "-m", "immediate", "stop")

    def stop_all(self):
        for process in self.processes.values():
            process.kill()
            process.wait()
        if (self.root / "nginx.pid").exists():
            os.kill(int((self.root / "nginx.pid").read_text()), signal.SIGTERM)

    def substituted(self, text: str) -> str:
        names = ("ROOT", "PORT_A", "PORT_B", "PORT_LB")
        return re.sub(r"\$(" + "|".join(names) + r")\b", lambda match: self.environment[match.group(1)], text)

    def run_commands(self, text: str):
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], env=self.environment, capture_output=True,
                              text=True, timeout=PATIENCE, cwd=self.root)
        self.assertEqual(done.returncode, 0, f"{text}\n{done.stdout}\n{done.stderr}")

    def start(self, name: str, text: str):
        log = (self.root / f"{name}.log").open("a")
        self.processes[name] = subprocess.Popen(["bash", "-c", f"exec {text}"], env=self.environment, stdout=log, stderr=log)
        self.environment[f"PID_{name.upper()}"] = str(self.processes[name].pid)
        port = int(self.environment[f"PORT_{name.upper()}"])
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            self.assertIsNone(self.processes[name].poll(), (self.root / f"{name}.log").read_text())
            time.sleep(0.05)
        self.fail(f"{name} does not listen")

    def stop(self, name: str):
        self.processes[name].terminate()
        self.assertEqual(self.processes[name].wait(timeout=PATIENCE), 0, (self.root / f"{name}.log").read_text())

    def test_every_command_works_in_its_order(self):
        blocks = BLOCK.findall(GUIDE.read_text())
        self.assertGreater(len(blocks), 10)
        for kind, argument, text in blocks:
            with self.subTest(text.splitlines()[0]):
                if kind == "file":
                    path = pathlib.Path(self.substituted(argument))
                    path.write_text(self.substituted(text))
                    path.chmod(0o600)
                elif kind in ("start", "restart"):
                    if kind == "restart":
                        self.stop(argument)
                    self.start(argument, text)
                else:
                    self.run_commands(text)
        # The load balancer goes on when a node is killed.
        self.processes["a"].kill()
        for _ in range(10):
            self.run_commands("curl -sf --cacert $ROOT/shared/tls.pem https://127.0.0.1:$PORT_LB/readyz")
        self.stop("b")


if __name__ == "__main__":
    unittest.main(verbosity=2)

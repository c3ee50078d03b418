"""A PostgreSQL server of a test's own: a socket in a private folder, no port."""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time


def programs():
    """The folder of the newest installed server, or None."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def children(parent: int) -> list:
    """The processes of a server, with the titles that they give themselves."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            title = (stat.parent / "cmdline").read_bytes().split(b"\0")[0].decode()
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == parent:
                found.append((int(stat.parent.name), title))
        except OSError:  # it has ended meanwhile
            continue
    return found


def wait_for_the_end(processes: list):
    deadline = time.monotonic() + 60
    while any(pathlib.Path(f"/proc/{process}").exists() for process in processes):
        if time.monotonic() > deadline:
            raise AssertionError("processes of a killed PostgreSQL do not end")
        time.sleep(0.02)


class Postgres:
    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        folder.mkdir()
        if os.getuid() == 0:
            folder.parent.chmod(0o711)
            shutil.chown(folder, "postgres")
        self.run("initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "--no-locale", "-E", "UTF8")
        self.start()

    def run(self, program: str, *arguments):
        command = [str(programs() / program), *map(str, arguments)]
        if os.getuid() == 0:  # the server refuses to run as root
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, cwd="/", timeout=120)

    def start(self):
        self.run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "-o",
                 f"-k {self.folder} -h ''", "start")

    def stop(self, mode: str = "immediate"):
        """`immediate` is what a crash does."""
        self.run("pg_ctl", "-D", self.folder / "data", "-m", mode, "-w", "stop")

    def database(self, name: str) -> str:
        self.run("createdb", "-h", self.folder, "-U", "postgres", name)
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def query(self, name: str, text: str) -> str:
        command = [programs() / "psql", "-h", self.folder, "-U", "postgres", "-XAtc", text, name]
        return subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              check=True, timeout=120).stdout.strip()

    def postmaster(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])

    def kill_backend(self):
        """SIGKILL for one process that serves a client; the server then ends all others and recovers."""
        before = children(self.postmaster())
        os.kill(random.choice([process for process, title in before if title.startswith("postgres: postgres ")]), signal.SIGKILL)
        wait_for_the_end([process for process, _ in before])

    def kill_postmaster(self):
        """SIGKILL for the server; its processes end when they notice."""
        server = self.postmaster()
        processes = [server, *(process for process, _ in children(server))]
        os.kill(server, signal.SIGKILL)
        wait_for_the_end(processes)
        self.start()

    def wait_until_it_serves(self):
        deadline = time.monotonic() + 60
        while True:
            try:
                return self.query("postgres", "SELECT 1")
            except subprocess.CalledProcessError:  # it recovers
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
